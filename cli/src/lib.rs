//! What the command `deputize` is made of.

pub mod grant_file;
pub mod decision;
pub mod batch;
pub mod schema;
