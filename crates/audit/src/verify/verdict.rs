//! The verdict about a log.

use std::fmt::{self, Display, Formatter};

use deputize::{CodedError as _, Contradiction, FieldKind, SignedPart};

use crate::checkpoint::Origin;
use crate::limits::MAX_FINDINGS;
use crate::tree::TreeHead;

/// The verdict about a log. [`is_whole`](Self::is_whole) is its sum.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// The log, as its checkpoint names it.
    pub origin: Origin,
    /// The tree that its newest checkpoint covers.
    pub head: TreeHead,
    /// The number of records that were read, with those behind the checkpoint.
    pub read: u64,
    /// The number of records behind the newest checkpoint. It does not cover them: they can be changed
    /// unnoticed.
    pub behind: u64,
    /// The number of records that were behind a checkpoint when the log was opened, by its records
    /// `recovery`. They are the word of whoever could write to the disk then.
    pub recovered: u64,
    /// The number of calls that went out unpresented while the service observed, with a record each. They are
    /// the word of the log, about nobody.
    pub unpresented: u64,
    /// The number of further ones, which have no record each.
    pub more_unpresented: u64,
    /// The sizes of the checkpoints kept elsewhere with which the log was compared.
    pub compared_with: Vec<u64>,
    /// The names of the witnesses that cosigned the newest checkpoint.
    pub witnesses: Vec<String>,
    /// The number of values that were shown, and give their commitments.
    pub shown: u64,
    /// The number of values that were erased, by a statement.
    pub erased: u64,
    /// The records of charged decisions, by what the signatures in their values show; `None` if they
    /// were left aside.
    pub signatures: Option<Signatures>,
    /// The faults, at most a thousand of them: those of the log as a whole first, then by record.
    pub findings: Vec<Finding>,
    /// The number of further faults.
    pub more_findings: u64,
}

/// The records of charged decisions, by what the signatures in their values show. Records that
/// contradict them are faults, and in none of these numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Signatures {
    /// The holder signed the call, with all of its values.
    pub calls: u64,
    /// The holder presented the chain to this service around this time. A value of the call was
    /// erased or kept as a digest, so that it was this call is the log's word.
    pub presentations: u64,
    /// The delegations are authentic. The presentation was erased, was left out for a value that is
    /// withheld, or is shown without its audience and resource, so that the holder made the call is the
    /// log's word.
    pub chains: u64,
    /// The chain was erased, so that there is no signature.
    pub nothing: u64,
}

impl Signatures {
    /// Counts a record by what its signatures show.
    pub(crate) fn count(&mut self, part: SignedPart) {
        let own = match part {
            SignedPart::Call => &mut self.calls,
            SignedPart::Presentation => &mut self.presentations,
            SignedPart::Chain => &mut self.chains,
            SignedPart::Nothing => &mut self.nothing,
        };
        *own = own.saturating_add(1);
    }
}

/// A fault of a log, or of one of its records.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The index of the record, if the fault is about one.
    pub record: Option<u64>,
    /// The fault.
    pub fault: Fault,
}

/// A kind of fault.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The line is not that of the tree.
    Changed,
    /// The line is that of a later record: records are missing before it.
    MissingBefore {
        /// The place of the line in the tree.
        place: u64,
    },
    /// The line is that of an earlier record: lines were inserted or doubled.
    Inserted {
        /// The place of the line in the tree.
        place: u64,
    },
    /// The records end here, before the checkpoint does.
    Ends,
    /// The line is not a record.
    NotARecord {
        /// The reason.
        why: String,
    },
    /// The line states another index than its place.
    OtherIndex {
        /// The index that it states.
        found: u64,
    },
    /// The record states another log.
    OtherLog,
    /// The records do not give the root of the checkpoint, nor do the tiles, so that the record cannot be
    /// named.
    OtherRoot,
    /// The tiles are not those of the records, which are right.
    Tiles,
    /// The log does not extend a checkpoint that was kept elsewhere.
    Contradicts {
        /// The size of that checkpoint.
        size: u64,
    },
    /// Too few witnesses cosigned the checkpoint.
    Witnesses {
        /// The number that is required.
        expected: usize,
        /// The number that did.
        found: usize,
    },
    /// The openings of the record are missing, or not a line of a writer.
    Openings {
        /// The reason.
        why: String,
    },
    /// A value is not the one to which the record commits, or was not before it was erased.
    Wrong {
        /// The place among the fields.
        place: usize,
        /// The kind of the value.
        kind: FieldKind,
    },
    /// A value is gone, and no statement erased it.
    Missing {
        /// The place among the fields.
        place: usize,
        /// The kind of the value.
        kind: FieldKind,
    },
    /// A value is still there, and a statement erased it.
    NotYetErased {
        /// The place among the fields.
        place: usize,
        /// The kind of the value.
        kind: FieldKind,
    },
    /// The record is an outcome of a record that is not a call that went out, or of one that has an
    /// outcome.
    Outcome {
        /// The record that it names.
        of: u64,
    },
    /// The record contradicts the signatures in its values: its log did not write it from a decision.
    Recorded(Contradiction),
    /// The statement of an erasure is not one of this log, and erases nothing.
    Erasure {
        /// The reason.
        why: String,
    },
}

