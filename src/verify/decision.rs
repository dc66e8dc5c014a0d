//! Decisions about calls.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::reason::{DenyCode, Reason};
use crate::request::Request;
use crate::text::contrast::distinguish;
use crate::token::presentation::Presentation;
use crate::verify::checks::{CalledBy, CheckState, Checks};
use crate::verify::denial::Denial;
use crate::verify::policy::refused_by_policy;
use crate::verify::replay::{Arrival, Guarded, ReplayError};
use crate::verify::trust::Trust;
use crate::verify::validity::Findings;
use crate::verify::verified_chain::VerifiedChain;
use crate::verify::verifier::Verifier;

/// The decision about one request: allowed or refused.
#[derive(Debug)]
#[must_use = "an ignored decision protects nothing"]
pub enum Decision {
    /// The call in the permit may be made.
    Allow(Permit),
    /// The call is refused.
    Deny(Denial),
}

/// The permission to make one call. It holds the request that was decided about, so the service can
/// execute exactly that request.
///
/// ```compile_fail
/// # use deputize::{Permit, Request};
/// fn run(permit: &mut Permit, other: Request) {
///     permit.request = other; // a decision cannot be used for another request
/// }
/// ```
#[derive(Debug)]
pub struct Permit {
    pub(crate) request: Request,
    pub(crate) chain: VerifiedChain,
    pub(crate) checks: Checks,
}

impl Permit {
    /// Returns the call that may be made.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Returns the chain under which the call is made.
    pub fn chain(&self) -> &VerifiedChain {
        &self.chain
    }

    /// Returns the party that made the call.
    pub fn called_by(&self) -> CalledBy {
        self.checks.called_by
    }
}

impl Decision {
    /// Returns true if the call may be made.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow(_))
    }

    /// Returns the permit, or the denial as an error.
    pub fn into_result(self) -> Result<Permit, Denial> {
        match self {
            Self::Allow(permit) => Ok(permit),
            Self::Deny(denial) => Err(denial),
        }
    }
}

impl Verifier {
    /// Verifies a presentation and decides about `request` in one step. A denial lists all reasons,
    /// against the chain and against the call.
    pub fn decide(
        &self,
        presentation: Presentation,
        request: Request,
        now: OffsetDateTime,
    ) -> Decision {
        self.decide_by(presentation, request, now, None::<NoPolicy>)
    }

    /// Decides as [`decide`](Self::decide) does, with the service's own policy.
    ///
    /// The policy is called last, for a call that everything else allows, and before the replay
    /// guard uses the presentation up. It can only refuse, with a reason as text.
    pub fn decide_with_policy<P>(
        &self,
        presentation: Presentation,
        request: Request,
        now: OffsetDateTime,
        policy: P,
    ) -> Decision
    where
        P: FnOnce(&VerifiedChain, &Request) -> Result<(), String>,
    {
        self.decide_by(presentation, request, now, Some(policy))
    }

    fn decide_by<P>(
        &self,
        presentation: Presentation,
        request: Request,
        now: OffsetDateTime,
        policy: Option<P>,
    ) -> Decision
    where
        P: FnOnce(&VerifiedChain, &Request) -> Result<(), String>,
    {
        match self.authenticate(presentation, now) {
            Err(denial) => Decision::Deny(Denial { request: Some(Box::new(request)), ..denial }),
            Ok(chain) => chain.decide(request, now, policy),
        }
    }
}

type NoPolicy = fn(&VerifiedChain, &Request) -> Result<(), String>;

impl VerifiedChain {
    /// Decides about `request`, which must be the request that was presented and that the service
    /// will execute.
    ///
    /// The time is `now` or the time of the verification, whichever is later. So a hop that has
    /// since expired or been revoked is refused, and so is a presentation that is no longer fresh.
    ///
    /// Only a verified presentation can be decided about, not a held token:
    ///
    /// ```compile_fail
    /// # fn f(token: deputize::Token, request: deputize::Request, now: time::OffsetDateTime) {
    /// token.authorize(request, now);
    /// # }
    /// ```
    pub fn authorize(self, request: Request, now: OffsetDateTime) -> Decision {
        self.decide(request, now, None::<NoPolicy>)
    }

