//! The statements that a verifier holds, and what they say about a chain.

pub(crate) mod error;
pub(crate) mod power;
pub(crate) mod age;
pub(crate) mod accepted;
pub(crate) mod known;
pub(crate) mod held;
pub(crate) mod judge;
pub(crate) mod agents;

// How they come to be held.
mod all;
mod arrange;
mod kept;
mod shared;
mod take;
pub(crate) mod store;
