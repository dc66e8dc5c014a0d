//! The statements that a verifier holds, and what they say about a chain.

pub(crate) mod error;
pub(crate) mod power;
pub(crate) mod held;
pub(crate) mod judge;
pub(crate) mod accepted;
mod known;
mod arrange;
pub(crate) mod store;
