//! Does an authentic chain stand at this instant, for whatever it may be used?

use crate::chain::{DelegationChain, Hop};
use crate::reason::{DenyCode, Reason};
use crate::time::{Span, UnixTime};
use crate::verify::revocation::{RevocationPolicy, RevocationStatus};
use crate::verify::trust::{Trust, TrustAnchors, TrustVerdict};

/// Authentic delegations, the instant, and what a verifier judges them by.
#[derive(Debug)]
pub(crate) struct Validity<'a> {
    pub(crate) delegations: &'a DelegationChain,
    pub(crate) at: UnixTime,
    pub(crate) anchors: &'a TrustAnchors,
    pub(crate) revocation: &'a RevocationPolicy,
    /// In seconds.
    pub(crate) clock_tolerance: u64,
    /// The longest that a hop may be valid, in seconds.
    pub(crate) max_lifetime: Option<u64>,
}

/// What was found against a chain.
#[derive(Debug)]
pub(crate) struct Findings {
    /// Against its root key, and against the presentation.
    pub(crate) reasons: Vec<Reason>,
    /// Against its hops.
    pub(crate) of_hops: Vec<Reason>,
    /// How far its root key is trusted.
    pub(crate) trust: Trust,
}

impl Validity<'_> {
    /// Everything that keeps the chain from being trusted and valid.
    pub(crate) fn find(&self) -> Findings {
        let TrustVerdict { reasons, trust } = self.anchors.judge(self.delegations, self.at);
        let mut of_hops = Vec::new();
        for (index, hop) in self.delegations.hops.iter().enumerate() {
            self.check_times(index, hop, &mut of_hops);
            self.check_linkage(index, hop, &mut of_hops);
            self.check_revocation(index, hop, &mut of_hops);
        }
        Findings { reasons, of_hops, trust }
    }

    fn check_times(&self, index: usize, hop: &Hop, reasons: &mut Vec<Reason>) {
        let latest = self.at.plus(self.clock_tolerance);
        if hop.issued > latest {
            let message = format!("was issued at {}, and it is {}", hop.issued, self.at);
            let reason = Reason::new(DenyCode::NotYetValid, message).at(index);
            reasons.push(reason.differs(hop.issued, self.at));
        }
        if let Some(start) = hop.grant.not_before.filter(|start| self.at < *start) {
            let message = format!("begins at {start}, and it is {}", self.at);
            reasons.push(
                Reason::new(DenyCode::NotYetValid, message).at(index).differs(start, self.at),
            );
        }
        let end = hop.grant.expires;
        if self.at >= end {
            let message = format!("expired at {end}, and it is {}", self.at);
            reasons.push(Reason::new(DenyCode::Expired, message).at(index).differs(end, self.at));
        }
        let lifetime = end.since(hop.issued);
        if let Some(most) = self.max_lifetime.filter(|most| lifetime > *most) {
            let (most, lifetime) = (Span(most), Span(lifetime));
            let message =
                format!("is valid for {lifetime}, and this verifier accepts at most {most}");
            let reason = Reason::new(DenyCode::LifetimeTooLong, message).at(index);
            reasons.push(reason.differs(most, lifetime));
        }
    }

    /// How the hop goes with those before it.
    fn check_linkage(&self, index: usize, hop: &Hop, reasons: &mut Vec<Reason>) {
        if hop.delegator.key() == hop.delegate().key() {
            let message = format!("{} delegates to its own key", hop.delegator);
            reasons.push(Reason::new(DenyCode::SelfDelegation, message).at(index));
        }
        let before = self.delegations.hops.iter().take(index).enumerate();
        for (earlier, parent) in before {
            let distance = index.saturating_sub(earlier);
            let allowed = usize::try_from(parent.grant.max_hops).unwrap_or(usize::MAX);
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
