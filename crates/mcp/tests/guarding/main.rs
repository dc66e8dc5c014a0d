//! A guard between a client and a server: what passes, what is refused, and what is written anew.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

mod cast;
mod calls;
mod answers;
mod ending;
mod bounds;
mod presenting;
mod stdio;
mod everything;
mod streams;
