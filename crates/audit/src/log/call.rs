//! Calls that are recorded and whose outcome is not.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use deputize::{Observation, OutcomeResult, Permit, Record};
use time::OffsetDateTime;

use crate::log::error::LogError;
use crate::log::queue::{Shared, Written};

/// A call that is allowed and recorded. Say what became of it: if it is dropped, its outcome is
/// recorded as unknown.
pub struct Call {
    permit: Permit,
    due: DueOutcome,
}

/// A call that was observed and recorded, and that goes out whether the decision allows it or not. It has
/// no permit. Say what became of it: if it is dropped, its outcome is recorded as unknown.
///
/// A call that is charged to nobody can be one that is only counted. It has no index, and its outcome no record.
pub struct ObservedCall {
    observation: Observation,
    due: Option<DueOutcome>,
}

/// The outcome of a call that goes out, which is recorded once. Only a log makes one, for the record that
/// it made of the decision.
struct DueOutcome {
    /// The index of that record.
    of: u64,
    /// The time of the decision.
    at: OffsetDateTime,
    shared: Arc<Shared>,
    is_settled: bool,
}

impl Call {
    pub(super) fn new(permit: Permit, written: &Written) -> Self {
        let due = DueOutcome::of(written, permit.chain().verified_at());
        Self { permit, due }
    }

    /// Records no outcome, since the record of the decision could not be written.
    pub(super) fn forget(mut self) {
        self.due.is_settled = true;
    }

    /// Returns the permit, with the call that may be made.
    pub fn permit(&self) -> &Permit {
        &self.permit
    }

    /// Returns the index of the record of the decision.
    pub fn index(&self) -> u64 {
        self.due.of
    }

    /// Records that the call was made, with the length and a salted commitment to the digest of its
    /// result, if it has one.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written. The call was made all the same.
    pub fn done(self, output: Option<&[u8]>, now: OffsetDateTime) -> Result<Written, LogError> {
        self.due.record(OutcomeResult::Done, output, now)
    }

    /// Records that the call failed.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written.
    pub fn failed(self, now: OffsetDateTime) -> Result<Written, LogError> {
        self.due.record(OutcomeResult::Failed, None, now)
    }
}

impl ObservedCall {
    pub(super) fn new(observation: Observation, written: &Written) -> Self {
        let due = DueOutcome::of(written, observation.decided_at());
        Self { observation, due: Some(due) }
    }

    /// Makes one that has no record of its own.
    pub(super) fn counted(observation: Observation) -> Self {
        Self { observation, due: None }
    }

    /// Records no outcome, since the record of the decision could not be written.
    pub(super) fn forget(mut self) {
        if let Some(due) = &mut self.due {
            due.is_settled = true;
        }
    }

    /// Returns the observation, which says whether enforcement would refuse the call.
    pub fn observation(&self) -> &Observation {
        &self.observation
    }

    /// Returns the index of the record of the call; `None` if it is only counted.
    pub fn index(&self) -> Option<u64> {
        self.due.as_ref().map(|due| due.of)
    }

    /// Records that the call was made, as [`Call::done`] does; `None` if it has no record.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written. The call was made all the same.
    pub fn done(
        self,
        output: Option<&[u8]>,
        now: OffsetDateTime,
    ) -> Result<Option<Written>, LogError> {
        self.due.map(|due| due.record(OutcomeResult::Done, output, now)).transpose()
    }

    /// Records that the call failed; `None` if it has no record.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written.
    pub fn failed(self, now: OffsetDateTime) -> Result<Option<Written>, LogError> {
        self.due.map(|due| due.record(OutcomeResult::Failed, None, now)).transpose()
    }
}

impl DueOutcome {
    fn of(written: &Written, at: OffsetDateTime) -> Self {
        Self { of: written.index(), at, shared: written.shared(), is_settled: false }
    }

    fn record(
        mut self,
        result: OutcomeResult,
        output: Option<&[u8]>,
        now: OffsetDateTime,
    ) -> Result<Written, LogError> {
        self.is_settled = true;
        self.shared.push(&Record::outcome(self.of, result, output, now)?)
    }
}

impl Drop for DueOutcome {
    fn drop(&mut self) {
        if !self.is_settled
            && let Ok(record) = Record::outcome(self.of, OutcomeResult::Unknown, None, self.at)
        {
            drop(self.shared.push(&record));
        }
    }
}

impl Debug for Call {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("index", &self.index()).finish_non_exhaustive()
    }
}

impl Debug for ObservedCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let would_allow = self.observation.would_allow();
        let mut own = f.debug_struct("ObservedCall");
        own.field("index", &self.index()).field("would_allow", &would_allow).finish_non_exhaustive()
    }
}
