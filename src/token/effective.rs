//! The effective authority of a held token: the intersection of the grants of all its hops.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use serde::Serialize;
use time::OffsetDateTime;

use crate::chain::TimeRules;
use crate::format::hop_id::HopId;
use crate::instant::{UnixTime, whole_seconds};
use crate::key::PublicKey;
use crate::limits::{DEFAULT_CLOCK_TOLERANCE, HARD_MAX_HOPS};
use crate::reason::{DenyCode, NextStep, Reason};
use crate::request::Request;
use crate::token::Token;

impl Token {
    /// Checks whether the grants of all hops permit `request` at `now`, before it is presented.
    ///
    /// A service may still refuse the call: only it knows which root keys it trusts, which hops
    /// were revoked, what its own policy is, and whether a presentation was used before.
    ///
    /// ```
    /// # use deputize::*;
    /// # use time::{Duration, macros::datetime};
    /// # let now = datetime!(2026-11-23 18:00 UTC);
    /// # let (alice, planner) = (SigningKey::generate()?, SigningKey::generate()?);
    /// # let to = Principal::agent("planner", planner.public_key())?;
    /// # let read = Capability::new("crm.read", "accounts/**")?;
    /// # let grant = Grant::new(to, [read], now + Duration::hours(8), "Q3")?;
    /// # let token = Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?;
    /// let read = Request::new("crm.read", "accounts/42", "crm.acme.com")?;
    /// assert!(token.would_permit(&read, now).is_ok());
    /// let delete = Request::new("crm.delete", "accounts/42", "crm.acme.com")?;
    /// let refused = token.would_permit(&delete, now).unwrap_err();
    /// assert!(refused.has(DenyCode::OperationNotGranted));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotPermitted`] with the reasons of every hop, in the order of the hops.
    pub fn would_permit(&self, request: &Request, now: OffsetDateTime) -> Result<(), NotPermitted> {
        let chain = self.delegations();
        let rules = TimeRules {
            at: UnixTime::from(now),
            clock_tolerance: whole_seconds(DEFAULT_CLOCK_TOLERANCE),
            max_lifetime: None,
        };
        let mut reasons = Vec::new();
        for (index, hop) in chain.hops.iter().enumerate() {
            chain.check_hop(index, hop, &rules, &mut reasons);
        }
        chain.check_coverage(request, &mut reasons);
        if reasons.is_empty() { Ok(()) } else { Err(NotPermitted { reasons }) }
    }

    /// Returns the time at which the first of the hops expires, and with it the token.
    pub fn expires(&self) -> OffsetDateTime {
        let hops = self.hops().iter().map(|hop| hop.grant.expires);
        hops.min().unwrap_or(UnixTime::MAX).to_datetime()
    }

    /// Returns the time from which all hops are valid; `None` if they have been from their issue.
    pub fn not_before(&self) -> Option<OffsetDateTime> {
        self.hops().iter().filter_map(|hop| hop.grant.not_before).max().map(UnixTime::to_datetime)
    }

    /// Returns the services that all hops allow calls to; `None` if they allow any. An empty set
    /// allows no call.
    pub fn audience(&self) -> Option<BTreeSet<&str>> {
        let sets = self.hops().iter().filter_map(|hop| hop.grant.audience.as_ref());
        intersection(sets.map(|set| set.iter().map(String::as_str).collect()))
    }

    /// Returns the ids of the hops, the owner's first. Each is what a revocation source looks up.
    pub fn hop_ids(&self) -> impl ExactSizeIterator<Item = HopId> + '_ {
        self.hops().iter().map(|hop| hop.id)
    }

    /// Returns the number of delegations that may still follow, over all hops.
    pub fn further_hops(&self) -> u32 {
        let count = self.hops().len();
        let left = self.hops().iter().enumerate().map(|(index, hop)| {
            let after = u32::try_from(count.saturating_sub(index).saturating_sub(1));
            hop.grant.max_hops.saturating_sub(after.unwrap_or(u32::MAX))
        });
        let room = u32::try_from(HARD_MAX_HOPS.saturating_sub(count)).unwrap_or(0);
        left.min().unwrap_or(0).min(room)
    }

    /// Returns the keys that all hops allow further delegations to; `None` if they allow any.
    pub fn allowed_delegates(&self) -> Option<BTreeSet<PublicKey>> {
        let sets = self.hops().iter().filter_map(|hop| hop.grant.allowed_delegates.clone());
        intersection(sets)
    }
}

fn intersection<T: Ord>(sets: impl Iterator<Item = BTreeSet<T>>) -> Option<BTreeSet<T>> {
    sets.reduce(|mut all, own| {
        all.retain(|item| own.contains(item));
        all
    })
}

/// The reasons why a held token does not permit a call. At least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotPermitted {
    reasons: Vec<Reason>,
}

impl NotPermitted {
    /// Returns the reasons of every hop, in the order of the hops.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Returns what the holder can do about it, as [`Denial::next_step`](crate::Denial::next_step)
    /// does.
    pub fn next_step(&self) -> NextStep {
        let steps = self.reasons.iter().map(|reason| reason.code.next_step());
        steps.max().unwrap_or(NextStep::GiveUp)
    }

    /// Returns true if one of the reasons has this code.
    pub fn has(&self, code: DenyCode) -> bool {
        self.reasons.iter().any(|reason| reason.code == code)
    }
}

impl Display for NotPermitted {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("the token does not permit this call")?;
        for (i, reason) in self.reasons.iter().enumerate() {
            write!(f, "{}{reason}", if i == 0 { ": " } else { "; " })?;
        }
        Ok(())
    }
}

impl std::error::Error for NotPermitted {}
