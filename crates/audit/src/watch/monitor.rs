//! The monitor of a service.

use std::fmt::{self, Debug, Formatter};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration as Elapsed, Instant};

use deputize::{
    Caller, Decision, DenyCode, FullShare, HopId, Observation, PublicKey, Reason, Request,
};
use time::{Duration, OffsetDateTime};

use crate::limits::WATCHED_FIRST_HOPS;
use crate::watch::event::{CallVerdict, DenialStreak, Event, MonitorTable};
use crate::watch::first_hop::OfFirstHop;
use crate::watch::sink::EventSink;
use crate::watch::statements::StaleStatements;
use crate::watch::strikes::StrikePolicy;
use crate::watch::table::{Table, Used};

/// Sees the decisions of a service as they are made, and tells its sinks what it notices: see [`Event`].
///
/// Give it to a [`WatchedLog`](crate::WatchedLog), which shows it each decision and outcome that is
/// recorded. Without a log, call [`decided`](Self::decided) for each decision.
///
/// # Memory
///
/// It remembers a bounded number of first hops, keys, rights and hops, and forgets what was used least
/// recently: below a first hop, its own; of first hops, those of the root key that has most of them.
/// A key with a strike that counts is forgotten only if all keys below its first hop have one, which
/// [`Event::DenialsSpread`] told. [`Event::Forgotten`] says what is forgotten. A key that was noticed and then forgotten can be noticed again, so a hook
/// does the same thing twice without harm, as [`RevokedHops::revoke`](deputize::RevokedHops::revoke) does. A restart forgets
/// everything: keep what the hook did.
#[derive(Default)]
pub struct Monitor {
    sinks: Vec<Box<dyn EventSink>>,
    strikes: Option<(StrikePolicy, Hook)>,
    near_expiry: Duration,
    state: Mutex<State>,
}

type Hook = Box<dyn Fn(&DenialStreak) + Send + Sync>;

/// The memory of a monitor.
#[derive(Debug)]
struct State {
    first_hops: Table<HopId, PublicKey, OfFirstHop>,
    statements: StaleStatements,
}

impl Default for State {
    fn default() -> Self {
        let first_hops = Table::new(WATCHED_FIRST_HOPS);
        Self { first_hops, statements: StaleStatements::default() }
    }
}

impl State {
    /// Returns the memory about a first hop, which becomes the one that was used last.
    fn first_hop(
        &mut self,
        id: HopId,
        root: PublicKey,
        at: OffsetDateTime,
        events: &mut Vec<Event>,
    ) -> &mut OfFirstHop {
        let Used { value, forgotten, .. } = self.first_hops.make(id, root);
        if let Some(forgotten) = forgotten.filter(|own| own.total.is_power_of_two()) {
            let (of, first_hop) = (MonitorTable::FirstHops, Some(forgotten.key));
            events.push(Event::Forgotten { at, of, first_hop, total: forgotten.total });
        }
        value
    }

    fn reopen(&mut self, streak: &DenialStreak) {
        if let Some(own) = self.first_hops.get_mut(&streak.caller.first_hop) {
            own.reopen(&streak.caller.holder.key(), &streak.hops);
        }
    }
}

impl Monitor {
    /// Adds a receiver of all events.
    #[must_use]
    pub fn with_sink(mut self, sink: impl EventSink + 'static) -> Self {
        self.sinks.push(Box::new(sink));
        self
    }

    /// Counts strikes, and runs `hook` when a key below a first hop has as many as the policy allows. It
    /// runs once for the hops of such a streak, and again for other hops of the key. All count anew after
    /// [`pardon`](Self::pardon).
    ///
    /// If it panics, so does the thread that decides, once the sinks have their events. The hops of the streak
    /// then count again from 0, and it runs again when they have another.
    ///
    /// The hook runs on the thread that decides, before sinks and before the refusal is recorded. It
    /// should end what the key holds, such as by
    /// [`RevokedHops::revoke`](deputize::RevokedHops::revoke) for each of the streak's hops, and ask the keeper of the
    /// directory to look into it. An agent can spawn keys below its own hop, and each has strikes of its
    /// own: revoking the hop ends those too. [`Event::DenialsSpread`] tells where an agent seems to do so.
    #[must_use]
    pub fn with_strikes(
        self,
        policy: StrikePolicy,
        hook: impl Fn(&DenialStreak) + Send + Sync + 'static,
    ) -> Self {
        Self { strikes: Some((policy, Box::new(hook))), ..self }
    }

    /// Tells of each chain that is used less than this long before it expires. By default, it tells of no
    /// chain.
    #[must_use]
    pub fn with_near_expiry(self, before: Duration) -> Self {
        Self { near_expiry: before, ..self }
    }

    /// Makes a decision, measures the time that it takes, and notes it.
    pub fn decide(&self, decide: impl FnOnce() -> Decision) -> Decision {
        let start = Instant::now();
        let decision = decide();
        self.decided(&decision, Some(start.elapsed()));
        decision
    }

