//! Access reviews: grants beside their use, and proposals that are proved by replay.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on should stop"
)]

mod cast;
mod usage;
mod observed;
mod gaps;
mod proposals;
mod floods;
mod budgets;
mod rogue;
