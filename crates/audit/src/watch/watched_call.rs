//! Calls that go out, whose outcomes a monitor sees.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use deputize::{Caller, CodedError, Observation, OutcomeResult, Permit};
use time::OffsetDateTime;

use crate::log::{Call, LogError, ObservedCall, Written};
use crate::watch::event::{CallVerdict, Event};
use crate::watch::monitor::Monitor;

/// A call that is allowed and recorded. Say what became of it: if it is dropped, its outcome is unknown.
pub struct WatchedCall {
    call: Call,
    told: Told,
}

/// A call that was observed and recorded, and that goes out whether the decision allows it or not. Say
/// what became of it: if it is dropped, its outcome is unknown.
pub struct WatchedObservedCall {
    call: ObservedCall,
    told: Told,
}

/// The event about the outcome of a call.
pub(super) struct Told {
    monitor: Arc<Monitor>,
    caller: Option<Arc<Caller>>,
    of: Option<u64>,
    verdict: CallVerdict,
    /// The time of the decision.
    at: OffsetDateTime,
    is_told: bool,
}

impl WatchedCall {
    pub(super) fn new(call: Call, told: Told) -> Self {
        Self { call, told }
    }

    /// Returns the permit, with the call that may be made.
    pub fn permit(&self) -> &Permit {
        self.call.permit()
    }

    /// Returns the index of the record of the decision.
    pub fn index(&self) -> u64 {
        self.call.index()
    }

    /// Records that the call was made, as [`Call::done`] does.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written. The call was made all the same.
    pub fn done(self, output: Option<&[u8]>, now: OffsetDateTime) -> Result<Written, LogError> {
        let Self { call, told } = self;
        told.after(OutcomeResult::Done, now, call.done(output, now))
    }

    /// Records that the call failed.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written.
    pub fn failed(self, now: OffsetDateTime) -> Result<Written, LogError> {
        let Self { call, told } = self;
        told.after(OutcomeResult::Failed, now, call.failed(now))
    }
}

impl WatchedObservedCall {
    pub(super) fn new(call: ObservedCall, told: Told) -> Self {
        Self { call, told }
    }

    /// Returns the observation, which says whether enforcement would refuse the call.
    pub fn observation(&self) -> &Observation {
        self.call.observation()
    }

    /// Returns the index of the record of the call; `None` if it is only counted.
    pub fn index(&self) -> Option<u64> {
        self.call.index()
    }

    /// Records that the call was made, as [`ObservedCall::done`] does.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written. The call was made all the same.
    pub fn done(
        self,
        output: Option<&[u8]>,
        now: OffsetDateTime,
    ) -> Result<Option<Written>, LogError> {
        let Self { call, told } = self;
        told.after(OutcomeResult::Done, now, call.done(output, now))
    }

    /// Records that the call failed.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written.
    pub fn failed(self, now: OffsetDateTime) -> Result<Option<Written>, LogError> {
        let Self { call, told } = self;
        told.after(OutcomeResult::Failed, now, call.failed(now))
    }
}

impl Told {
    /// The outcome of the call whose decision has the record `of`.
    pub(super) fn of(
        of: Option<u64>,
        verdict: CallVerdict,
        at: OffsetDateTime,
        caller: Option<Arc<Caller>>,
        monitor: Arc<Monitor>,
    ) -> Self {
        Self { monitor, caller, of, verdict, at, is_told: false }
    }

    /// Tells the outcome, and whether it is recorded. The log has it already: a sink that panics does not
    /// make it unknown.
    fn after<T>(
        mut self,
        result: OutcomeResult,
        at: OffsetDateTime,
        recorded: Result<T, LogError>,
    ) -> Result<T, LogError> {
        let failure = recorded.as_ref().err().map(CodedError::code);
        self.tell(result, at, failure);
        recorded
    }

    fn tell(&mut self, result: OutcomeResult, at: OffsetDateTime, failure: Option<&'static str>) {
        let Self { of, verdict, .. } = *self;
        let caller = self.caller.take();
        self.is_told = true;
        let mut events = vec![Event::Outcome { at, of, verdict, result, caller }];
        events.extend(failure.map(|code| Event::NotRecorded { at, code }));
        self.monitor.tell(&events);
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if !self.is_told {
            self.tell(OutcomeResult::Unknown, self.at, None);
        }
    }
}

impl Debug for WatchedCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedCall").field("index", &self.index()).finish_non_exhaustive()
    }
}

impl Debug for WatchedObservedCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedObservedCall").field("index", &self.index()).finish_non_exhaustive()
    }
}
