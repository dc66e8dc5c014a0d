//! Checks whether an authentic chain is trusted and valid at a given time, independent of the
//! request.

use crate::chain::{DelegationChain, Hop};
use crate::reason::{DenyCode, Reason};
use crate::time::{Span, UnixTime};
use crate::verify::revocation::{RevocationPolicy, RevocationStatus};
use crate::verify::trust::{Trust, TrustAnchors, TrustVerdict};

/// A chain, the time, and the settings that its validity depends on.
#[derive(Debug)]
pub(crate) struct Validity<'a> {
    pub(crate) delegations: &'a DelegationChain,
    pub(crate) at: UnixTime,
    pub(crate) anchors: &'a TrustAnchors,
    pub(crate) revocation: &'a RevocationPolicy,
    /// In seconds.
    pub(crate) clock_tolerance: u64,
    /// Maximum lifetime of a hop, in seconds.
    pub(crate) max_lifetime: Option<u64>,
}

/// The reasons found against a chain.
#[derive(Debug)]
pub(crate) struct Findings {
    /// Reasons about its root key and its presentation.
    pub(crate) reasons: Vec<Reason>,
    /// Reasons about its hops.
    pub(crate) hop_reasons: Vec<Reason>,
    /// The trust in its root key.
    pub(crate) trust: Trust,
}

impl Validity<'_> {
    /// Finds all reasons why the chain is not trusted or not valid.
    pub(crate) fn find(&self) -> Findings {
        let TrustVerdict { reasons, trust } = self.anchors.judge(self.delegations, self.at);
        let mut hop_reasons = Vec::new();
        // Every hop is checked, so revoking one refuses everything that was delegated from it. The
        // first reason does not end the checks, because a denial lists all reasons.
        for (index, hop) in self.delegations.hops.iter().enumerate() {
            self.check_times(index, hop, &mut hop_reasons);
            self.check_linkage(index, hop, &mut hop_reasons);
            self.check_revocation(index, hop, &mut hop_reasons);
        }
        Findings { reasons, hop_reasons, trust }
    }

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

    /// Checks the hop against those before it.
    fn check_linkage(&self, index: usize, hop: &Hop, reasons: &mut Vec<Reason>) {
        if hop.delegator.key() == hop.delegate().key() {
            let message = format!("{} delegates to its own key", hop.delegator);
            reasons.push(Reason::new(DenyCode::SelfDelegation, message).at(index));
        }
        // All earlier hops, not only the parent: a hop made with other software may allow more than
        // the hops before it do.
        let before = self.delegations.hops.iter().take(index).enumerate();
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
        let parent = index.checked_sub(1).and_then(|parent| self.delegations.hops.get(parent));
        if let Some(parent) = parent
            && hop.issued.plus(self.clock_tolerance) < parent.issued
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

    fn check_revocation(&self, index: usize, hop: &Hop, reasons: &mut Vec<Reason>) {
        let RevocationPolicy::CheckedWith(source) = self.revocation else {
            return;
        };
        let (code, message) = match source.status(&hop.id) {
            RevocationStatus::Good => return,
            RevocationStatus::Revoked => (DenyCode::Revoked, "was revoked"),
            RevocationStatus::Unknown => (
                DenyCode::RevocationUnknown,
                "may have been revoked: the revocation source cannot tell",
            ),
        };
        reasons.push(Reason::new(code, message).at(index));
    }
}
