//! The bytes of tokens, which stay the same for ever, and other libraries and programs that read or
//! write them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/plain_list.rs"]
mod plain_list;

mod vectors;
mod format;
mod lists;
mod sizes;
mod keys;
mod plain_biscuit;
mod interop;
mod bindings;
