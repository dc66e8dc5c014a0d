//! Denials and reports that another program sent as JSON.
//!
//! They are the sender's word. Nothing here can be turned into a decision, a denial or a report of
//! this program.

mod error;
mod report;
mod denial;

pub use denial::ReceivedDenial;
pub use error::ReceiveError;
pub use report::ReceivedReport;
