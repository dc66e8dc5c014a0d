#![doc = include_str!("../README.md")]
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

// Each module imports only modules declared above it.
pub mod limits;
mod place;
mod fetched;
#[cfg(feature = "https")]
mod https;
mod fetch;
mod source;
mod sources;
mod checked;
mod config;
mod folder;
mod keeper;
mod guard;
mod observation;
mod start;
mod examine;
mod codes;

pub use checked::{Checked, ObservedPass, Pass, Refused, Unavailable};
pub use codes::ERROR_CODES;
pub use config::{ConfigError, GuardConfig, ListenConfig, ObserveUntil};
pub use examine::{Examination, ExaminedSource};
pub use fetched::FetchError;
pub use guard::{Guard, GuardParts, Recording};
pub use place::{Place, PlaceError};
pub use source::{Source, SourceFailure, SourceState};
pub use sources::Sources;
pub use start::Notice;
