#![doc = include_str!("../README.md")]
// Denies calls that can panic, outside tests. `Cargo.toml` denies further ones everywhere, and
// `clippy.toml` lists the functions.
#![cfg_attr(
    not(test),
    deny(
        clippy::disallowed_methods,
        clippy::string_slice,
        clippy::get_unwrap,
        clippy::unwrap_in_result,
        clippy::panic_in_result_fn
    )
)]

// Each module imports only modules that are declared above it.
mod platform;
mod error;
mod folder;
mod ids;
mod guard;
mod seen;
mod codes;

pub use error::OpenError;
pub use guard::FileReplayGuard;
pub use seen::error::StateFileError;
pub use seen::state::FileStatementState;
