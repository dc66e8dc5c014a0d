//! The commands: what they print, read and write, and their exit codes.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../fixture/mod.rs"]
mod fixture;

mod allow;
mod batch;
mod batch_process;
mod color;
mod contract;
mod errors;
mod extras;
mod files;
mod key_files;
mod walkthrough;
