//! The guard of a service.

use std::fmt::{self, Debug, Formatter};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use deputize::{
    AuthorityEnded, Decision, Denial, Observed, Observer, Presentation, ProvenHolder, Request,
    Standing, VerifiedChain, Verifier,
};
use deputize_audit::{LogError, WatchedLog, WatchedObservedCall, WatchedRecord};
use time::OffsetDateTime;

use crate::checked::{Checked, ObservedPass, Pass, Refused, Unavailable};
use crate::keeper::Keeper;
use crate::sources::Sources;

/// The records of a guard, or that it makes none: it must be said.
#[derive(Debug)]
pub enum Recording {
    /// Every decision has a record: an allowed call goes out when the record is on the disk, and is
    /// refused if it cannot be written. The service may keep the log too, such as to erase values.
    In(Arc<WatchedLog>),
    /// Nothing is recorded, so that nobody can show later what was done.
    Nothing,
}

impl From<WatchedLog> for Recording {
    fn from(log: WatchedLog) -> Self {
        Self::In(Arc::new(log))
    }
}

/// A rule of the service's own, which can only refuse, with a reason as text.
type Policy = Box<dyn Fn(&VerifiedChain, &Request) -> Result<(), String> + Send + Sync>;

/// No rule beside the service's own policy.
type NoRule = fn(&VerifiedChain, &Request) -> Result<(), String>;

/// The parts that a service needs to answer calls, put together once. A clone is the same guard.
///
/// For each call it asks, in this order, the verifier, the service's own policy, the replay guard and the log,
/// and then gives a [`Pass`] with the request to execute, or a [`Refused`]. It decides about the call
/// as it came, and changes nothing.
///
/// ```
/// use deputize::testing::Scene;
/// use deputize::{Request, time::OffsetDateTime};
/// use deputize_guard::{Checked, Guard, Recording};
///
/// # let now = OffsetDateTime::now_utc();
/// let scene = Scene::allowing(["tools/call read_file path:subpath=/srv"], now)?;
/// let guard = Guard::new(scene.verifier(), Recording::Nothing);
///
/// let call = Request::call("read_file", Some(r#"{"path": "/srv/a"}"#), "fs.acme.com")?;
/// let text = scene.present(&call)?.to_text();
/// match guard.check(Some(&text), call, now) {
///     Checked::Allowed(pass) => {
///         let output = format!("the contents of {:?}", pass.request().args()["path"]);
///         pass.done(Some(output.as_bytes()), OffsetDateTime::now_utc())?;
///     }
///     Checked::Observed(_) => unreachable!("this guard enforces"),
///     Checked::Refused(refused) => println!("{}", refused.to_http().body),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Threads and tasks
///
/// [`check`](Self::check) blocks the thread while the replay guard and the log write. In asynchronous
/// code, [`check_async`](Self::check_async) does so on a thread of its own, under any runtime.
#[derive(Clone)]
pub struct Guard(Arc<Inner>);

struct Inner {
    verifier: Verifier,
    recording: Recording,
    policy: Option<Policy>,
    observer: Option<Observer>,
    /// They end with the guard.
    sources: Option<Sources>,
    /// It is dropped after the log has written its last checkpoint.
    keeper: Option<Keeper>,
}

impl Guard {
    /// Creates a guard that enforces.
    pub fn new(verifier: Verifier, recording: Recording) -> Self {
        Self::from_parts(GuardParts::new(verifier, recording))
    }

    /// Creates a guard from its parts.
    pub fn from_parts(parts: GuardParts) -> Self {
        let GuardParts { verifier, recording, policy, observer, sources, keeper } = parts;
        Self(Arc::new(Inner { verifier, recording, policy, observer, sources, keeper }))
    }

    /// Decides about a call, from the text that came with it, if there was one, and records the
    /// decision.
    pub fn check(&self, text: Option<&str>, request: Request, now: OffsetDateTime) -> Checked {
        self.checked(text, request, now, None::<NoRule>)
    }

    /// Decides about a call as [`check`](Self::check) does, with one more rule, which is asked after the
    /// service's own policy and can only refuse, with a reason as text: such as that a task belongs to
    /// the holder that began it.
    pub fn check_with(
        &self,
        text: Option<&str>,
        request: Request,
        now: OffsetDateTime,
        rule: impl FnOnce(&VerifiedChain, &Request) -> Result<(), String>,
    ) -> Checked {
        self.checked(text, request, now, Some(rule))
    }

