//! Keys that succeed others: the statement, and which of several statements stand.

pub(crate) mod error;
pub(crate) mod statement;
pub(crate) mod parties;
pub(crate) mod set;
