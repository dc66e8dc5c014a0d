//! Checks of the times of each hop, and of its links to the hops before it. Verifiers and holders
//! apply them alike.

use crate::chain::hop::Hop;
use crate::chain::types::DelegationChain;
use crate::instant::{Span, UnixTime};
use crate::reason::{DenyCode, Reason};

/// The time of a check, and the bounds on times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeRules {
    pub(crate) at: UnixTime,
    /// In seconds.
    pub(crate) clock_tolerance: u64,
    /// Maximum lifetime of a hop, in seconds.
    pub(crate) max_lifetime: Option<u64>,
}

impl DelegationChain {
    /// Finds everything that keeps one hop from being valid, except revocation.
    pub(crate) fn check_hop(
        &self,
        index: usize,
        hop: &Hop,
        rules: &TimeRules,
        reasons: &mut Vec<Reason>,
    ) {
        rules.check_times(index, hop, reasons);
        self.check_linkage(index, hop, rules, reasons);
    }

    /// Checks the hop against those before it.
    fn check_linkage(&self, index: usize, hop: &Hop, rules: &TimeRules, reasons: &mut Vec<Reason>) {
        if hop.delegator.key() == hop.delegate().key() {
            let message = format!("{} delegates to its own key", hop.delegator);
            reasons.push(Reason::new(DenyCode::SelfDelegation, message).at(index));
        }
        // All earlier hops, not only the parent: a hop made with other software may allow more than
        // the hops before it do.
        let before = self.hops.iter().take(index).enumerate();
        for (earlier, parent) in before {
            let distance = index.saturating_sub(earlier);
            let allowed = usize::try_from(parent.grant.max_hops).unwrap_or(usize::MAX);
            // Equality reports a depth once for each earlier hop, at the first hop that exceeds it.
            if distance == allowed.saturating_add(1) {
                let message = format!("follows hop {earlier}, which allows {allowed} further hops");
                reasons.push(
                    Reason::new(DenyCode::DelegationDepthExceeded, message)
                        .at(index)
                        .differs(allowed, distance),
                );
            }
            let keys = parent.grant.allowed_delegates.as_ref();
            if keys.is_some_and(|keys| !keys.contains(&hop.delegate().key())) {
                let message =
                    format!("hop {earlier} does not allow delegation to {}", hop.delegate());
                reasons.push(Reason::new(DenyCode::DelegateNotAllowed, message).at(index));
            }
        }
        // The times are compared with the parent only, which suffices for the expiry: if no hop
        // outlives its parent, no hop outlives an earlier one.
        let parent = index.checked_sub(1).and_then(|parent| self.hops.get(parent));
        if let Some(parent) = parent
            && hop.issued.plus(rules.clock_tolerance) < parent.issued
        {
            let (own, outer) = (hop.issued, parent.issued);
            let message = format!("was issued at {own}, before its parent at {outer}");
            let reason = Reason::new(DenyCode::IssuedBeforeParent, message).at(index);
            reasons.push(reason.differs(outer, own));
        }
        if let Some(parent) = parent
            && hop.grant.expires > parent.grant.expires
        {
            let (own, outer) = (hop.grant.expires, parent.grant.expires);
            let message = format!("expires at {own}, after its parent at {outer}");
            reasons
                .push(Reason::new(DenyCode::OutlivesParent, message).at(index).differs(outer, own));
        }
    }
}

impl TimeRules {
    fn check_times(&self, index: usize, hop: &Hop, reasons: &mut Vec<Reason>) {
        // The tolerance covers only a delegator's clock that is ahead. On `not_before` or the
        // expiry, it would extend authority beyond the grant, at every hop.
        let latest = self.at.plus(self.clock_tolerance);
        if hop.issued > latest {
            let message = format!("was issued at {}, and it is {}", hop.issued, self.at);
            let reason = Reason::new(DenyCode::NotYetValid, message).at(index);
            reasons.push(reason.differs(hop.issued, self.at));
        }
        if let Some(start) = hop.grant.not_before.filter(|start| self.at < *start) {
            let message = format!("is valid from {start} on, and it is {}", self.at);
            reasons.push(
                Reason::new(DenyCode::NotYetValid, message).at(index).differs(start, self.at),
            );
        }
        let end = hop.grant.expires;
        if self.at >= end {
            let message = format!("expired at {end}, and it is {}", self.at);
            reasons.push(Reason::new(DenyCode::Expired, message).at(index).differs(end, self.at));
        }
        // Measured from the issue time that the signer claims. A claim in the future would make the
        // lifetime look shorter, and is refused above.
        let lifetime = end.since(hop.issued);
        if let Some(max) = self.max_lifetime.filter(|max| lifetime > *max) {
            let (max, lifetime) = (Span(max), Span(lifetime));
            let message =
                format!("is valid for {lifetime}, and this verifier accepts at most {max}");
            let reason = Reason::new(DenyCode::LifetimeTooLong, message).at(index);
            reasons.push(reason.differs(max, lifetime));
        }
    }
}
