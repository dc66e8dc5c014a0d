//! The state of statements in a file: the latest statements that were seen.

pub(crate) mod error;
mod text;
mod file;
pub(crate) mod state;
