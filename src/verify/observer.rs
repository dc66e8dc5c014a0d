//! Observation: decisions that are recorded and not enforced, up to a fixed end.

use std::sync::atomic::{AtomicU64, Ordering};

use time::OffsetDateTime;

use crate::instant::{UnixTime, whole_seconds};
use crate::limits::{DEFAULT_CLOCK_TOLERANCE, MAX_OBSERVATION};
use crate::reason::Reason;
use crate::request::Request;
use crate::verify::checks::CalledBy;
use crate::verify::decision::Decision;
use crate::verify::settings::SettingError;

/// Observes decisions up to a fixed end, to introduce Deputize in a service that already runs. The
/// service records the calls that would have been refused, and executes every call as before.
///
/// Before the end, an observer turns each [`Decision`] into an [`Observation`], which has no permit.
/// From the end on, it returns the decisions, which the service then enforces. A service that
/// forgets the observer enforces from the start.
///
/// ```
/// use deputize::{Decision, Observed, Observer, Report};
/// # use time::{Duration, OffsetDateTime};
///
/// # fn f(decision: Decision) -> Result<(), deputize::SettingError> {
/// # let now = OffsetDateTime::now_utc();
/// let until = now + Duration::days(30);
/// let observer = Observer::new(until, now, |warning| eprintln!("{warning}"))?;
///
/// // For each call:
/// match observer.observe(decision) {
///     // The call is carried out as before.
///     Observed::Recorded(observation) => println!("{}", Report::of_observation(&observation)),
///     Observed::Enforced(Decision::Allow(permit)) => { /* carry out `permit.request()` */ }
///     Observed::Enforced(Decision::Deny(denial)) => { /* refuse */ }
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Clocks
///
/// The time is that of the decisions. A clock that is set back by more than 30 s does not prolong
/// the observation: a decision is enforced if its time is that much earlier than the start, or than
/// the time of an earlier decision. A restart forgets earlier decisions; pass their latest time to
/// [`seen`](Self::seen).
#[derive(Debug)]
pub struct Observer {
    until: UnixTime,
    /// The latest time seen, in seconds.
    latest: AtomicU64,
}

/// A decision that an observer has looked at.
#[derive(Debug)]
#[must_use = "a decision that counts may be in it"]
pub enum Observed {
    /// The decision does not count. The service executes the call as before.
    Recorded(Observation),
    /// The observation is over, and the decision counts.
    Enforced(Decision),
}

/// A decision that was made and not enforced. It has no permit.
///
/// ```compile_fail
/// # fn f(observation: deputize::Observation) {
/// let permit: deputize::Permit = observation.into_result().unwrap();
/// # }
/// ```
#[derive(Debug)]
pub struct Observation {
    pub(crate) decision: Decision,
}

impl Observer {
    /// Creates an observer that enforces from `until` on, which is at most [`MAX_OBSERVATION`] after
    /// `now`. If `until` has passed, it enforces at once.
    ///
    /// `warn` is called once, with the line that the service must show at every start.
    ///
    /// # Errors
    ///
    /// [`SettingError::Observation`] if the end is too far away.
    pub fn new(
        until: OffsetDateTime,
        now: OffsetDateTime,
        warn: impl FnOnce(&str),
    ) -> Result<Self, SettingError> {
        if until > now.saturating_add(MAX_OBSERVATION) {
            return Err(SettingError::Observation { until });
        }
        let (until, now) = (UnixTime::upper_bound(until), UnixTime::from(now));
        warn(&match now < until {
            true => format!(
                "WARNING: deputize observes until {until}: refusals are recorded and NOT ENFORCED"
            ),
            false => {
                format!("deputize: the observation ended at {until}, and refusals are enforced")
            }
        });
        Ok(Self { until, latest: AtomicU64::new(now.seconds()) })
    }

    /// Returns the time from which on decisions are enforced.
    pub fn until(&self) -> OffsetDateTime {
        self.until.to_datetime()
    }

    /// Records a time that has passed, such as that of the last record before a restart.
    pub fn seen(&self, time: OffsetDateTime) {
        self.latest.fetch_max(UnixTime::from(time).seconds(), Ordering::Relaxed);
    }

    /// Returns true if a decision at this time would not count.
    pub fn is_observing(&self, now: OffsetDateTime) -> bool {
        self.observes(UnixTime::from(now), self.latest.load(Ordering::Relaxed))
    }

    fn observes(&self, at: UnixTime, latest: u64) -> bool {
        let latest = latest.max(at.seconds());
        let went_back =
            latest.saturating_sub(at.seconds()) > whole_seconds(DEFAULT_CLOCK_TOLERANCE);
        latest < self.until.seconds() && !went_back
    }

    /// Observes a decision, or returns it if it counts.
    pub fn observe(&self, decision: Decision) -> Observed {
        let at = decision.at();
        let latest = self.latest.fetch_max(at.seconds(), Ordering::Relaxed);
        if !self.observes(at, latest) {
            return Observed::Enforced(decision);
        }
        Observed::Recorded(Observation { decision })
    }
}

impl Observation {
    /// Returns true if the call would have been allowed.
    pub fn would_allow(&self) -> bool {
        self.decision.is_allowed()
    }

    /// Returns the reasons why the call would have been refused; empty if it would not.
    pub fn reasons(&self) -> &[Reason] {
        match &self.decision {
            Decision::Allow(_) => &[],
            Decision::Deny(denial) => denial.reasons(),
        }
    }

    /// Returns the time that the decision is about, in whole seconds.
    pub fn decided_at(&self) -> OffsetDateTime {
        self.decision.at().to_datetime()
    }

    /// Returns the call that was decided about.
    pub fn request(&self) -> Option<&Request> {
        match &self.decision {
            Decision::Allow(permit) => Some(permit.request()),
            Decision::Deny(denial) => denial.request(),
        }
    }

    /// Returns the party that made the call.
    pub fn called_by(&self) -> CalledBy {
        match &self.decision {
            Decision::Allow(permit) => permit.called_by(),
            Decision::Deny(denial) => denial.called_by(),
        }
    }
}
