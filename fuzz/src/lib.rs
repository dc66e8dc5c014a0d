//! The assertions of the fuzz targets: a module for each, with one function `check`, which panics
//! if the property does not hold. `tests/fuzz_finds` calls the same functions.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a target that finds something should stop"
)]

// Inputs: from the fuzzer's bytes to typed values.
mod arbitrary;
mod mutate_wire;
mod neighbour;
mod source;

// Code of the main workspace's tests, which the targets share.
#[path = "../../tests/common/mod.rs"]
mod common;
#[path = "../../tests/laws/list_drafts.rs"]
mod list_drafts;
#[path = "../../tests/common/plain_list.rs"]
mod plain_list;
#[path = "../../tests/messages/graphs.rs"]
mod graphs;
#[path = "../../tests/messages/markdown.rs"]
mod markdown;
#[path = "../../tests/messages/report_tree.rs"]
mod report_tree;
#[path = "../../tests/laws/oracle.rs"]
mod oracle;
#[path = "../../tests/laws/random.rs"]
mod random;

// Readers that share no code with the library.
mod html_reader;
mod json;
mod wire;

// Assertions of several targets.
mod visible;

// The targets.
mod allowed;
pub mod differential;
pub mod forgery;
pub mod grammars;
pub mod logs;
pub mod mcp_lines;
pub mod narrowing;
pub mod notes;
pub mod reports;
pub mod requests;
pub mod spelling;
pub mod statements;
