//! Signed checkpoints, and the cosignatures of witnesses.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

mod cast;
mod origins;
mod signed;
mod witnesses;
