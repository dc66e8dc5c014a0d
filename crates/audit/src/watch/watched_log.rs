//! A log whose decisions and outcomes a monitor sees.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;
use std::time::Instant;

use deputize::{Caller, CodedError, Decision, Denial, Observation, OutcomeResult, Permit};
use time::OffsetDateTime;

use crate::log::{Call, Log, LogError, Recorded, Written};
use crate::watch::event::Event;
use crate::watch::monitor::{Monitor, decided_at};

/// A log, and the monitor that sees each decision that is recorded and each outcome. It stands where a
/// [`Log`] would, between the decisions and the calls of a service, so no call escapes the monitor.
///
/// ```
/// # use deputize::testing::Scene;
/// # use deputize::*;
/// # use deputize_audit::*;
/// # let now = deputize::time::OffsetDateTime::now_utc();
/// # let scene = Scene::allowing(["crm.read accounts/**"], now)?;
/// # let verifier = scene.verifier();
/// # let call = Request::new("crm.read", "accounts/42", "crm.acme.com")?;
/// # let presentation = scene.present(&call)?;
/// # let temporary = tempfile::tempdir()?;
/// # let folder = temporary.path().join("log");
/// # let key = SigningKey::generate()?;
/// let log = Log::create(&folder, key, LogSettings::new("crm.acme.com", "crm-1"), now)?;
/// let monitor = Monitor::default().with_sink(|event: &Event| println!("{event:?}"));
/// let log = WatchedLog::new(log, monitor);
///
/// match log.decide(|| verifier.decide(presentation, call, now))? {
///     WatchedRecord::Allowed(call) => {
///         // … call.permit().request() …
///         call.done(Some(b"the result"), now)?;
///     }
///     WatchedRecord::Refused(denial) => println!("{}", denial.for_caller()),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct WatchedLog {
    log: Log,
    monitor: Arc<Monitor>,
}

/// A decision that has its record, and that the monitor saw.
#[derive(Debug)]
#[must_use = "the permit is in it"]
pub enum WatchedRecord {
    /// The call is allowed, and its record is written.
    Allowed(Box<WatchedCall>),
    /// The call is refused. Its record is written later, or it was counted.
    Refused(Denial),
}

/// A call that is allowed and recorded. Say what became of it: if it is dropped, its outcome is unknown.
pub struct WatchedCall {
    call: Call,
    told: Told,
}

/// The event about the outcome of a call.
struct Told {
    monitor: Arc<Monitor>,
    caller: Option<Arc<Caller>>,
    of: u64,
    /// The time of the decision.
    at: OffsetDateTime,
    is_told: bool,
}

impl WatchedLog {
    /// Lets a monitor see everything that is recorded from now on.
    pub fn new(log: Log, monitor: Monitor) -> Self {
        Self { log, monitor: Arc::new(monitor) }
    }

    /// Returns the log, such as to erase values.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Returns the monitor.
    pub fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// Makes a decision, measures the time that it takes, and [records](Self::record) it.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub fn decide(&self, decide: impl FnOnce() -> Decision) -> Result<WatchedRecord, LogError> {
        let decision = self.monitor.decide(decide);
        let start = Start::of(&decision);
        self.finish(start, self.log.record(decision))
    }

    /// Shows a decision to the monitor and records it, as [`Log::record`] does.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written. The permit is gone: refuse the call. A refused call
    /// stays refused.
    pub fn record(&self, decision: Decision) -> Result<WatchedRecord, LogError> {
        self.monitor.decided(&decision, None);
        let start = Start::of(&decision);
        self.finish(start, self.log.record(decision))
    }

    /// Shows a decision to the monitor and records it, as [`Log::record_async`] does.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub async fn record_async(&self, decision: Decision) -> Result<WatchedRecord, LogError> {
        self.monitor.decided(&decision, None);
        let start = Start::of(&decision);
        let recorded = self.log.record_async(decision).await;
        self.finish(start, recorded)
    }

    /// Shows an observed decision to the monitor and records it, as [`Log::record_observation`] does: wait
    /// for it before the call goes out.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written.
    pub fn record_observation(&self, observation: &Observation) -> Result<Written, LogError> {
        self.monitor.observed(observation);
        self.log.record_observation(observation).inspect_err(|why| {
            let (at, code) = (observation.decided_at(), why.code());
            self.monitor.tell(&[Event::NotRecorded { at, code }]);
        })
    }

    /// Closes the log, as [`Log::close`] does. Calls whose outcome is not known yet can be told of later.
    ///
    /// # Errors
    ///
    /// [`LogError`] if something could not be written, now or before.
    pub fn close(self) -> Result<(), LogError> {
        self.log.close()
    }

    fn finish(
        &self,
        start: Start,
        recorded: Result<Recorded, LogError>,
    ) -> Result<WatchedRecord, LogError> {
        let Start { at, caller, clock } = start;
        match recorded {
            Ok(Recorded::Allowed(call)) => {
                let index = call.index();
                self.monitor.tell(&[Event::Recorded { at, index, took: clock.elapsed() }]);
                let monitor = Arc::clone(&self.monitor);
                let told = Told { monitor, caller, of: index, at, is_told: false };
                Ok(WatchedRecord::Allowed(Box::new(WatchedCall { call: *call, told })))
            }
            Ok(Recorded::Refused(denial)) => Ok(WatchedRecord::Refused(denial)),
            Err(why) => {
                self.monitor.tell(&[Event::NotRecorded { at, code: why.code() }]);
                Err(why)
            }
        }
    }
}

/// The part of a decision that is kept while the log has it.
struct Start {
    at: OffsetDateTime,
    caller: Option<Arc<Caller>>,
    clock: Instant,
}

impl Start {
    fn of(decision: &Decision) -> Self {
        let caller = decision.is_allowed().then(|| Caller::of(decision)).flatten();
        Self { at: decided_at(decision), caller: caller.map(Arc::new), clock: Instant::now() }
    }
}

impl WatchedCall {
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
        let Self { call, mut told } = self;
        told.tell(OutcomeResult::Done, now);
        call.done(output, now)
    }

    /// Records that the call failed.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written.
    pub fn failed(self, now: OffsetDateTime) -> Result<Written, LogError> {
        let Self { call, mut told } = self;
        told.tell(OutcomeResult::Failed, now);
        call.failed(now)
    }
}

impl Told {
    fn tell(&mut self, result: OutcomeResult, at: OffsetDateTime) {
        let caller = self.caller.take();
        self.is_told = true;
        self.monitor.tell(&[Event::Outcome { at, of: self.of, result, caller }]);
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        if !self.is_told {
            self.tell(OutcomeResult::Unknown, self.at);
        }
    }
}

impl Debug for WatchedCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchedCall").field("index", &self.index()).finish_non_exhaustive()
    }
}
