//! Monitoring: what a service is told while agents call, and whom it may hold it against.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

mod cast;
mod strikes;
mod innocent;
mod clocks;
mod noticing;
mod memory;
mod recording;
mod shares;
mod panics;
mod slow;
mod following;
mod exported;