    /// Decides as [`authorize`](Self::authorize) does, with the service's own policy, as in
    /// [`decide_with_policy`](Verifier::decide_with_policy).
    pub fn authorize_with_policy<P>(
        self,
        request: Request,
        now: OffsetDateTime,
        policy: P,
    ) -> Decision
    where
        P: FnOnce(&Self, &Request) -> Result<(), String>,
    {
        self.decide(request, now, Some(policy))
    }

    fn decide<P>(mut self, request: Request, now: OffsetDateTime, policy: Option<P>) -> Decision
    where
        P: FnOnce(&Self, &Request) -> Result<(), String>,
    {
        // A clock that went back must not make an expired chain valid again.
        self.at = self.at.max(UnixTime::from(now));
        let Findings { mut reasons, mut hop_reasons, trust } = self.find_faults();
        let is_for_this_call = self.check_presentation(&request, &mut reasons);
        self.chain.delegations.check_coverage(&request, &mut hop_reasons);
        let mut checks = self.checks(trust);
        // A policy may be expensive, have side effects, or reveal something to the caller. So it is
        // called only if nothing else refuses the call.
        if reasons.is_empty() && hop_reasons.is_empty() {
            checks.policy = if policy.is_some() { CheckState::Done } else { CheckState::Waived };
            if let Some(Err(why)) = policy.map(|policy| policy(&self, &request)) {
                reasons.push(refused_by_policy(&why));
            }
        }
        let is_refused = !reasons.is_empty() || !hop_reasons.is_empty();
        // A presentation that was not made for this call, or whose root key is not trusted, is
        // attributed to nobody and does not reach the guard. Under an untrusted root, anybody could
        // fill the guard.
        let refusal = if trust == Trust::None || !is_for_this_call {
            None
        } else {
            self.check_replay(&request, is_refused, &mut checks)
        };
        // Reasons about the presentation come before those of the hops.
        reasons.extend(refusal.map(|reason| reason.at(self.hops().len())));
        reasons.append(&mut hop_reasons);
        if reasons.is_empty() {
            return Decision::Allow(Permit { request, chain: self, checks });
        }
        let request = Some(Box::new(request));
        Decision::Deny(Denial { reasons, chain: self.into_state(), request, checks })
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
            // The digest covers the audience, so it would differ too.
            return false;
        }
        if presentation.request_digest != request.digest() {
            let message = "the token was presented for another request";
            reasons.push(Reason::new(DenyCode::WrongRequest, message).at(last));
            return false;
        }
        self.is_fresh()
    }

    /// Uses the presentation up, or notes it if the call is refused already. Also determines
    /// whether the holder made this call, which depends on whether this is the first arrival of the
    /// presentation.
    fn check_replay(
        &self,
        request: &Request,
        is_refused: bool,
        checks: &mut Checks,
    ) -> Option<Reason> {
        let settings = Arc::clone(&self.settings);
        let (state, called_by, refusal) = match settings.replays.guard_for(request.operation()) {
            Guarded::Waived => (CheckState::Waived, CalledBy::Holder, None),
            Guarded::Missing => (CheckState::Waived, CalledBy::Holder, Some(not_guarded(request))),
            // A refused call uses nothing up, so its presentation can still be used once.
            Guarded::By(guard) if is_refused => match guard.note(&self.presented()) {
                Arrival::First => (CheckState::Done, CalledBy::Holder, None),
                Arrival::Again => (CheckState::Done, CalledBy::Unknown, None),
                Arrival::Used => (
                    CheckState::Done,
                    CalledBy::Unknown,
                    Some(replay_reason(ReplayError::Replayed)),
                ),
                Arrival::Unknown => (CheckState::NotReached, CalledBy::Unknown, None),
            },
            Guarded::By(guard) => match guard.consume(&self.presented()) {
                Ok(()) => (CheckState::Done, CalledBy::Holder, None),
                Err(why) => (CheckState::Done, CalledBy::Unknown, Some(replay_reason(why))),
            },
        };
        (checks.replays, checks.called_by) = (state, called_by);
        refusal
    }
}

fn replay_reason(why: ReplayError) -> Reason {
    let code = match why {
        ReplayError::Replayed => DenyCode::Replayed,
        ReplayError::Full => DenyCode::ReplayGuardFull,
        ReplayError::Unknown(_) => DenyCode::ReplayUnknown,
    };
    Reason::new(code, why)
}

fn not_guarded(request: &Request) -> Reason {
    let operation = request.operation();
    let message = format!("{operation} may not be repeated, and there is no replay guard");
    Reason::new(DenyCode::NoReplayGuard, message)
}
