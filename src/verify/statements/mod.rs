//! The statements that a verifier holds, and the checks of a chain by them.

pub(crate) mod error;
pub(crate) mod power;
pub(crate) mod age;
pub(crate) mod accepted;
pub(crate) mod record;
pub(crate) mod held;
pub(crate) mod judge;
pub(crate) mod agents;

// The modules that accept and store statements.
mod all;
mod arrange;
mod held_kind;
mod shared;
mod take;
pub(crate) mod store;
