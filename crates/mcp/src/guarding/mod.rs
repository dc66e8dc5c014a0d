//! A guard in front of a server.

mod owned;
mod listing;
mod session;

pub use session::GuardSession;
