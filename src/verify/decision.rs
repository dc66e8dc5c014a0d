//! Decisions about calls.

use thiserror::Error;
use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::reason::{DenyCode, Reason};
use crate::request::Request;
use crate::verify::checks::{CalledBy, Checks};
use crate::verify::denial::Denial;
use crate::verify::validity::Findings;
use crate::verify::verified_chain::VerifiedChain;

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

    /// Checks whether the authority of the call still exists at `now`, for a job that takes longer
    /// than the call: trust, the times of all hops, and revocation. The presentation has been used,
    /// and is not checked again.
    ///
    /// The time is `now` or the time of the decision, whichever is later.
    ///
    /// # Errors
    ///
    /// [`AuthorityEnded`] with all reasons.
    pub fn recheck(&self, now: OffsetDateTime) -> Result<(), AuthorityEnded> {
        // A clock that went back must not make an expired chain valid again.
        let at = UnixTime::from(now).max(self.chain.at);
        let Findings { mut reasons, mut hop_reasons, .. } = self.chain.find_ended(at);
        reasons.append(&mut hop_reasons);
        if reasons.is_empty() { Ok(()) } else { Err(AuthorityEnded { reasons }) }
    }

    /// Returns the party that made the call.
    pub fn called_by(&self) -> CalledBy {
        self.checks.called_by
    }
}

/// The authority of an allowed call has ended: stop the job that the call started.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the authority of the call has ended: {}", reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct AuthorityEnded {
    reasons: Vec<Reason>,
}

impl AuthorityEnded {
    /// Returns all reasons, at least one.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Returns true if one of the reasons has this code.
    pub fn has(&self, code: DenyCode) -> bool {
        self.reasons.iter().any(|reason| reason.code == code)
    }
}

impl Decision {
    /// Returns true if the call may be made.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow(_))
    }

    /// Returns the time that the decision is about.
    pub(crate) fn at(&self) -> UnixTime {
        match self {
            Self::Allow(permit) => permit.checks.at,
            Self::Deny(denial) => denial.checks.at,
        }
    }

    /// Returns the permit, or the denial as an error.
    pub fn into_result(self) -> Result<Permit, Denial> {
        match self {
            Self::Allow(permit) => Ok(permit),
            Self::Deny(denial) => Err(denial),
        }
    }
}
