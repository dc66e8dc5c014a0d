//! Properties of random chains: the laws, and the engine as an oracle.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stdout,
    reason = "a test that cannot go on should stop"
)]

mod dice;
mod random;
mod oracle;

mod cached;
mod engine;
mod laws;
mod prefixes;
mod shapes;
