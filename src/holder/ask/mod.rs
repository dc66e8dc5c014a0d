//! A request for a delegation, signed by the asker.
//!
//! It grants nothing. It shows that the asker holds the key that the delegation would go to. It
//! states the wish, the delegator, and the time until which the asker accepts an answer. A renewal
//! is the same message again.

pub(crate) mod wish;
pub(crate) mod difference;
pub(crate) mod message;
mod json;
pub(crate) mod desk;
pub(crate) mod open;
