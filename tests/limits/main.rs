//! Every limit at *n* and at *n* + 1, where one makes things and where one verifies them.
//!
//! The numbers stand here as numbers: they are a promise, and a test that took them from the library
//! would agree with any.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on should stop"
)]

#[path = "../common/mod.rs"]
mod common;

mod made;
mod time;
mod verified;
