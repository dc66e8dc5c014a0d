//! The project's own rules. `compile_fail` is a package of its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::expect_fun_call,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

#[path = "../common/mod.rs"]
mod common;

mod layering;
mod dependencies;
mod one_list;
mod secrets;
mod bindings;
