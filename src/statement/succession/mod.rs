//! Keys that succeed others: the statement, and the rules by which one of several statements
//! counts.

pub(crate) mod error;
pub(crate) mod statement;
pub(crate) mod parties;
pub(crate) mod set;
