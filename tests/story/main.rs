//! The public API from start to end: mint, delegate, present, verify, decide, report.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

#[path = "../common/mod.rs"]
mod common;

mod readme;
mod four_processes;
mod tool_server;
mod delegation_tree;
mod grants;
mod lints;
mod chain_contents;
mod trust;
mod called_by;
mod holder;
mod requests;
mod texts;
mod at_run_time;
mod for_models;
mod next_steps;
mod near_grants;
mod received;
mod logs;
mod summary;
mod records;
mod asking;
mod signing;
mod directory;
mod replay;
mod root_successors;
mod forks;
mod two_steps;
mod proving;
mod observing;
mod service_tests;
mod state_tests;
mod cache;
mod datalog_policy;
mod revocation_lists;
