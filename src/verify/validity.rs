//! Checks whether an authentic chain is trusted and valid at a given time, independent of the
//! request.

use crate::chain::{DelegationChain, Hop, TimeRules};
use crate::reason::{DenyCode, Reason};
use crate::verify::revocation::{RevocationPolicy, RevocationStatus};
use crate::verify::trust::{Trust, TrustAnchors, TrustVerdict};

/// A chain, the time, and the settings that its validity depends on.
#[derive(Debug)]
pub(crate) struct Validity<'a> {
    pub(crate) delegations: &'a DelegationChain,
    pub(crate) anchors: &'a TrustAnchors,
    pub(crate) revocation: &'a RevocationPolicy,
    pub(crate) rules: TimeRules,
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
        let TrustVerdict { reasons, trust } = self.anchors.judge(self.delegations, self.rules.at);
        let mut hop_reasons = Vec::new();
        // Every hop is checked, so revoking one refuses everything that was delegated from it. The
        // first reason does not end the checks, because a denial lists all reasons.
        for (index, hop) in self.delegations.hops.iter().enumerate() {
            self.delegations.check_hop(index, hop, &self.rules, &mut hop_reasons);
            self.check_revocation(index, hop, &mut hop_reasons);
        }
        Findings { reasons, hop_reasons, trust }
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
