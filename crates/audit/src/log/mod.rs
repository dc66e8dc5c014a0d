//! The log of a service: an append-only folder of records, as `docs/EVIDENCE.md` specifies it.

mod error;
mod settings;
mod platform;
mod folder;
mod segment;
mod order;
mod bounds;
mod queue;
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

pub(crate) use error::At;
pub use error::LogError;
pub use handle::{Call, Log, Recorded};
pub use queue::Written;
pub use settings::{Durability, LogSettings};