    fn checked(
        &self,
        text: Option<&str>,
        request: Request,
        now: OffsetDateTime,
        rule: Option<impl FnOnce(&VerifiedChain, &Request) -> Result<(), String>>,
    ) -> Checked {
        let decision = self.0.decide(text, request, now, rule);
        match self.0.observe(decision) {
            Observed::Enforced(decision) => match &self.0.recording {
                Recording::In(log) => checked(log.record(decision)),
                Recording::Nothing => unrecorded(decision),
            },
            Observed::Recorded(observation) => match &self.0.recording {
                Recording::In(log) => observed(log.record_observation(observation)),
                Recording::Nothing => seen(ObservedPass::not_recorded(observation)),
            },
        }
    }

    /// Decides about a call as [`check`](Self::check) does, without blocking the thread. The decision
    /// is made on a thread for blocking work, and the log wakes the task when the record is written.
    ///
    /// If the future is dropped, the call is not made: a presentation that was used up stays so, and the outcome of a
    /// decision that was recorded is unknown.
    pub fn check_async(
        &self,
        text: Option<String>,
        request: Request,
        now: OffsetDateTime,
    ) -> impl Future<Output = Checked> + Send + 'static {
        let inner = Arc::clone(&self.0);
        async move {
            let own = Arc::clone(&inner);
            let decide = move || {
                // A defect of a policy must not reach the task of the service.
                let rule = None::<NoRule>;
                catch_unwind(AssertUnwindSafe(|| own.decide(text.as_deref(), request, now, rule)))
            };
            let Ok(decision) = blocking::unblock(decide).await else {
                return Checked::Refused(Refused::unavailable(Unavailable::Died));
            };
            match inner.observe(decision) {
                Observed::Enforced(decision) => match &inner.recording {
                    Recording::In(log) => checked(log.record_async(decision).await),
                    Recording::Nothing => unrecorded(decision),
                },
                Observed::Recorded(observation) => match &inner.recording {
                    Recording::In(log) => observed(log.record_observation_async(observation).await),
                    Recording::Nothing => seen(ObservedPass::not_recorded(observation)),
                },
            }
        }
    }

    /// Finds out who asks for a listing, as [`Verifier::prove`] does. Nothing is recorded, since nothing is
    /// done on anybody's authority.
    ///
    /// # Errors
    ///
    /// [`Refused`] if the presentation is not one for this request. While the guard observes, list
    /// everything then.
    pub fn prove(
        &self,
        text: &str,
        request: Request,
        now: OffsetDateTime,
    ) -> Result<ProvenHolder, Refused> {
        let denial = match Presentation::parse(text) {
            Ok(presentation) => match self.0.verifier.prove(presentation, request, now) {
                Ok(holder) => return Ok(holder),
                Err(denial) => denial,
            },
            Err(_) => not_a_presentation(&self.0.verifier, text, request, now),
        };
        Err(Refused::denied(denial))
    }

    /// Checks whether something that a call opened may go on: the authority of the call still exists at
    /// `now`, or the guard observes.
    ///
    /// # Errors
    ///
    /// [`AuthorityEnded`] with all reasons.
    pub fn stands(&self, opened: &Standing, now: OffsetDateTime) -> Result<(), AuthorityEnded> {
        match self.is_observing(now) {
            true => Ok(()),
            false => opened.recheck(now),
        }
    }

    /// Returns the verifier.
    pub fn verifier(&self) -> &Verifier {
        &self.0.verifier
    }

    /// Returns the log, if there is one.
    pub fn log(&self) -> Option<&WatchedLog> {
        match &self.0.recording {
            Recording::In(log) => Some(log),
            Recording::Nothing => None,
        }
    }

    /// Returns the sources of statements, if the guard has some.
    pub fn sources(&self) -> Option<&Sources> {
        self.0.sources.as_ref()
    }

    /// Returns true if a call at this time would go out whatever the decision.
    pub fn is_observing(&self, now: OffsetDateTime) -> bool {
        self.0.observer.as_ref().is_some_and(|own| own.is_observing(now))
    }

    /// Returns the time from which on the guard enforces, if it observes until then.
    pub fn observes_until(&self) -> Option<OffsetDateTime> {
        self.0.observer.as_ref().map(Observer::until)
    }
}

impl Debug for Guard {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("recording", &self.0.recording)
            .field("has_policy", &self.0.policy.is_some())
            .field("observes_until", &self.observes_until())
            .field("sources", &self.0.sources)
            .field("keeper", &self.0.keeper)
            .finish_non_exhaustive()
    }
}

