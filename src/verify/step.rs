//! A decision in two steps, with no I/O in either: everything that needs no store, then the answer of
//! the store.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::reason::{DenyCode, Reason};
use crate::request::Request;
use crate::text::contrast::distinguish;
use crate::verify::checks::{CalledBy, CheckState, Checks};
use crate::verify::decision::{Decision, Permit};
use crate::verify::denial::Denial;
use crate::verify::policy::refused_by_policy;
use crate::verify::replay::{Arrival, Guarded, Presented, ReplayError, StoreAnswer};
use crate::verify::trust::Trust;
use crate::verify::validity::Findings;
use crate::verify::verified_chain::VerifiedChain;

/// The result of the first step of a decision.
#[derive(Debug)]
#[must_use = "a decision that is not concluded allows nothing"]
pub enum Step {
    /// No store is needed: the call uses nothing up, or the verifier has asked its own replay
    /// guard.
    Decided(Decision),
    /// The call is allowed if a store uses the presentation up.
    Use(PendingUse),
    /// The call is refused. A store may still tell whether the holder made it.
    Note(PendingNote),
}

impl Step {
    /// Concludes a decision in one step, for which nobody asks a store.
    pub(crate) fn without_store(self) -> Decision {
        match self {
            Self::Decided(decision) => decision,
            Self::Use(PendingUse { examined, .. }) | Self::Note(PendingNote { examined, .. }) => {
                let operation = examined.request.operation();
                let message = format!(
                    "{operation} may not be repeated, and its replays are only refused by a decision in two steps"
                );
                let reason = Reason::new(DenyCode::NoReplayGuard, message);
                // The call stays attributed to nobody, because the store that could attribute it
                // was not asked.
                examined
                    .refused_by_guard(CheckState::NotReached, CalledBy::Unknown, reason)
                    .decision()
            }
        }
    }
}

/// A call that is allowed unless the replay store, which has not been asked, refuses it. Dropping
/// this value decides nothing.
#[derive(Debug)]
#[must_use = "a decision that is not concluded allows nothing"]
pub struct PendingUse {
    presented: Presented,
    examined: Box<Examined>,
}

/// A call that is refused. The replay store, which has not been asked, can tell whether the holder
/// made it.
#[derive(Debug)]
#[must_use = "the denial is in it"]
pub struct PendingNote {
    presented: Presented,
    examined: Box<Examined>,
}

impl PendingUse {
    /// Returns the presentation that the store must use up, as
    /// [`ReplayGuard::consume`](crate::ReplayGuard::consume) does.
    pub fn presented(&self) -> &Presented {
        &self.presented
    }

    /// Concludes the decision with the store's answer, made by
    /// [`Presented::answered`]: `Ok` if the store used the presentation up for this call. A store
    /// that did not answer, or not clearly, is [`ReplayError::Unknown`].
    ///
    /// The time is `now` or the time of the first step, whichever is later. If the chain has
    /// expired or been revoked since then, the call is refused, and the presentation stays used up.
    pub fn conclude(
        self,
        answer: StoreAnswer<Result<(), ReplayError>>,
        now: OffsetDateTime,
    ) -> Decision {
        let Self { presented, examined } = self;
        let answer = answer.about(&presented).unwrap_or_else(|| {
            Err(ReplayError::Unknown("its answer is about another presentation".to_owned()))
        });
        examined.concluded_with(answer).at(now).decision()
    }
}

impl PendingNote {
    /// Returns the presentation that the store may note, as
    /// [`ReplayGuard::note`](crate::ReplayGuard::note) does. It must not be used up.
    pub fn presented(&self) -> &Presented {
        &self.presented
    }

    /// Concludes the denial with the store's answer, made by [`Presented::answered`]. It decides
    /// whether the call may be attributed to the holder, and nothing else.
    pub fn conclude(self, arrival: StoreAnswer<Arrival>) -> Denial {
        let arrival = arrival.about(&self.presented).unwrap_or(Arrival::Unknown);
        self.examined.noted(arrival).denial()
    }

    /// Concludes the denial without a store, and attributes the call to nobody.
    pub fn unanswered(self) -> Denial {
        self.examined.noted(Arrival::Unknown).denial()
    }
}

