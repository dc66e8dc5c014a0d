//! Numbered presentations, set beside the records of services: which numbers are in no log.

mod presented;
mod walk;
mod matched;
mod matcher;

pub use matched::{DoubledNumber, Gap, Matched, NumberedSeries};
pub use matcher::SeriesMatcher;
pub use presented::{PresentedLine, PresentedLineError};
