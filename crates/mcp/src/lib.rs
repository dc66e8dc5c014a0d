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
pub mod limits;
mod lines;
mod id;
mod lenient;
mod answer;
mod message;
mod open;
mod write;
mod client;
mod server;
pub mod meta;
mod session;
mod cache;
mod listing;
mod queue;
mod stop;
mod running;
#[cfg(feature = "guard")]
pub mod guarding;
pub mod presenting;
mod stdio;
// Below guards and presenters, which cannot use it.
#[cfg(feature = "words")]
pub mod words;
#[cfg(feature = "http")]
pub mod http;
mod codes;

pub use client::{ClientCall, ClientMessage, NotAllowed, Pass, PassedNotification, PassedRequest};
pub use id::{Id, IdValue};
pub use lines::{Line, Lines, LinesError};
pub use message::{Content, Malformed, Message, MessageError};
pub use open::{OpenIdError, OpenIds};
pub use server::{Asked, ServerAnswer, ServerMessage};
pub use session::{Effect, Seen, Session};
pub use stdio::{Ended, SessionError, serve, serve_until};
pub use stop::Stop;
pub use write::request_line;
