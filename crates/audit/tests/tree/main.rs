//! Trees, proofs and tiles: against the vectors of Certificate Transparency, the definitions of RFC
//! 6962 in their own words, and another implementation.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on should stop"
)]

#[path = "../../../../tests/laws/source.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod source;

mod oracle;
mod vectors;
mod proofs;
mod altered;
mod tiles;
mod paths;
mod folder;
mod hostile;
