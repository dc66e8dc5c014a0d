//! The verdict about a bundle.

use std::fmt::{self, Display, Formatter};

use crate::checkpoint::Origin;
use crate::limits::MAX_FINDINGS;
use crate::tree::{TreeError, TreeHead};
use crate::verify::{Fault, Signatures};

/// The verdict about a bundle. [`holds`](Self::holds) is its sum.
///
/// A bundle says nothing about records that are not in it, nor about what the log did after its
/// checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BundleVerdict {
    /// The log, as the checkpoint names it.
    pub origin: Origin,
    /// The tree that the checkpoint covers.
    pub head: TreeHead,
    /// The number of records in the bundle.
    pub records: usize,
    /// The number of decisions among them.
    pub decisions: usize,
    /// The number of calls among them that went out unpresented while the service observed.
    pub unpresented: usize,
    /// The sizes of the older checkpoints that the log extends.
    pub extends: Vec<u64>,
    /// The number of values that are shown, and give their commitments.
    pub shown: u64,
    /// The number of values that were erased, by a statement.
    pub erased: u64,
    /// The charged decisions by what the signatures in their values show.
    pub signatures: Signatures,
    /// The number of revocation lists whose signatures hold.
    pub lists: usize,
    /// The number of agent directories whose signatures hold.
    pub directories: usize,
    /// The faults, at most a thousand of them, in the order of the records.
    pub findings: Vec<BundleFinding>,
    /// The number of further faults.
    pub more_findings: u64,
}

/// A fault of a bundle, or of a record in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BundleFinding {
    /// The index of the record, if the fault is about one that can be read.
    pub record: Option<u64>,
    /// The fault.
    pub fault: BundleFault,
}

/// A kind of fault of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleFault {
    /// A fault that a record of a log can have, too.
    Record(Fault),
    /// The proof does not lead from the record to the root of the checkpoint: it is a record of another
    /// log, of another place, or changed.
    NotInTheLog {
        /// The reason.
        why: TreeError,
    },
    /// The first record of the log, which says whose it is, is not there.
    NoFirstRecord,
    /// The record does not come after the one before it: it is there twice, or out of order.
    Order {
        /// The index of the record before it.
        after: u64,
    },
    /// A proof of a history stands beside a record that is not an erasure.
    History,
    /// An older checkpoint is not one of this log, or the log does not extend it.
    Seen {
        /// The place of the checkpoint in the bundle, from 0.
        place: usize,
        /// The reason.
        why: String,
    },
    /// A revocation list is not one, or its signature does not hold.
    List {
        /// The place of the list in the bundle, from 0.
        place: usize,
        /// The reason.
        why: String,
    },
    /// An agent directory is not one, or its signature does not hold.
    Directory {
        /// The place of the directory in the bundle, from 0.
        place: usize,
        /// The reason.
        why: String,
    },
}

impl BundleVerdict {
    /// Returns true if no fault was found: each record in the bundle is in the log that its checkpoint
    /// names, with the values that were recorded, or without those that a statement erased.
    pub fn holds(&self) -> bool {
        self.findings.is_empty()
    }

    pub(super) fn add(&mut self, record: Option<u64>, fault: BundleFault) {
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(BundleFinding { record, fault });
        } else {
            self.more_findings = self.more_findings.saturating_add(1);
        }
    }
}

impl BundleFault {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Record(fault) => fault.code(),
            Self::NotInTheLog { .. } => "record_not_in_the_log",
            Self::NoFirstRecord => "no_first_record",
            Self::Order { .. } => "record_order",
            Self::History => "history",
            Self::Seen { .. } => "older_checkpoint",
            Self::List { .. } => "list",
            Self::Directory { .. } => "directory",
        }
    }
}

impl Display for BundleFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(fault) => fault.fmt(f),
            Self::NotInTheLog { why } => write!(f, "it is not this record of this log: {why}"),
            Self::NoFirstRecord => {
                f.write_str("the first record of the log, which says whose it is, is missing")
            }
            Self::Order { after } => {
                write!(f, "it follows record {after}: a record is doubled, or out of order")
            }
            Self::History => {
                f.write_str("it is not an erasure, and has the proof of a history beside it")
            }
            Self::Seen { place, why } => write!(f, "older checkpoint {place}: {why}"),
            Self::List { place, why } => write!(f, "revocation list {place}: {why}"),
            Self::Directory { place, why } => write!(f, "agent directory {place}: {why}"),
        }
    }
}
