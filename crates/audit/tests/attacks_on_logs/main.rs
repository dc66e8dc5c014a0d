//! Attacks on a log: by whoever can write to its folder, by callers, by crashes, and by an operator who
//! hands out hostile files. A test asserts what `docs/EVIDENCE.md` says.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on should stop"
)]

#[expect(dead_code, reason = "shared with the tests of honest logs")]
#[path = "../log/cast.rs"]
mod cast;
mod forge;
mod records;

mod boundaries;
mod closing;
mod erasing;
mod evading;
mod extremes;
mod folders;
mod hostile_files;
mod openings;
mod signatures;
