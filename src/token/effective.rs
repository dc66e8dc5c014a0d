//! The effective authority of a held token: the intersection of the grants of all its hops.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use serde::Serialize;
use time::OffsetDateTime;

use crate::capability::Capability;
use crate::chain::{Hop, PermittedArgs, TimeRules, is_about_arguments};
use crate::constraint::Budget;
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
    /// A service may still refuse the call: only the service has its trust anchors, its
    /// revocations, its own policy, and the presentations used before.
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

    /// Returns true if the token permits the operation of `request` on its resource, at its service,
    /// with these or other arguments. A model need not be shown a tool for which this is false.
    ///
    /// It may be true although no arguments satisfy all hops.
    pub fn may_permit(&self, request: &Request, now: OffsetDateTime) -> bool {
        let answer = self.would_permit(request, now);
        answer.map_or_else(|why| why.reasons.iter().all(is_about_arguments), |()| true)
    }

    /// Returns the arguments that the token permits in calls of the operation of `request` on its
    /// resource, at its service, to describe them to a model; `None` if it permits no such call at
    /// `now`. The arguments of `request` do not matter.
    pub fn permitted(&self, request: &Request, now: OffsetDateTime) -> Option<PermittedArgs<'_>> {
        let permitted = self.delegations().permitted(request)?;
        self.may_permit(request, now).then_some(permitted)
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

    /// Returns the capabilities that all hops grant: each lies within one capability of every hop.
    ///
    /// If each delegator granted a part of its own capabilities, as [`delegate`](Self::delegate)
    /// requires, these are all capabilities of the last hop. A hop that was made with other
    /// software may claim more than its parents have. Then the capabilities of an earlier hop that
    /// lie within every later hop replace the claim. The result never exceeds the authority of the
    /// chain, and may be less: it leaves out calls that only two capabilities together permit, and
    /// comparisons that take more than [`MAX_DELEGATION_WORK`](crate::limits::MAX_DELEGATION_WORK).
    ///
    /// With [`Grant::below`](crate::Grant::below), they pass on the whole authority of the token:
    ///
    /// ```
    /// # use deputize::*;
    /// # use time::{Duration, macros::datetime};
    /// # let now = datetime!(2026-11-23 18:00 UTC);
    /// # let [alice, planner, researcher] = [(); 3].map(|()| SigningKey::generate().unwrap());
    /// # let to = Principal::agent("planner", planner.public_key())?;
    /// # let read = Capability::new("crm.read", "accounts/**")?;
    /// # let grant = Grant::new(to, [read], now + Duration::hours(8), "Q3")?.with_max_hops(1);
    /// # let token = Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?;
    /// let to = Principal::agent("researcher", researcher.public_key())?;
    /// let grant = Grant::below(&token, to, token.capabilities(), "the same, for a quarter hour")?
    ///     .until(now + Duration::minutes(15))?;
    /// let passed_on = token.delegate(&planner, grant, now)?;
    /// assert_eq!(passed_on.capabilities(), token.capabilities());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn capabilities(&self) -> Vec<Capability> {
        let hops = self.hops();
        let last = self.delegations().hops.last().grant();
        let work = Budget::for_delegation();
        let lies_within = |own: &&Capability| {
            let mut grants = hops.iter().map(Hop::grant);
            grants.all(|grant| own.excess_over(&grant.capabilities, &work).is_none())
        };
        let mut all: Vec<_> = last.capabilities.iter().filter(lies_within).cloned().collect();
        if all.len() < last.capabilities.len() {
            let earlier = hops.iter().rev().skip(1).flat_map(|hop| &hop.grant.capabilities);
            for own in earlier.filter(lies_within) {
                if own.excess_over(&all, &work).is_some() {
                    all.push(own.clone());
                }
            }
        }
        all
    }

    /// Returns the ids of the hops, the owner's first. A revocation source looks up these ids.
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

/// The reasons why a held token does not permit a call, at least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotPermitted {
    reasons: Vec<Reason>,
}

impl NotPermitted {
    /// Returns the reasons of every hop, in the order of the hops.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Returns the next step of the holder, as [`Denial::next_step`](crate::Denial::next_step)
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
