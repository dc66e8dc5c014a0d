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
mod limits;
mod instant;
mod number;
mod wrap;
mod given;
mod shown;
mod page;
mod report;
mod activity;
mod review;

pub use activity::{Activity, Caller, Deed, DeedOutcome, activity_page};
pub use given::{LogFacts, Party};
pub use report::report_page;
pub use review::{
    AccessReview, GrantEnd, GrantUse, ObservedCalls, ReplayCount, ReviewedHop, ReviewedRight,
    SeenArgument, SeenOperation, review_page,
};
