//! Earlier finds of the fuzzer in lines of MCP: every input in `fuzz/finds/mcp_lines`, and every seed,
//! has the properties that the target asserts.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test that cannot go on should stop; the fuzzer uses the same files"
)]

#[path = "../../../fuzz/src/mcp_lines.rs"]
mod mcp_lines;
#[path = "../../../fuzz/src/replay.rs"]
mod replay;

#[test]
fn mcp_lines_finds() {
    replay::replay("mcp_lines", mcp_lines::check);
}
