//! A request for a delegation, signed by the one who asks.
//!
//! It grants nothing. It proves that the asker holds the key that the delegation would go to, and
//! says what the asker wants, of whom, and until when the answer is of use. A renewal is the same
//! message again.

pub(crate) mod wish;
pub(crate) mod difference;
pub(crate) mod message;
mod json;
pub(crate) mod desk;
pub(crate) mod open;
