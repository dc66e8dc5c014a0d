//! A guard in front of a server.

mod owned;
mod listing;
mod session;
mod stdio;

pub use session::{Effect, GuardSession, Seen};
pub use stdio::{Ended, SessionError, serve};
