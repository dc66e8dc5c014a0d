//! Vocabularies: what is read, what operands can do, and whether those of the published servers are
//! complete.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

mod reading;
mod operands;
mod servers;
mod schemas;
mod files;
mod judged;
mod figures;
