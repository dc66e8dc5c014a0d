//! The commands: their input, output, files and exit codes.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

#[path = "../../../../tests/common/mod.rs"]
mod common;
#[path = "../shell/mod.rs"]
mod shell;

mod agents;
mod agents_files;
mod agents_import;
mod agents_life;
mod agents_read;
mod agents_refused;
mod allow;
mod audit;
mod audit_show;
mod audit_erase;
mod audit_export;
mod audit_tail;
mod audit_bundles;
mod audit_match;
mod audit_observed;
mod batch;
mod batch_process;
mod batch_reports;
mod check;
mod color;
mod end_to_end;
mod errors;
mod explain_and_man;
mod granting;
mod ids;
mod json_files;
mod key_files;
mod key_forms;
mod mcp_guard;
mod mcp_http;
#[cfg(unix)]
mod mcp_signals;
mod mismatch;
mod report_ends;
mod review;
mod revocations;
mod revoke;
mod revoke_changes;
mod revoke_powers;
mod revoke_files;
mod kills;
mod rotate;
mod rough_edges;
mod successors;
mod verify_lists;
mod verify_directory;
mod walkthrough;
mod wallet;
mod wallet_files;
