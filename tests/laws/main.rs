//! The laws: a child never permits what its parent refuses, and every decision agrees with
//! Biscuit's own engine. They are tested on random chains, and on all short texts.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stdout,
    reason = "a test that cannot go on should stop"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/plain_list.rs"]
mod plain_list;
#[path = "../common/lists.rs"]
mod lists_of;

mod source;
mod random;
mod oracle;

mod chains;
mod narrowing;
mod would_permit;
mod permitted;
mod two_steps;
mod list_drafts;
mod lists;
mod cached;
mod engine;
mod argument_shapes;
mod grammar;

mod bypasses;
mod constraint_permits;
mod constraint_matrix;
mod constraint_paths;
mod patterns;
mod budgets;

mod successions;
mod revocation_model;
mod agents;
