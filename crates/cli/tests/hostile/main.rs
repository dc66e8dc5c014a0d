//! Attacks through the command line.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

#[path = "../../../../tests/common/mod.rs"]
mod common;
#[path = "../shell/mod.rs"]
mod shell;

mod spellings;
mod denied;
mod transplant;
