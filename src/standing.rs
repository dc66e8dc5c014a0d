//! Does an authentic chain stand at this instant, for whatever it may be used?

use crate::chain::{Delegations, Hop};
use crate::inert::Inert;
use crate::instant::Instant;
use crate::principal::Principal;
use crate::reason::{Code, Reason};
use crate::revocation::{Revocation, RevocationStatus};
use crate::trust::TrustAnchor;

/// Authentic delegations, the instant, and what a verifier judges them by.
#[derive(Debug)]
pub(crate) struct Standing<'a> {
    pub(crate) delegations: &'a Delegations,
    pub(crate) at: Instant,
    pub(crate) anchors: &'a [TrustAnchor],
    pub(crate) revocation: &'a Revocation,
    /// In seconds.
    pub(crate) clock_tolerance: u64,
}

impl Standing<'_> {
    /// Everything that keeps the chain from standing.
    pub(crate) fn reasons(&self) -> Vec<Reason> {
        let mut reasons = Vec::new();
        self.check_anchor(&mut reasons);
        for (index, hop) in self.delegations.hops.iter().enumerate() {
            self.check_times(index, hop, &mut reasons);
            self.check_linkage(index, hop, &mut reasons);
            self.check_revocation(index, hop, &mut reasons);
        }
        reasons
    }

    /// What the anchor of this chain's root key says of its owner and of the names in it.
    fn check_anchor(&self, reasons: &mut Vec<Reason>) {
        let Some(root) = self.delegations.root_key() else { return };
        let owner = self.delegations.owner.name();
        let of_key = || self.anchors.iter().filter(|anchor| anchor.key == root);
        let for_owner: Vec<_> = of_key().filter(|anchor| anchor.speaks_for(owner)).collect();
        if for_owner.is_empty() {
            let message = format!("the trust anchor {root} may not speak for {}", Inert(owner));
            reasons.push(Reason::new(Code::OwnerNotTrusted, message).at(0));
        } else if !for_owner.iter().any(|anchor| anchor.is_valid_at(self.at)) {
            let message = format!("the trust anchor {root} is not valid at {}", self.at);
            reasons.push(Reason::new(Code::AnchorNotValid, message).at(0));
        }
        let pins: Vec<_> = for_owner.iter().flat_map(|anchor| &anchor.pinned).collect();
        let delegates =
            self.delegations.hops.iter().enumerate().map(|(index, hop)| (index, hop.to()));
        let owner = self.delegations.hops.first().map(|hop| (0, hop.from()));
        for (index, named) in owner.into_iter().chain(delegates) {
            let differs =
                |pin: &&&Principal| (pin.name() == named.name()) != (pin.key() == named.key());
            if let Some(pin) = pins.iter().find(differs) {
                let message = format!("names {named}, and pinned is {pin}");
                reasons.push(Reason::new(Code::Pinned, message).at(index).differs(pin, named));
            }
        }
    }

    fn check_times(&self, index: usize, hop: &Hop, reasons: &mut Vec<Reason>) {
        let latest = self.at.plus(self.clock_tolerance);
        if hop.issued > latest {
            let message = format!("was issued at {}, and it is {}", hop.issued, self.at);
            let reason = Reason::new(Code::NotYetValid, message).at(index);
            reasons.push(reason.differs(hop.issued, self.at));
        }
        if let Some(start) = hop.grant.not_before.filter(|start| self.at < *start) {
            let message = format!("begins at {start}, and it is {}", self.at);
            reasons.push(Reason::new(Code::NotYetValid, message).at(index).differs(start, self.at));
        }
        let end = hop.grant.expires;
        if self.at >= end {
            let message = format!("expired at {end}, and it is {}", self.at);
            reasons.push(Reason::new(Code::Expired, message).at(index).differs(end, self.at));
        }
    }

    /// How the hop goes with those before it.
    fn check_linkage(&self, index: usize, hop: &Hop, reasons: &mut Vec<Reason>) {
        if hop.from.key() == hop.to().key() {
            let message = format!("{} delegates to its own key", hop.from);
            reasons.push(Reason::new(Code::SelfDelegation, message).at(index));
        }
        let before = self.delegations.hops.iter().take(index).enumerate();
        for (earlier, parent) in before {
            let distance = index.saturating_sub(earlier);
            let allowed = usize::try_from(parent.grant.max_hops).unwrap_or(usize::MAX);
            if distance == allowed.saturating_add(1) {
                let message = format!(
                    "follows hop {earlier}, which lets {allowed} further hops follow at most"
                );
                reasons
                    .push(Reason::new(Code::MaxHops, message).at(index).differs(allowed, distance));
            }
            let keys = parent.grant.delegates.as_ref();
            if keys.is_some_and(|keys| !keys.contains(&hop.to().key())) {
                let message = format!("hop {earlier} does not allow delegation to {}", hop.to());
                reasons.push(Reason::new(Code::DelegateNotAllowed, message).at(index));
            }
        }
        let parent = index.checked_sub(1).and_then(|parent| self.delegations.hops.get(parent));
        if let Some(parent) = parent
            && hop.grant.expires > parent.grant.expires
        {
            let (own, outer) = (hop.grant.expires, parent.grant.expires);
            let message = format!("expires at {own}, after its parent at {outer}");
            reasons.push(Reason::new(Code::OutlivesParent, message).at(index).differs(outer, own));
        }
    }

    fn check_revocation(&self, index: usize, hop: &Hop, reasons: &mut Vec<Reason>) {
        let Revocation::CheckedWith(source) = self.revocation else {
            return;
        };
        let (code, message) = match source.status(&hop.id) {
            RevocationStatus::Good => return,
            RevocationStatus::Revoked => (Code::Revoked, "was revoked"),
            RevocationStatus::Unknown => {
                (Code::RevocationUnknown, "may have been revoked: the source does not know")
            }
        };
        reasons.push(Reason::new(code, message).at(index));
    }
}
