//! From what is known of a chain to the report about it.

use crate::chain::{Chain, Delegations, Unauthentic};
use crate::datalog::Closing;
use crate::denial::{Circumstances, Looked};
use crate::instant::Instant;
use crate::reason::{Code, Reason};
use crate::report::raw::Raw;
use crate::report::{
    HopReport, PartyReport, PresentationReport, Report, RequestReport, RevocationReport, Verdict,
};
use crate::request::Request;

/// What an authentic report is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) delegations: &'a Delegations,
    /// Where the token was presented.
    pub(super) closing: Option<&'a Closing>,
    /// Where something was asked.
    pub(super) request: Option<&'a Request>,
}

impl<'a> Subject<'a> {
    pub(super) fn held(delegations: &'a Delegations) -> Self {
        Self { delegations, closing: None, request: None }
    }

    pub(super) fn chain(chain: &'a Chain) -> Self {
        Self { closing: Some(&chain.closing), ..Self::held(&chain.delegations) }
    }

    pub(super) fn call(chain: &'a Chain, request: &'a Request) -> Self {
        Self { request: Some(request), ..Self::chain(chain) }
    }
}

impl Report {
    pub(super) fn authentic(
        verdict: Verdict,
        subject: Subject<'_>,
        reasons: &[Reason],
        circumstances: Circumstances,
    ) -> Self {
        let Subject { delegations, closing, request } = subject;
        let is_believed = circumstances.is_believed;
        let owner = delegations.hops.first().map(|hop| PartyReport::of(hop.from()));
        let mut hops: Vec<HopReport> = Vec::with_capacity(delegations.hops.len());
        for (index, hop) in delegations.hops.iter().enumerate() {
            let parent = index.checked_sub(1).and_then(|i| delegations.hops.get(i));
            let mut entry = HopReport::new(
                PartyReport::of(hop.from()),
                hop.grant(),
                parent.map(|parent| &parent.grant),
                hop.issued,
                hop.id,
                circumstances.at,
            );
            entry.index = index;
            entry.authentic = is_believed;
            entry.revocation = RevocationReport::of(index, reasons, circumstances.revocation);
            entry.find_return(&hops);
            hops.push(entry);
        }
        let mut report = Self {
            summary: String::new(),
            verdict,
            authentic: is_believed,
            at: circumstances.at.to_string(),
            owner,
            token_id: Some(hex::encode(delegations.token_id)),
            hops,
            presentation: closing.map(|closing| PresentationReport::new(closing, is_believed)),
            not_shown: 0,
            request: request.map(RequestReport::new),
            reasons: reasons.to_vec(),
            checked: vec!["signatures", "form of every block", "times", "depth", "trust anchor"],
            not_checked: Vec::new(),
        };
        report.mark_refusing();
        report.list_checks(circumstances, closing.is_some(), request.is_some());
        report.summary = report.sentence();
        report
    }

    /// Marks the blocks that the reasons are about.
    fn mark_refusing(&mut self) {
        let refuses = |index| self.reasons.iter().any(|reason| reason.hop == Some(index));
        if let Some(presentation) = &mut self.presentation {
            presentation.refused = refuses(self.hops.len());
        }
        self.hops.iter_mut().for_each(|hop| hop.refused = refuses(hop.index));
    }

    fn list_checks(&mut self, circumstances: Circumstances, presented: bool, asked: bool) {
        let Circumstances { revocation, replays, policy, .. } = circumstances;
        if !presented {
            self.not_checked.push("possession: the token is held, and nobody has presented it");
        }
        let mut note = |looked, name, waived, missed| match looked {
            Looked::Checked => self.checked.push(name),
            Looked::Waived => self.not_checked.push(waived),
            Looked::NotReached => self.not_checked.push(missed),
        };
        note(
            revocation,
            "revocation",
            "revocation: this verifier has no source for it",
            "revocation: refused before",
        );
        if !asked {
            self.not_checked.push("request: none was given");
            return;
        }
        note(Looked::Checked, "request, audience and arguments", "", "");
        note(
            policy,
            "the service's policy",
            "policy: the service has none beyond the chain",
            "policy: refused before",
        );
        note(
            replays,
            "replay",
            "replay: this verifier lets a fresh presentation be used again",
            "replay: refused before, the presentation is not used up",
        );
    }

    pub(super) fn unauthentic(
        raw: Raw,
        unauthentic: &Unauthentic,
        request: Option<&Request>,
        reasons: &[Reason],
        at: Instant,
    ) -> Self {
        let mut report = Self::unverified(raw, at);
        report.verdict = Verdict::Deny;
        report.request = request.map(RequestReport::new);
        report.reasons = reasons.to_vec();
        for hop in &mut report.hops {
            hop.authentic = unauthentic.is_believed && hop.index < unauthentic.signed;
        }
        report.mark_refusing();
        if let (Some(root), Some(first), true) =
            (&unauthentic.root, report.hops.first_mut(), unauthentic.is_believed)
        {
            first.from.set_key(root);
            if let Some(owner) = &mut report.owner {
                owner.set_key(root);
            }
        }
        let looked = unauthentic.root.is_some() || unauthentic.reason.code == Code::BadSignature;
        report.checked = Vec::from_iter(looked.then_some("signatures"));
        report.not_checked =
            vec!["everything else: a chain that is not authentic is not looked at any further"];
        report.summary = report.sentence();
        report
    }

    pub(super) fn unverified(raw: Raw, at: Instant) -> Self {
        let mut hops: Vec<HopReport> = Vec::new();
        let owner = raw.owner.clone();
        for (index, (delegation, id)) in raw.hops.iter().enumerate() {
            let parent = index.checked_sub(1).and_then(|i| raw.hops.get(i));
            let from = parent.map(|(parent, _)| PartyReport::of(&parent.grant.to));
            // Without an owner nothing was read that could stand here.
            let Some(from) = from.or_else(|| owner.clone()) else { break };
            let parent = parent.map(|(parent, _)| &parent.grant);
            let mut entry =
                HopReport::new(from, &delegation.grant, parent, delegation.issued, *id, at);
            entry.index = index;
            entry.find_return(&hops);
            hops.push(entry);
        }
        let mut report = Self {
            summary: String::new(),
            verdict: Verdict::Unverified,
            authentic: false,
            at: at.to_string(),
            owner,
            token_id: raw.token_id,
            hops,
            presentation: raw.closing.as_ref().map(|c| PresentationReport::new(c, false)),
            not_shown: raw.unread,
            request: None,
            reasons: Vec::new(),
            checked: Vec::new(),
            not_checked: vec!["anything: no trust anchor was given"],
        };
        report.summary = report.sentence();
        report
    }
}
