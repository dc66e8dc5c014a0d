//! Everything that a person reads: errors, denials and reports in every form, kept as snapshots.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "a test that cannot go on should stop"
)]

#[path = "../common/mod.rs"]
mod common;

mod told;
mod graphs;
mod markdown;

mod errors;
mod denials;
mod reports;
mod held;
mod html;
mod forms;
mod gallery;
mod wording;
