//! Records of decisions, as `docs/EVIDENCE.md` specifies them: a core, which a log keeps for ever and
//! which has no value that anybody could want erased, and openings, which can be erased.

mod error;
mod field;
mod line;
mod kinds;
mod counted;
mod core;
mod opening;
mod openings;
mod rules;
mod entry;
mod repeats;
mod decision;
mod contradiction;
mod chains;
mod signatures;

pub use self::core::RecordCore;
pub use chains::RecordedChains;
pub use contradiction::Contradiction;
pub use decision::ChargedTo;
pub use entry::Record;
pub use error::RecordError;
pub use field::{Commitment, FieldKind};
pub use kinds::{
    Charged, DecisionCore, MoreUnpresentedCore, OutcomeResult, RecordKind, RefusalsCore,
    UnpresentedCore,
};
pub use openings::{FieldState, Openings};
pub use repeats::{OpeningsLine, OpeningsReader, OpeningsWriter};
pub use rules::RecordRules;
pub use signatures::SignedPart;