impl Verdict {
    /// Returns true if no fault was found: each record that the checkpoint covers is as it was written,
    /// every value is there or was erased by a statement, and no record contradicts the signatures in
    /// its values.
    ///
    /// A log that was cut back to an earlier checkpoint is whole, too: only a later checkpoint that
    /// somebody kept elsewhere, or a witness, shows it.
    pub fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }

    pub(super) fn add(&mut self, record: Option<u64>, fault: Fault) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding { record, fault });
        } else {
            self.more_findings = self.more_findings.saturating_add(1);
        }
    }
}

impl Fault {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Changed => "record_changed",
            Self::MissingBefore { .. } => "records_missing",
            Self::Inserted { .. } => "records_inserted",
            Self::Ends => "records_end",
            Self::NotARecord { .. } => "not_a_record",
            Self::OtherIndex { .. } => "other_index",
            Self::OtherLog => "other_log",
            Self::OtherRoot => "other_root",
            Self::Tiles => "tiles",
            Self::Contradicts { .. } => "contradicts_checkpoint",
            Self::Witnesses { .. } => "too_few_witnesses",
            Self::Openings { .. } => "openings",
            Self::Wrong { .. } => "value_wrong",
            Self::Missing { .. } => "value_missing",
            Self::NotYetErased { .. } => "value_not_yet_erased",
            Self::Outcome { .. } => "outcome",
            Self::Recorded(why) => why.code(),
            Self::Erasure { .. } => "erasure",
        }
    }
}

impl Display for Fault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => f.write_str("the line is not the one that was written"),
            Self::MissingBefore { place } => {
                write!(f, "the line is that of record {place}: records are missing before it")
            }
            Self::Inserted { place } => {
                write!(f, "the line is that of record {place}: a line was inserted or doubled")
            }
            Self::Ends => f.write_str("the records end before it, and the checkpoint covers it"),
            Self::NotARecord { why } => write!(f, "{why}"),
            Self::OtherIndex { found } => write!(f, "the line states the index {found}"),
            Self::OtherLog => f.write_str("the first record does not name this log"),
            Self::OtherRoot => f.write_str(
                "the records do not give the root of the checkpoint; the tiles do not either, so the record cannot be named",
            ),
            Self::Tiles => f.write_str("the tiles are not those of the records, which are right"),
            Self::Contradicts { size } => write!(
                f,
                "the log does not extend the checkpoint of {size} records that was kept elsewhere"
            ),
            Self::Witnesses { expected, found } => {
                write!(f, "{found} of {expected} required witnesses cosigned the checkpoint")
            }
            Self::Openings { why } => write!(f, "its values cannot be read: {why}"),
            Self::Wrong { place, kind } => {
                write!(f, "field {place} (`{kind}`) is not the value that was recorded")
            }
            Self::Missing { place, kind } => {
                write!(f, "field {place} (`{kind}`) is gone, and no statement erased it")
            }
            Self::NotYetErased { place, kind } => {
                write!(f, "field {place} (`{kind}`) was erased by a statement, and is still there")
            }
            Self::Outcome { of } => {
                write!(f, "it is an outcome of record {of}, which has one or is not a call that went out")
            }
            Self::Recorded(why) => write!(f, "{why}"),
            Self::Erasure { why } => write!(f, "it erases nothing: {why}"),
        }
    }
}
