//! Lines of MCP: what is read, and what a guard does with it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

mod stream;
mod traps;
mod client;
mod server;
mod meta;
mod anew;

use deputize_mcp::{Line, Lines, Malformed, Message};

/// The first line of these bytes, to which an LF is added.
pub(crate) fn line(bytes: impl AsRef<[u8]>) -> Line {
    let bytes = [bytes.as_ref(), b"\n"].concat();
    Lines::new(&bytes[..]).next_line().unwrap().unwrap()
}

pub(crate) fn read(bytes: impl AsRef<[u8]>) -> Result<Message, Malformed> {
    Message::read(line(bytes))
}

pub(crate) fn message(text: &str) -> Message {
    read(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}
