//! Proofs of records and bundles: what somebody can check who has nothing else, and what somebody can
//! do who changes them.

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

#[expect(dead_code, reason = "shared with the tests of attacks on logs")]
#[path = "../attacks_on_logs/forge.rs"]
mod forge;

mod records;
mod bundles;
mod attacks;
mod forged;
mod growing;
