//! A guard in front of a server.

mod owned;
mod state;
mod listing;
mod session;

pub use session::GuardSession;
