//! Denials and reports that another program sent as JSON.
//!
//! They are statements of the sender. Nothing here can become a decision, a denial or a report of
//! this program.

mod error;
mod report;
mod denial;

pub use denial::ReceivedDenial;
pub use error::ReceiveError;
pub use report::ReceivedReport;
