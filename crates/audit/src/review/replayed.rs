//! The result of recorded calls that were decided again.

use deputize::DenyCode;

/// Recorded calls that were decided again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Replay {
    /// The calls that the proposal allows.
    pub allowed: u64,
    /// The calls that it refuses.
    pub refused: u64,
    /// The first of these.
    pub newly_refused: Vec<NewlyRefused>,
    /// The calls whose records do not show enough.
    pub not_replayed: u64,
}

/// A recorded call that a proposal refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewlyRefused {
    /// The log, counted from 0.
    pub log: usize,
    /// The index of the record.
    pub record: u64,
    /// The deny codes; none if the call could not be presented at all.
    pub codes: Vec<DenyCode>,
    /// The reasons in words.
    pub why: String,
}
