//! A presenter on the client's side of a connection.

mod listed;
mod repair;
mod session;

pub use session::PresenterSession;
