//! MCP over HTTP: a door in front of servers, and a client of a server.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

mod cast;
mod sessions;
mod refused;
mod streams;
mod bounds;
mod holders;
mod link;
