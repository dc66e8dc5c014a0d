//! The output of a command: results on standard output, notes and errors on standard error.

pub mod error;
pub mod notes;
pub mod shell;
pub mod color;
mod streams;
pub mod format;
pub mod token;
pub mod lints;
pub mod granted;
pub mod usage;
pub mod count;

pub use error::{Error, Outcome, without_secret};
pub use streams::{Lines, Output};