/// The part of the coverage of a call in a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    /// Every hop must cover the call.
    Required,
    /// The call needs no authority.
    Waived,
}

/// A call after all checks except replays.
#[derive(Debug)]
struct Examined {
    request: Request,
    chain: VerifiedChain,
    checks: Checks,
    /// The reasons about the presentation, which come before those of the hops.
    reasons: Vec<Reason>,
    hop_reasons: Vec<Reason>,
}

impl VerifiedChain {
    /// Takes the first step of a decision about `request`, as
    /// [`Verifier::begin`](crate::Verifier::begin) does.
    pub(crate) fn step<P>(self, request: Request, now: OffsetDateTime, policy: Option<P>) -> Step
    where
        P: FnOnce(&Self, &Request) -> Result<(), String>,
    {
        self.step_with(request, now, policy, Coverage::Required)
    }

    /// Takes the first step of a decision. Where coverage is waived, its permit must not leave this
    /// crate.
    pub(super) fn step_with<P>(
        mut self,
        request: Request,
        now: OffsetDateTime,
        policy: Option<P>,
        coverage: Coverage,
    ) -> Step
    where
        P: FnOnce(&Self, &Request) -> Result<(), String>,
    {
        // A clock that went back must not make an expired chain valid again.
        self.at = self.at.max(UnixTime::from(now));
        let Findings { mut reasons, mut hop_reasons, trust, list, directory } = self.find_faults();
        let is_for_this_call = self.check_presentation(&request, &mut reasons);
        if coverage == Coverage::Required {
            self.chain.delegations.check_coverage(&request, &mut hop_reasons);
        }
        let mut checks = Checks { list, directory, ..self.checks(trust) };
        // A policy may be expensive, have side effects, or reveal something to the caller. So it is
        // called only if nothing else refuses the call.
        if reasons.is_empty() && hop_reasons.is_empty() {
            checks.policy = if policy.is_some() { CheckState::Done } else { CheckState::Waived };
            if let Some(Err(why)) = policy.map(|policy| policy(&self, &request)) {
                reasons.push(refused_by_policy(&why));
            }
        }
        let examined = Examined { request, chain: self, checks, reasons, hop_reasons };
        // A presentation that was not made for this call, or whose root key is not trusted, is
        // attributed to nobody and does not reach the guard. Under an untrusted root, anybody could
        // fill the guard.
        if trust == Trust::None || !is_for_this_call {
            return Step::Decided(examined.decision());
        }
        examined.ask_guard()
    }

    /// Checks that the presentation was made for this service, this request and this time. The
    /// reason against a stale one has been found with the faults of the chain.
    fn check_presentation(&self, request: &Request, reasons: &mut Vec<Reason>) -> bool {
        let presentation = &self.chain.presentation;
        let last = self.hops().len();
        if presentation.audience != request.audience() {
            let [own, requested] = distinguish(&presentation.audience, request.audience());
            let message =
                format!("the token was presented for {own}, and this service is {requested}");
            reasons.push(
                Reason::new(DenyCode::WrongAudience, message).at(last).differs(own, requested),
            );
            // The digest covers the audience, so it would differ too, and a second reason would say
            // nothing new.
            return false;
        }
        if presentation.request_digest != request.digest() {
            let message = "the token was presented for another request";
            // The reason does not reveal the service's own request, because the sender is unknown.
            let requested = Some(hex::encode(presentation.request_digest));
            reasons.push(Reason {
                requested,
                ..Reason::new(DenyCode::WrongRequest, message).at(last)
            });
            return false;
        }
        self.is_fresh()
    }
}

impl Examined {
    /// Asks the verifier's own guard, if it has one: uses the presentation up, or notes it if the
    /// call is refused already.
    fn ask_guard(self) -> Step {
        let settings = Arc::clone(&self.chain.settings);
        let presented = self.chain.presented();
        let examined = match settings.replays.guard_for(self.request.operation()) {
            // A repetition cannot be noticed here. The signature is still the holder's, and reports
            // say that replays were not checked.
            Guarded::Waived => self.with_caller(CheckState::Waived, CalledBy::Holder),
            Guarded::Missing => {
                let operation = self.request.operation();
                let message =
                    format!("{operation} may not be repeated, and there is no replay guard");
                let reason = Reason::new(DenyCode::NoReplayGuard, message);
                self.refused_by_guard(CheckState::Waived, CalledBy::Holder, reason)
            }
            // A refused call uses nothing up, so its presentation can still be used once.
            Guarded::By(guard) if self.is_refused() => self.noted(guard.note(&presented)),
            Guarded::By(guard) => self.concluded_with(guard.consume(&presented)),
            Guarded::ByService => {
                let is_refused = self.is_refused();
                let examined = Box::new(self);
                return match is_refused {
                    true => Step::Note(PendingNote { presented, examined }),
                    false => Step::Use(PendingUse { presented, examined }),
                };
            }
        };
        Step::Decided(examined.decision())
    }

