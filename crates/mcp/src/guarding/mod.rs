//! A guard in front of a server.

mod owned;
mod holder;
mod state;
mod listing;
mod session;
mod opened;

pub use session::GuardSession;
