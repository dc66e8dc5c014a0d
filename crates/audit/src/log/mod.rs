//! The log of a service: an append-only folder of records, as `docs/EVIDENCE.md` specifies it.

mod error;
mod settings;
mod platform;
mod folder;
mod segment;
mod order;
mod bounds;
mod queue;
mod call;
mod writer;
mod statements;
mod values;
mod along;
mod divide;
mod erase;
mod retention;
mod open;
mod run;
mod handle;
mod erasing;

pub use call::{Call, ObservedCall};
pub(crate) use error::At;
pub use error::LogError;
pub use handle::{Log, Recorded, RefusalRecord};
pub use queue::Written;
pub use settings::{Durability, LogSettings};
