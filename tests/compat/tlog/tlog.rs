//! Checkpoints, proofs and tiles, verified by two other implementations: Go's own
//! (`golang.org/x/mod/sumdb`), in the version of the distribution, and `aics-tlog` in Python.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on should stop"
)]

mod checkers;
mod log;

mod checkpoints;
mod cosignatures;
mod proofs;
mod tiles;
