//! A presenter on the client's side of a connection.

mod repair;
mod session;

pub use session::PresenterSession;
