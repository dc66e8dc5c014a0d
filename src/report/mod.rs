//! Reports: the accountable owner, each delegation with its purpose and times, and the reasons of a
//! decision.
//!
//! Each format has a file. It reads the public fields of [`Report`], takes the lines about hops
//! from `lines` and the first sentence from `headline`, and draws their pieces in its own way.

mod wording;

// The report as data.
mod checks;
mod principal;
mod diff;
mod remarks;
mod agent;
mod hop;
mod presentation;
mod request;
mod account;

// The content.
mod lines;
mod headline;
mod assemble;
mod constructors;
mod answer;
mod fields;

// Its formats.
mod text;
mod markdown;
mod graph;
mod mermaid;
mod dot;

// Many reports, and those of other programs.
mod summary;
mod received;

pub use account::{Report, Verdict};
pub use agent::AgentReport;
pub use answer::{Answer, InputCode, InputError};
pub use checks::{Check, CheckedFact};
pub use diff::Removal;
pub use fields::LogFields;
pub use hop::{HopReport, RevocationReport};
pub use lines::{Label, Line};
pub use presentation::PresentationReport;
pub use principal::PrincipalReport;
pub use received::{ReceiveError, ReceivedDenial, ReceivedReport};
pub use request::RequestReport;
pub use summary::Summary;
pub use wording::{Piece, REFUSED_HERE, Room, UNVERIFIED};
