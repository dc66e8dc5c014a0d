//! Earlier finds of the fuzzer in the command's grammars: every input in `fuzz/finds/grammars`, and
//! every seed, has the properties that the target asserts.

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

#[path = "../../../tests/common/mod.rs"]
mod common;
#[path = "../../../fuzz/src/allowed.rs"]
mod allowed;
#[path = "../../../fuzz/src/grammars.rs"]
mod grammars;
#[path = "../../../fuzz/src/json.rs"]
mod json;
#[path = "../../../fuzz/src/replay.rs"]
mod replay;
#[path = "../../../fuzz/src/visible.rs"]
mod visible;

#[test]
fn grammars_finds() {
    replay::replay("grammars", grammars::check);
}

/// The parser of SSH keys quotes the line, and its error is shown on a terminal.
#[test]
fn a_control_character_in_an_ssh_key_is_not_shown() {
    // An escape sequence in the name of the key type.
    let line =
        "ssh-ed25519 AAAAD3NzaC0bWzJLZWQyNTUxOQAAACAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw==";
    let error = deputize_cli::input::keys::public_key("--to", line).unwrap_err().to_string();
    assert!(error.contains(r"\u{1b}[2K"), "{error}");
    assert_eq!(error.chars().find(|c| common::is_hostile(*c)), None, "{error:?}");
}
