//! Checks whether an authentic chain is trusted and valid at a given time, independent of the
//! request.

use crate::chain::{DelegationChain, Hop, TimeRules};
use crate::instant::UnixTime;
use crate::reason::{DenyCode, Reason};
use crate::statement::directory::signed::Directory;
use crate::verify::directory::DirectoryPolicy;
use crate::verify::revocation::{RevocationPolicy, RevocationSource, RevocationStatus};
use crate::verify::statements::age::InForce;
use crate::verify::statements::judge::Question;
use crate::verify::trust::{Trust, TrustAnchors, TrustVerdict};

/// A chain, the time, and the settings that its validity depends on.
#[derive(Debug)]
pub(crate) struct Validity<'a> {
    pub(crate) delegations: &'a DelegationChain,
    pub(crate) anchors: &'a TrustAnchors,
    pub(crate) revocation: &'a RevocationPolicy,
    pub(crate) directory: Option<&'a DirectoryPolicy>,
    pub(crate) rules: TimeRules,
    /// The time of the presentation. For a held token, it is the current time.
    pub(crate) presented: UnixTime,
}

/// The reasons found against a chain.
#[derive(Debug)]
pub(crate) struct Findings {
    /// Reasons about the root key, the presentation, and the directory of agents.
    pub(crate) reasons: Vec<Reason>,
    /// Reasons about its hops.
    pub(crate) hop_reasons: Vec<Reason>,
    /// The trust in the root key.
    pub(crate) trust: Trust,
    /// The oldest of the required revocation lists.
    pub(crate) list: Option<InForce>,
    /// The directory by which the agents were judged.
    pub(crate) directory: Option<Directory>,
}

impl Validity<'_> {
    /// Finds all reasons why the chain is not trusted or not valid.
    pub(crate) fn find(&self) -> Findings {
        let TrustVerdict { mut reasons, trust } =
            self.anchors.judge(self.delegations, self.rules.at);
        let mut hop_reasons = Vec::new();
        // Every hop is checked, so revoking one refuses everything that was delegated from it. The
        // first reason does not end the checks, because a denial lists all reasons.
        for (index, hop) in self.delegations.hops.iter().enumerate() {
            self.delegations.check_hop(index, hop, &self.rules, &mut hop_reasons);
            match self.revocation {
                RevocationPolicy::CheckedWith(source) => {
                    ask(&**source, index, hop, &mut hop_reasons);
                }
                RevocationPolicy::ByLists(policy) => {
                    if let Some(source) = &policy.source {
                        ask(&**source, index, hop, &mut hop_reasons);
                    }
                }
                RevocationPolicy::OnlyByExpiry { .. } => {}
            }
        }
        let (list, directory) = self.look_up(&mut reasons, &mut hop_reasons);
        Findings { reasons, hop_reasons, trust, list, directory }
    }

    /// Looks the chain up in the statements that are held now.
    fn look_up(
        &self,
        reasons: &mut Vec<Reason>,
        hop_reasons: &mut Vec<Reason>,
    ) -> (Option<InForce>, Option<Directory>) {
        let lists = match self.revocation {
            RevocationPolicy::ByLists(policy) => Some(&**policy),
            RevocationPolicy::OnlyByExpiry { .. } | RevocationPolicy::CheckedWith(_) => None,
        };
        let statements = lists.map(|policy| &policy.statements);
        let Some(statements) = statements.or(self.directory.map(|policy| &policy.statements))
        else {
            return (None, None);
        };
        let Self { delegations: chain, anchors, presented, .. } = *self;
        let TimeRules { at, clock_tolerance, .. } = self.rules;
        let speakers = &anchors.speakers(chain, at);
        let asked = Question { chain, anchors, speakers, at, presented, clock_tolerance };
        // One set for the whole decision, because a statement may arrive meanwhile.
        let held = statements.held();
        let list = lists.and_then(|policy| {
            held.find_revoked(&asked, hop_reasons);
            held.find_unknown(&asked, &policy.required, hop_reasons)
        });
        let directory = self.directory.and_then(|policy| {
            // A set that has both is read once, so a power over the directory is judged by the
            // lists of the same moment.
            let held = match policy.statements.is_same(statements) {
                true => held,
                false => policy.statements.held(),
            };
            held.find_agent_faults(&asked, &policy.required, reasons, hop_reasons)
        });
        (list, directory)
    }
}

fn ask(source: &dyn RevocationSource, index: usize, hop: &Hop, reasons: &mut Vec<Reason>) {
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
