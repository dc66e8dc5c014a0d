//! Statements that values were erased.

mod error;
mod range;
mod fields;
mod statement;

pub use error::ErasureError;
pub(crate) use fields::ErasedFields;
pub use range::{ErasedRange, ErasureReason};
pub use statement::Erasure;
