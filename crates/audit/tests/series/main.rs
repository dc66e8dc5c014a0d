//! Numbered presentations beside the records of services: which numbers are in no log, and between when.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on should stop"
)]

#[expect(dead_code, reason = "shared with the tests of logs")]
#[path = "../log/cast.rs"]
mod cast;

mod holder;
mod matching;
mod notes;
mod unusual;
