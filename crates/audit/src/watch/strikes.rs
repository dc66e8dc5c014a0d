//! Strikes: different calls that a key signed, and that go beyond what it was granted.

use std::collections::VecDeque;

use deputize::{Caller, Decision, Denial, HopId};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::limits::{CLOCK_TOLERANCE, MAX_STRIKES, WATCHED_ENDED_HOPS};

/// When a key that is refused again and again is noticed.
///
/// A refusal is a strike only if all of this holds:
///
/// - the holder made the call, under a root key that is trusted ([`Caller::of`]);
/// - a replay guard was asked and had not seen the presentation, so nobody repeated it;
/// - all of its reasons are [beyond the grant](deputize::DenyCode::is_beyond_grant), so that
///   [`Token::would_permit`](deputize::Token::would_permit) would have told the holder. A hop that was revoked or has
///   expired, a list, a directory, a guard or a policy of the service is not the holder's doing.
///
/// A strike is charged to the key that signed the call, below one first hop. It is never charged to a
/// name, and not to the key under another first hop: a rival who delegates little to an agent, to have it
/// refused, brings about no more than the end of that delegation.
///
/// A hop of a streak should be revoked by the hook, so strikes under it do not count again. Those under
/// another hop of the key do, and can be a streak of their own.
///
/// The time is that of the decisions. Strikes later than the newest one by more than 30 s are not counted
/// with it and are not forgotten, so a clock that is set back clears nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrikePolicy {
    strikes: usize,
    /// In seconds.
    within: i64,
}

/// A policy that could not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StrikePolicyError {
    /// The number of strikes is 0 or too large.
    #[error("a policy of {found} strikes was asked for; give 1 to {MAX_STRIKES}")]
    Strikes {
        /// The number.
        found: usize,
    },
    /// The time is shorter than a second.
    #[error("strikes within {found} were asked for; give at least one second")]
    Within {
        /// The time.
        found: Duration,
    },
}

impl StrikePolicy {
    /// Notices a key at so many strikes `within` a time, in whole seconds.
    ///
    /// # Errors
    ///
    /// [`StrikePolicyError`] if there are 0 strikes or more than [`MAX_STRIKES`], or the time is shorter than a
    /// second.
    pub fn new(strikes: usize, within: Duration) -> Result<Self, StrikePolicyError> {
        if strikes == 0 || strikes > MAX_STRIKES {
            return Err(StrikePolicyError::Strikes { found: strikes });
        }
        if within < Duration::SECOND {
            return Err(StrikePolicyError::Within { found: within });
        }
        Ok(Self { strikes, within: within.whole_seconds() })
    }

    /// Returns the number of strikes at which a key is noticed.
    pub fn strikes(&self) -> usize {
        self.strikes
    }

    /// Returns the time within which they count.
    pub fn within(&self) -> Duration {
        Duration::seconds(self.within)
    }

    /// Returns true if this decision is a strike against its caller.
    pub(super) fn is_strike(decision: &Decision, caller: &Caller) -> bool {
        let is_beyond =
            |denial: &Denial| denial.reasons().iter().all(|reason| reason.code.is_beyond_grant());
        match decision {
            Decision::Allow(_) => false,
            Decision::Deny(denial) => caller.is_first_use && is_beyond(denial),
        }
    }

    /// Returns true if a strike counts at this time.
    fn counts(&self, strike: OffsetDateTime, at: OffsetDateTime) -> bool {
        let age = seconds_between(strike, at);
        (self.within.min(CLOCK_TOLERANCE).saturating_neg()..=self.within).contains(&age)
    }
}

pub(super) fn seconds_between(from: OffsetDateTime, to: OffsetDateTime) -> i64 {
    to.unix_timestamp().saturating_sub(from.unix_timestamp())
}

/// The strikes of one key below one first hop.
#[derive(Debug, Default)]
pub(super) struct Strikes {
    /// Less than twice as many as the policy allows, each of another presentation: while a clock is wrong,
    /// what was counted before it stays.
    charged: Vec<Strike>,
    /// The hops of earlier streaks, the newest last.
    ended: VecDeque<HopId>,
}

#[derive(Debug, Clone, Copy)]
struct Strike {
    at: OffsetDateTime,
    presentation: HopId,
    last_hop: HopId,
}

/// The result of a strike.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Charge {
    /// The key has so many now.
    Counted(usize),
    /// It has as many as the policy allows, under hops that no earlier streak had.
    Streak { strikes: usize, since: OffsetDateTime, hops: Vec<HopId> },
}

impl Strikes {
    /// Charges a strike; `None` if it is charged already, or its hop is one of an earlier streak.
    pub(super) fn charge(
        &mut self,
        policy: &StrikePolicy,
        caller: &Caller,
        at: OffsetDateTime,
    ) -> Option<Charge> {
        let Caller { presentation, last_hop, .. } = *caller;
        let is_charged = self.charged.iter().any(|own| own.presentation == presentation);
        if is_charged || self.ended.contains(&last_hop) {
            return None;
        }
        self.charged.push(Strike { at, presentation, last_hop });
        let counted = || self.charged.iter().filter(|own| policy.counts(own.at, at));
        let count = counted().count();
        if count >= policy.strikes {
            let since = counted().map(|own| own.at).min().unwrap_or(at);
            let mut hops: Vec<_> = counted().map(|own| own.last_hop).collect();
            hops.sort_unstable();
            hops.dedup();
            self.charged.retain(|own| !hops.contains(&own.last_hop));
            self.ended.extend(&hops);
            while self.ended.len() > WATCHED_ENDED_HOPS {
                self.ended.pop_front();
            }
            return Some(Charge::Streak { strikes: count, since, hops });
        }
        if self.charged.len() >= policy.strikes.saturating_mul(2) {
            // The farthest in time, and not the oldest: when the clock is right again, what was charged
            // meanwhile must not stay and push out the others.
            let distance = |own: &&Strike| seconds_between(own.at, at).unsigned_abs();
            let farthest = self.charged.iter().max_by_key(distance).map(|own| own.presentation);
            self.charged.retain(|own| Some(own.presentation) != farthest);
        }
        Some(Charge::Counted(count))
    }

    /// Returns true if the key has a strike that counts.
    pub(super) fn has_any(&self, policy: &StrikePolicy, at: OffsetDateTime) -> bool {
        self.charged.iter().any(|own| policy.counts(own.at, at))
    }

    /// Lets these hops of a streak count again.
    pub(super) fn reopen(&mut self, hops: &[HopId]) {
        self.ended.retain(|own| !hops.contains(own));
    }

    /// Begins anew. Returns true if the key had had a streak.
    pub(super) fn clear(&mut self) -> bool {
        !std::mem::take(self).ended.is_empty()
    }
}