    /// Notes a decision, with the time that it took if the service measured it.
    pub fn decided(&self, decision: &Decision, took: Option<Elapsed>) {
        let caller = Caller::of(decision).map(Arc::new);
        let at = decided_at(decision);
        let (reasons, request): (&[Reason], _) = match decision {
            Decision::Allow(permit) => (&[], Some(permit.request())),
            Decision::Deny(denial) => (denial.reasons(), denial.request()),
        };
        let verdict = CallVerdict::of(decision);
        let mut events = vec![decision_event(at, verdict, reasons, request, &caller, took)];
        let streak = caller.and_then(|caller| self.note(decision, &caller, at, &mut events));
        self.note_share(FullShare::of(decision), at, &mut events);
        let ran = match (streak, &self.strikes) {
            (Some(streak), Some((_, hook))) => caught(|| hook(&streak)).inspect_err(|_| {
                // The hops are not dealt with, so their next calls count.
                self.state().reopen(&streak);
            }),
            _ => Ok(()),
        };
        // Events are told whether the hook panics or not.
        let told = self.try_tell(&events);
        resume(ran.and(told));
    }

    /// Notes a decision that is observed and not enforced. It is told, and nothing is charged to anybody:
    /// a service that only observes has not said yet what it refuses.
    pub fn observed(&self, observation: &Observation) {
        let caller = Caller::of_observation(observation).map(Arc::new);
        let (at, verdict) = (observation.decided_at(), CallVerdict::of_observation(observation));
        let (reasons, request) = (observation.reasons(), observation.request());
        let mut events = vec![decision_event(at, verdict, reasons, request, &caller, None)];
        self.note_share(FullShare::of_observation(observation), at, &mut events);
        self.tell(&events);
    }

    /// Begins anew with the strikes of a key, below all first hops. Returns true if it had had a streak.
    /// The work of the hook is not undone.
    pub fn pardon(&self, key: &PublicKey) -> bool {
        let mut state = self.state();
        let first_hops = state.first_hops.values_mut();
        first_hops.filter_map(|own| own.clear(key).then_some(())).count() > 0
    }

    /// Sends events to all sinks. If one panics, so does this, after all have got all events.
    pub(super) fn tell(&self, events: &[Event]) {
        resume(self.try_tell(events));
    }

    fn try_tell(&self, events: &[Event]) -> thread::Result<()> {
        let mut told = Ok(());
        for event in events {
            for sink in &self.sinks {
                told = told.and(caught(|| sink.event(event)));
            }
        }
        told
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock calls a sink or the hook.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(
        &self,
        decision: &Decision,
        caller: &Arc<Caller>,
        at: OffsetDateTime,
        events: &mut Vec<Event>,
    ) -> Option<DenialStreak> {
        let state = &mut *self.state();
        state.statements.note(decision, caller, at, events);
        let own = state.first_hop(caller.first_hop, caller.root, at, events);
        let policy = self.strikes.as_ref().map(|(policy, _)| policy);
        own.note_key(policy, caller, at, events);
        if let Decision::Allow(permit) = decision {
            own.note_call(permit, caller, at, self.near_expiry, events);
        }
        own.charge(policy?, decision, caller, at, events)
    }

    /// Notes that a share of a replay guard is full.
    fn note_share(&self, share: Option<FullShare>, at: OffsetDateTime, events: &mut Vec<Event>) {
        let Some(share) = share else { return };
        let state = &mut *self.state();
        let own = state.first_hop(share.first_hop, share.root, at, events);
        own.note_share(share, at, events);
    }
}

impl Debug for Monitor {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").field("sinks", &self.sinks.len()).finish_non_exhaustive()
    }
}

/// Runs foreign code.
pub(super) fn caught(run: impl FnOnce()) -> thread::Result<()> {
    panic::catch_unwind(AssertUnwindSafe(run))
}

/// Goes on with a panic of foreign code, unless the thread unwinds already, as where a call is dropped: a
/// second panic would end the process.
fn resume(ran: thread::Result<()>) {
    if let Err(why) = ran
        && !thread::panicking()
    {
        panic::resume_unwind(why);
    }
}

/// Returns the time of a decision.
pub(super) fn decided_at(decision: &Decision) -> OffsetDateTime {
    match decision {
        Decision::Allow(permit) => permit.chain().verified_at(),
        Decision::Deny(denial) => denial.decided_at(),
    }
}

fn decision_event(
    at: OffsetDateTime,
    verdict: CallVerdict,
    reasons: &[Reason],
    request: Option<&Request>,
    caller: &Option<Arc<Caller>>,
    took: Option<Elapsed>,
) -> Event {
    let mut codes: Vec<DenyCode> = Vec::new();
    for reason in reasons {
        if !codes.contains(&reason.code) {
            codes.push(reason.code);
        }
    }
    let operation = request.map(|request| request.operation().clone());
    Event::Decision { at, verdict, codes, operation, caller: caller.clone(), took }
}
