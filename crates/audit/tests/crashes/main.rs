//! The log of a service whose process is killed, whose disk is full or read-only, and whose files
//! somebody damaged.

#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]
#![expect(clippy::print_stdout, reason = "the service answers there, and kills are counted")]

mod cast;
mod service;
mod kills;
mod writers;
mod disk;
mod damage;
mod boundary;