/// The parts of a guard.
///
/// ```
/// # use deputize::{Observer, testing::Scene, time::{Duration, OffsetDateTime}};
/// # use deputize_guard::{Guard, GuardParts, Recording};
/// # let now = OffsetDateTime::now_utc();
/// # let verifier = Scene::allowing(["tools/call **"], now)?.verifier();
/// let observer = Observer::new(now + Duration::days(14), now, |line| eprintln!("{line}"))?;
/// let parts = GuardParts::new(verifier, Recording::Nothing)
///     .with_policy(|chain, _| match chain.hops().len() {
///         1..=3 => Ok(()),
///         _ => Err("chains of more than three hops are not accepted here".to_owned()),
///     })
///     .observing(observer);
/// let guard = Guard::from_parts(parts);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a guard is made of them"]
pub struct GuardParts {
    verifier: Verifier,
    recording: Recording,
    policy: Option<Policy>,
    observer: Option<Observer>,
    sources: Option<Sources>,
    keeper: Option<Keeper>,
}

impl GuardParts {
    /// Creates the parts of a guard that enforces and has no policy of its own.
    pub fn new(verifier: Verifier, recording: Recording) -> Self {
        Self { verifier, recording, policy: None, observer: None, sources: None, keeper: None }
    }

    /// Sets the service's own policy, which is asked for a call that everything else allows and
    /// before its presentation is used up. It can only refuse.
    pub fn with_policy(
        self,
        policy: impl Fn(&VerifiedChain, &Request) -> Result<(), String> + Send + Sync + 'static,
    ) -> Self {
        Self { policy: Some(Box::new(policy)), ..self }
    }

    /// Observes until the end of the observer, and enforces from then on.
    pub fn observing(self, observer: Observer) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// Keeps the sources of the verifier's statements, which end with the guard.
    pub fn with_sources(self, sources: Sources) -> Self {
        Self { sources: Some(sources), ..self }
    }

    pub(crate) fn with_keeper(self, keeper: Keeper) -> Self {
        Self { keeper: Some(keeper), ..self }
    }
}

impl Debug for GuardParts {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardParts").field("recording", &self.recording).finish_non_exhaustive()
    }
}

impl Inner {
    fn decide(
        &self,
        text: Option<&str>,
        request: Request,
        now: OffsetDateTime,
        rule: Option<impl FnOnce(&VerifiedChain, &Request) -> Result<(), String>>,
    ) -> Decision {
        let Some(Ok(presentation)) = text.map(Presentation::parse) else {
            return self.verifier.decide_text(text, request, now);
        };
        // A report says whether a policy was asked.
        if self.policy.is_none() && rule.is_none() {
            return self.verifier.decide(presentation, request, now);
        }
        self.verifier.decide_with_policy(presentation, request, now, |chain, request| {
            if let Some(policy) = &self.policy {
                policy(chain, request)?;
            }
            rule.map_or(Ok(()), |rule| rule(chain, request))
        })
    }

    fn observe(&self, decision: Decision) -> Observed {
        match &self.observer {
            Some(observer) => observer.observe(decision),
            None => Observed::Enforced(decision),
        }
    }
}

/// Returns the denial of a text that is not a presentation.
fn not_a_presentation(
    verifier: &Verifier,
    text: &str,
    request: Request,
    now: OffsetDateTime,
) -> Denial {
    match verifier.decide_text(Some(text), request.clone(), now) {
        Decision::Deny(denial) => denial,
        // The text was not a presentation a moment ago, so this does not occur.
        Decision::Allow(_) => Denial::not_presented(request, now),
    }
}

fn checked(recorded: Result<WatchedRecord, LogError>) -> Checked {
    match recorded {
        Ok(WatchedRecord::Allowed(call)) => Checked::Allowed(Box::new(Pass::recorded(*call))),
        Ok(WatchedRecord::Refused { denial, .. }) => Checked::Refused(Refused::denied(denial)),
        Err(why) => not_recorded(why),
    }
}

fn observed(recorded: Result<WatchedObservedCall, LogError>) -> Checked {
    match recorded {
        Ok(call) => seen(ObservedPass::recorded(call)),
        Err(why) => not_recorded(why),
    }
}

fn seen(pass: ObservedPass) -> Checked {
    Checked::Observed(Box::new(pass))
}

fn unrecorded(decision: Decision) -> Checked {
    match decision {
        Decision::Allow(permit) => Checked::Allowed(Box::new(Pass::not_recorded(permit))),
        Decision::Deny(denial) => Checked::Refused(Refused::denied(denial)),
    }
}

fn not_recorded(why: LogError) -> Checked {
    Checked::Refused(Refused::unavailable(Unavailable::NotRecorded(why)))
}