    fn is_refused(&self) -> bool {
        !self.reasons.is_empty() || !self.hop_reasons.is_empty()
    }

    /// Adds the guard's answer about a call that everything else allows.
    fn concluded_with(self, answer: Result<(), ReplayError>) -> Self {
        match answer {
            Ok(()) => self.with_caller(CheckState::Done, CalledBy::Holder),
            // This may be a repetition by anyone who has seen the presentation, so the call is not
            // held against the holder.
            Err(why) => {
                let is_share_full = why == ReplayError::ShareFull;
                let reason = replay_reason(why);
                let mut refused =
                    self.refused_by_guard(CheckState::Done, CalledBy::Unknown, reason);
                refused.checks.is_share_full = is_share_full;
                refused
            }
        }
    }

    /// Adds the guard's answer about a call that is refused. The holder made it if its presentation
    /// arrived for the first time.
    fn noted(self, arrival: Arrival) -> Self {
        match arrival {
            Arrival::First => self.with_caller(CheckState::Done, CalledBy::Holder),
            Arrival::Again => self.with_caller(CheckState::Done, CalledBy::Unknown),
            Arrival::Used => {
                let reason = replay_reason(ReplayError::Replayed);
                self.refused_by_guard(CheckState::Done, CalledBy::Unknown, reason)
            }
            Arrival::Unknown => self.with_caller(CheckState::NotReached, CalledBy::Unknown),
            Arrival::ShareFull => {
                let mut refused = self.with_caller(CheckState::NotReached, CalledBy::Unknown);
                refused.checks.is_share_full = true;
                refused
            }
        }
    }

    fn refused_by_guard(self, replays: CheckState, called_by: CalledBy, reason: Reason) -> Self {
        let mut refused = self.with_caller(replays, called_by);
        refused.reasons.push(reason.at(refused.chain.hops().len()));
        refused
    }

    fn with_caller(self, replays: CheckState, called_by: CalledBy) -> Self {
        Self { checks: Checks { replays, called_by, ..self.checks }, ..self }
    }

    /// Repeats the checks whose result can have changed: those of time and of revocation. A clock
    /// that went back must not make an expired chain valid again.
    fn at(mut self, now: OffsetDateTime) -> Self {
        // A call that the store refused stays refused, whatever has changed.
        if !self.is_refused() {
            let now = UnixTime::from(now).max(self.chain.at);
            self.chain.at = now;
            let Findings { reasons, hop_reasons, trust, list, directory } =
                self.chain.find_faults();
            self.checks = Checks { at: now, trust, list, directory, ..self.checks };
            if trust == Trust::None {
                self.checks.called_by = CalledBy::Unknown;
            }
            (self.reasons, self.hop_reasons) = (reasons, hop_reasons);
        }
        self
    }

    fn decision(self) -> Decision {
        if self.is_refused() {
            return Decision::Deny(self.denial());
        }
        let Self { request, chain, checks, .. } = self;
        Decision::Allow(Permit { request, chain, checks })
    }

    fn denial(self) -> Denial {
        let Self { request, chain, checks, mut reasons, mut hop_reasons } = self;
        reasons.append(&mut hop_reasons);
        let request = Some(Box::new(request));
        Denial { reasons, chain: chain.into_state(), request, checks }
    }
}

fn replay_reason(why: ReplayError) -> Reason {
    let code = match why {
        ReplayError::Replayed => DenyCode::Replayed,
        ReplayError::Full | ReplayError::ShareFull => DenyCode::ReplayGuardFull,
        ReplayError::Unknown(_) => DenyCode::ReplayUnknown,
    };
    Reason::new(code, why)
}
