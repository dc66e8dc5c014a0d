//! Decisions about calls.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::request::Request;
use crate::verify::checks::{CalledBy, Checks};
use crate::verify::denial::Denial;
use crate::verify::standing::{AuthorityEnded, Standing};
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
        self.standing().recheck(now)
    }

    /// Returns the authority of the call, to be checked again when the permit is gone.
    pub fn standing(&self) -> Standing {
        let VerifiedChain { settings, chain, at, .. } = &self.chain;
        Standing {
            settings: Arc::clone(settings),
            delegations: Arc::clone(&chain.delegations),
            presented: chain.presentation.issued,
            at: *at,
        }
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
