//! The authority of an allowed call, while what the call began goes on.

use std::sync::Arc;

use thiserror::Error;
use time::OffsetDateTime;

use crate::chain::{DelegationChain, Hop};
use crate::instant::UnixTime;
use crate::reason::{DenyCode, Reason};
use crate::verify::settings::Settings;
use crate::verify::validity::Findings;

/// The authority of an allowed call, to be checked again while something that the call began goes on: a
/// job, a stream, a subscription. It is not a permit, and allows no further call.
///
/// [`Permit::standing`](crate::Permit::standing) returns it. A clone is cheap.
///
/// ```compile_fail
/// # fn f(standing: deputize::Standing) {
/// let permit: deputize::Permit = standing.into();
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Standing {
    pub(super) settings: Arc<Settings>,
    pub(super) delegations: Arc<DelegationChain>,
    /// The time of the presentation.
    pub(super) presented: UnixTime,
    /// The time of the decision.
    pub(super) at: UnixTime,
}

impl Standing {
    /// Checks whether the authority still exists at `now`: trust, the times of all hops, the directory of
    /// agents, and revocation, as a decision at that time would. The presentation has been used, and is
    /// not checked again.
    ///
    /// The time is `now` or the time of the decision, whichever is later.
    ///
    /// # Errors
    ///
    /// [`AuthorityEnded`] with all reasons.
    pub fn recheck(&self, now: OffsetDateTime) -> Result<(), AuthorityEnded> {
        // A clock that went back must not make an expired chain valid again.
        let at = UnixTime::from(now).max(self.at);
        let found = self.settings.find_faults(&self.delegations, self.presented, at);
        let Findings { mut reasons, mut hop_reasons, .. } = found;
        reasons.append(&mut hop_reasons);
        if reasons.is_empty() { Ok(()) } else { Err(AuthorityEnded { reasons }) }
    }

    /// Returns the delegations, the owner's first. There is at least one.
    pub fn hops(&self) -> &[Hop] {
        &self.delegations.hops
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
