//! The contents of records by their kinds, and the fields that each has.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::format::hop_id::HopId;
use crate::key::PublicKey;
use crate::reason::DenyCode;
use crate::record::field::{Commitment, FieldKind};
use crate::verify::checks::CheckState;

/// The contents of a core, by its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordKind {
    /// The first record of a log.
    Log {
        /// The origin of the log's checkpoints, which has its key.
        origin: String,
        /// The keys that may sign erasures, beside the log's own: ascending.
        erasers: Vec<PublicKey>,
    },
    /// A decision about a call.
    Decision(DecisionCore),
    /// The outcome of a call that went out: one that was allowed, or observed.
    Outcome {
        /// The index of the decision.
        of: u64,
        /// The outcome.
        result: OutcomeResult,
    },
    /// Refused calls that have no record each.
    Refusals(RefusalsCore),
    /// A call that the service made while it observed, and for which no presentation counts.
    Unpresented(UnpresentedCore),
    /// Such calls that have no record each.
    MoreUnpresented(MoreUnpresentedCore),
    /// Values were erased.
    Erasure {
        /// The signed note that says which.
        statement: String,
        /// The fields that it names and whose values were wrong before: the index of the record, and
        /// the place among its fields.
        wrong: Vec<(u64, usize)>,
    },
    /// The log was opened, and there was something behind its last checkpoint.
    Recovery {
        /// The number of records there, which are the ones before this.
        kept: u64,
        /// The number of bytes that were cut off behind the last whole record.
        cut: u64,
    },
}

/// A decision about a call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DecisionCore {
    /// True if the call was allowed.
    pub allowed: bool,
    /// False if the service only observed, and made the call whatever the decision.
    pub enforced: bool,
    /// The deny codes, with the index of the hop at fault if there is one. Empty if the call was
    /// allowed.
    pub codes: Vec<(DenyCode, Option<usize>)>,
    /// The state of the check for replays: `Done` if a guard was asked.
    pub replays: CheckState,
    /// The chain whose holder made the call; `None` if nothing ties a holder to it.
    pub charged: Option<Charged>,
}

/// The chain to whose holder a call is charged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Charged {
    /// The id of hop 0, which is random.
    pub first_hop: HopId,
    /// The id of the presentation.
    pub presentation: HopId,
    /// The series of the presentation and its number in it, from 1, if the holder counts.
    pub counted: Option<([u8; 8], u64)>,
}

/// Refused calls that have no record each.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusalsCore {
    /// The first hop of their chains; `None` for calls that are charged to nobody.
    pub first_hop: Option<HopId>,
    /// The number of calls by their first reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// The time of the last of them.
    pub until: OffsetDateTime,
}

/// A call that the service made while it observed, and that is charged to nobody: it had no presentation,
/// or one that does not count. It says nothing about anybody, whatever came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnpresentedCore {
    /// The deny codes, each once, in the order of the denial: why no presentation counts, and why the call
    /// would have been refused. At least one.
    pub codes: Vec<DenyCode>,
}

/// Calls that the service made while it observed, that are charged to nobody, and that have no record each.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MoreUnpresentedCore {
    /// The number of calls by their first deny code.
    pub counted: BTreeMap<&'static str, u64>,
    /// The time of the last of them.
    pub until: OffsetDateTime,
}

/// The outcome of a call that went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutcomeResult {
    /// The service did what was asked.
    Done,
    /// The service could not do it.
    Failed,
    /// The service does not know, such as after a crash or a time-out.
    Unknown,
}

impl OutcomeResult {
    pub(super) const ALL: [Self; 3] = [Self::Done, Self::Failed, Self::Unknown];

    /// Returns the stable text, as in a record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

impl RecordKind {
    /// Returns true for the fields that a writer gives a record of this kind: in their order, each of
    /// them once but for members of the arguments and the context.
    pub(super) fn has_fields(&self, fields: &[(FieldKind, Commitment)]) -> bool {
        use FieldKind as Field;
        let is_ordered = fields.is_sorted_by(|(a, _), (b, _)| {
            a < b || (a == b && matches!(a, Field::Argument | Field::Context))
        });
        let has = |kind| fields.iter().any(|(own, _)| *own == kind);
        let only = |kinds: &[Field]| fields.iter().all(|(own, _)| kinds.contains(own));
        is_ordered
            && match self {
                Self::Log { .. } => only(&[Field::Log]) && has(Field::Log),
                Self::Outcome { .. } => only(&[Field::Result]),
                Self::Decision(DecisionCore { charged: None, .. }) => {
                    only(&[Field::Call, Field::Resource])
                        && has(Field::Call) == has(Field::Resource)
                }
                Self::Decision(DecisionCore { allowed, .. }) => {
                    let always = [
                        Field::Call,
                        Field::Resource,
                        Field::Owner,
                        Field::Agents,
                        Field::Hops,
                        Field::Chain,
                        Field::Checks,
                    ];
                    always.into_iter().all(has)
                        && !has(Field::Log)
                        && !has(Field::Result)
                        && (!allowed || !has(Field::Reasons))
                }
                Self::Unpresented(_) => {
                    only(&[Field::Call, Field::Resource, Field::Argument, Field::Rest])
                        && has(Field::Call) == has(Field::Resource)
                        && (has(Field::Call) || fields.is_empty())
                }
                Self::Refusals(_)
                | Self::MoreUnpresented(_)
                | Self::Erasure { .. }
                | Self::Recovery { .. } => fields.is_empty(),
            }
    }
}
