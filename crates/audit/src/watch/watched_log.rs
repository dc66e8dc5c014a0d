//! A log whose decisions and outcomes a monitor sees.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::{Duration as Elapsed, Instant};

use deputize::{Caller, CodedError, Decision, Denial, Observation};
use time::OffsetDateTime;

use crate::log::{Log, LogError, ObservedCall, Recorded, RefusalRecord};
use crate::watch::event::{CallVerdict, Event};
use crate::watch::monitor::{Monitor, decided_at};
use crate::watch::watched_call::{Told, WatchedCall, WatchedObservedCall};

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
///     WatchedRecord::Refused { denial, .. } => println!("{}", denial.for_caller()),
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
    /// The call is refused.
    Refused {
        /// The refusal.
        denial: Denial,
        /// The record of it.
        record: RefusalRecord,
    },
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
        let start = Instant::now();
        let decision = decide();
        let took = start.elapsed();
        self.show(decision, Some(took), |decision| self.log.record(decision))
    }

    /// Shows a decision to the monitor and records it, as [`Log::record`] does.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written. The permit is gone: refuse the call. A refused call
    /// stays refused.
    ///
    /// # Panics
    ///
    /// If a sink or the hook panics. An allowed call does not go out then, and a refused one has its record.
    pub fn record(&self, decision: Decision) -> Result<WatchedRecord, LogError> {
        self.show(decision, None, |decision| self.log.record(decision))
    }

    /// Shows a decision to the monitor and records it, as [`Log::record_async`] does.
    ///
    /// # Errors
    ///
    /// As [`record`](Self::record).
    pub async fn record_async(&self, decision: Decision) -> Result<WatchedRecord, LogError> {
        let decision = self.shown(decision, None);
        let start = Start::of(&decision);
        let recorded = self.log.record_async(decision).await;
        self.finish(start, recorded)
    }

    /// Shows an observed decision to the monitor and records it, as [`Log::record_observation`] does.
    ///
    /// # Errors
    ///
    /// [`LogError`] if the log cannot be written. The call has no record, so it should not go out.
    pub fn record_observation(
        &self,
        observation: Observation,
    ) -> Result<WatchedObservedCall, LogError> {
        self.monitor.observed(&observation);
        let start = Start::of_observation(&observation);
        self.finish_observed(start, self.log.record_observation(observation))
    }

    /// Shows an observed decision to the monitor and records it, as [`Log::record_observation_async`] does.
    ///
    /// # Errors
    ///
    /// As [`record_observation`](Self::record_observation).
    pub async fn record_observation_async(
        &self,
        observation: Observation,
    ) -> Result<WatchedObservedCall, LogError> {
        self.monitor.observed(&observation);
        let start = Start::of_observation(&observation);
        let recorded = self.log.record_observation_async(observation).await;
        self.finish_observed(start, recorded)
    }

    /// Closes the log, as [`Log::close`] does. Calls whose outcome is not known yet can be told of later.
    ///
    /// # Errors
    ///
    /// [`LogError`] if something could not be written, now or before.
    pub fn close(self) -> Result<(), LogError> {
        self.log.close()
    }

    fn show(
        &self,
        decision: Decision,
        took: Option<Elapsed>,
        record: impl FnOnce(Decision) -> Result<Recorded, LogError>,
    ) -> Result<WatchedRecord, LogError> {
        let decision = self.shown(decision, took);
        let start = Start::of(&decision);
        self.finish(start, record(decision))
    }

    /// Returns a decision that the monitor saw. Sinks and the hook are foreign code: if they panic, an
    /// allowed call does not go out, and the evidence of a refused one is not lost.
    fn shown(&self, decision: Decision, took: Option<Elapsed>) -> Decision {
        let shown = panic::catch_unwind(AssertUnwindSafe(|| self.monitor.decided(&decision, took)));
        match shown {
            Ok(()) => decision,
            Err(why) => {
                if !decision.is_allowed() {
                    let _ = self.log.record(decision);
                }
                panic::resume_unwind(why)
            }
        }
    }

    fn finish(
        &self,
        start: Start,
        recorded: Result<Recorded, LogError>,
    ) -> Result<WatchedRecord, LogError> {
        match recorded {
            Ok(Recorded::Allowed(call)) => {
                let told = start.told(Some(call.index()), &self.monitor);
                let call = WatchedCall::new(*call, told);
                self.monitor.tell(&[start.recorded(call.index())]);
                Ok(WatchedRecord::Allowed(Box::new(call)))
            }
            Ok(Recorded::Refused { denial, record }) => {
                let first = denial.reasons().first().map(|own| own.code);
                if let (RefusalRecord::Counted, Some(code)) = (record, first) {
                    let Start { at, caller, .. } = start;
                    // Where no guard was asked, anybody can repeat the call, and the log counts it
                    // below no first hop.
                    let caller = caller.filter(|own| own.is_first_use);
                    self.monitor.tell(&[Event::RefusalCounted { at, code, caller }]);
                }
                Ok(WatchedRecord::Refused { denial, record })
            }
            Err(why) => {
                self.monitor.tell(&[Event::NotRecorded { at: start.at, code: why.code() }]);
                Err(why)
            }
        }
    }

    fn finish_observed(
        &self,
        start: Start,
        recorded: Result<ObservedCall, LogError>,
    ) -> Result<WatchedObservedCall, LogError> {
        match recorded {
            Ok(call) => {
                let told = start.told(call.index(), &self.monitor);
                let first = call.observation().reasons().first().map(|own| own.code);
                let call = WatchedObservedCall::new(call, told);
                match (call.index(), first) {
                    (Some(index), _) => self.monitor.tell(&[start.recorded(index)]),
                    (None, Some(code)) => {
                        self.monitor.tell(&[Event::UnpresentedCounted { at: start.at, code }]);
                    }
                    (None, None) => {}
                }
                Ok(call)
            }
            Err(why) => {
                self.monitor.tell(&[Event::NotRecorded { at: start.at, code: why.code() }]);
                Err(why)
            }
        }
    }
}

/// The part of a decision that is kept while the log has it.
struct Start {
    at: OffsetDateTime,
    verdict: CallVerdict,
    caller: Option<Arc<Caller>>,
    clock: Instant,
}

impl Start {
    fn of(decision: &Decision) -> Self {
        let (caller, verdict) = (Caller::of(decision).map(Arc::new), CallVerdict::of(decision));
        Self { at: decided_at(decision), verdict, caller, clock: Instant::now() }
    }

    fn of_observation(observation: &Observation) -> Self {
        let caller = Caller::of_observation(observation).map(Arc::new);
        let verdict = CallVerdict::of_observation(observation);
        Self { at: observation.decided_at(), verdict, caller, clock: Instant::now() }
    }

    fn told(&self, index: Option<u64>, monitor: &Arc<Monitor>) -> Told {
        Told::of(index, self.verdict, self.at, self.caller.clone(), Arc::clone(monitor))
    }

    fn recorded(&self, index: u64) -> Event {
        Event::Recorded { at: self.at, index, took: self.clock.elapsed() }
    }
}
