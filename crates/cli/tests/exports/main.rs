//! `deputize audit export`: the events, read by the libraries of others.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on should stop"
)]

#[path = "../../../../tests/common/mod.rs"]
mod common;
#[path = "../shell/mod.rs"]
mod shell;

mod checkers;
mod cloud_events;
mod ocsf;
mod scene;
