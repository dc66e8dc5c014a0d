//! All text for people: errors, denials and reports in every format, kept as snapshots.

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

mod report_tree;
mod text_rules;
mod graphs;
mod markdown;

mod errors;
mod denials;
mod reports;
mod held_tokens;
mod lists;
mod html;
mod formats;
mod gallery;
mod reserved_words;
