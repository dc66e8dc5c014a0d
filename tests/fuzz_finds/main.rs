//! Earlier finds of the fuzzer: every input in `fuzz/finds`, and every seed, has the properties
//! that its target asserts. The targets that need the command are in
//! `crates/cli/tests/fuzz_finds.rs`.
//!
//! A separate binary, because the files of the fuzzer refer to each other from the crate root, and
//! because the published package does not contain them.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test that cannot go on should stop; the fuzzer uses the same files"
)]

#[path = "../../fuzz/src/arbitrary.rs"]
mod arbitrary;
#[path = "../../fuzz/src/mutate_wire.rs"]
mod mutate_wire;
#[path = "../../fuzz/src/neighbour.rs"]
mod neighbour;
#[path = "../../fuzz/src/source.rs"]
mod source;

#[path = "../common/mod.rs"]
mod common;
#[path = "../laws/list_drafts.rs"]
mod list_drafts;
#[path = "../common/plain_list.rs"]
mod plain_list;
#[path = "../messages/graphs.rs"]
mod graphs;
#[path = "../messages/markdown.rs"]
mod markdown;
#[path = "../messages/report_tree.rs"]
mod report_tree;
#[path = "../laws/oracle.rs"]
mod oracle;
#[path = "../laws/random.rs"]
mod random;

#[path = "../../fuzz/src/html_reader.rs"]
mod html_reader;
#[path = "../../fuzz/src/json.rs"]
mod json;
#[path = "../../fuzz/src/visible.rs"]
mod visible;
#[path = "../../fuzz/src/wire.rs"]
mod wire;

#[path = "../../fuzz/src/differential.rs"]
mod differential;
#[path = "../../fuzz/src/forgery/mod.rs"]
mod forgery;
#[path = "../../fuzz/src/narrowing.rs"]
mod narrowing;
#[path = "../../fuzz/src/notes.rs"]
mod notes;
#[path = "../../fuzz/src/reports.rs"]
mod reports;
#[path = "../../fuzz/src/requests.rs"]
mod requests;
#[path = "../../fuzz/src/spelling.rs"]
mod spelling;

#[path = "../../fuzz/src/statements.rs"]
mod statements;

#[path = "../../fuzz/src/replay.rs"]
mod replay;

use replay::replay;

#[test]
fn spelling_finds() {
    replay("spelling", spelling::check);
}

#[test]
fn forgery_finds() {
    replay("forgery", forgery::check);
}

#[test]
fn narrowing_finds() {
    replay("narrowing", narrowing::check);
}

#[test]
fn notes_finds() {
    replay("notes", notes::check);
}

#[test]
fn requests_finds() {
    replay("requests", requests::check);
}

#[test]
fn reports_finds() {
    replay("reports", reports::check);
}

#[test]
fn differential_finds() {
    replay("differential", differential::check);
}

#[test]
fn statements_finds() {
    replay("statements", statements::check);
}
