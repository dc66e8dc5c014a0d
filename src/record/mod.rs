//! Records of decisions, as `docs/EVIDENCE.md` specifies them: a core, which a log keeps for ever and
//! which has no value that anybody could want erased, and openings, which can be erased.

mod error;
mod field;
mod line;
mod kinds;
mod core;
mod openings;
mod rules;
mod entry;
mod decision;

pub use self::core::RecordCore;
pub use decision::ChargedTo;
pub use entry::Record;
pub use error::RecordError;
pub use field::{Commitment, FieldKind};
pub use kinds::{Charged, DecisionCore, OutcomeResult, RecordKind, RefusalsCore};
pub use openings::{FieldState, Openings};
pub use rules::RecordRules;
