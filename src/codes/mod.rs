//! Stable codes of all errors.

mod coded_error;
mod table;
mod refusals;

pub use coded_error::CodedError;
pub use table::ERROR_CODES;
