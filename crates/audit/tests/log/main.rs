//! The log of a service: what is on the disk when a call goes out, and after a crash.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test that cannot go on should stop"
)]

mod cast;
mod eraser;
mod writing;
mod refusals;
mod observing;
mod unpresented;
mod repeating;
mod reopening;
mod tampering;
mod erasures;
mod erasing;
mod erasing_interrupted;
mod erasing_tampered;
mod erasing_divided;
mod powers;
mod exporting;
mod vector;
