//! From what is known of a chain to the report about it.

use crate::chain::{DelegationChain, Hop, Prefix, PresentedChain};
use crate::format::container::Container;
use crate::format::datalog::PresentationBlock;
use crate::reason::{DenyCode, Reason};
use crate::report::{
    HopReport, PresentationReport, PrincipalReport, Report, RequestReport, RevocationReport,
    Verdict,
};
use crate::report::{remarks, words};
use crate::request::Request;
use crate::time::UnixTime;
use crate::verify::checks::{CalledBy, CheckState, Checks};
use crate::verify::trust::{Trust, TrustAnchors};

/// What a report is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) delegations: &'a DelegationChain,
    /// Where the token was presented.
    pub(super) presentation: Option<&'a PresentationBlock>,
    /// Where something was asked.
    pub(super) request: Option<&'a Request>,
}

impl<'a> Subject<'a> {
    pub(super) fn held(delegations: &'a DelegationChain) -> Self {
        Self { delegations, presentation: None, request: None }
    }

    pub(super) fn chain(chain: &'a PresentedChain) -> Self {
        Self { presentation: Some(&chain.presentation), ..Self::held(&chain.delegations) }
    }

    pub(super) fn call(chain: &'a PresentedChain, request: &'a Request) -> Self {
        Self { request: Some(request), ..Self::chain(chain) }
    }
}

impl Report {
    /// About an authentic chain that a verifier judged.
    pub(super) fn judged(
        verdict: Verdict,
        subject: Subject<'_>,
        reasons: &[Reason],
        checks: Checks,
    ) -> Self {
        let mut report = Self::of_subject(verdict, subject, checks.at);
        report.reasons = reasons.to_vec();
        report.checked.extend(["times", "depth", "trust anchor"]);
        for hop in &mut report.hops {
            hop.revocation = RevocationReport::of(hop.index, reasons, checks.revocation);
        }
        if subject.request.is_some() {
            let Checks { called_by, replays, .. } = checks;
            report.called_by = Some(called_by);
            let call = remarks::of_call(called_by, replays, subject.delegations.holder());
            report.remarks.push(remarks::short(call));
        }
        report.list_checks(checks, subject.presentation.is_some(), subject.request.is_some());
        report.finished(checks.trust, Some(subject.delegations.hops.first()))
    }

    /// About bytes that are not authentic, for this reason: of what is before the fault.
    pub(super) fn unauthentic(
        bytes: &[u8],
        reason: &Reason,
        request: Option<&Request>,
        anchors: Option<&TrustAnchors>,
        at: UnixTime,
    ) -> Self {
        let (prefix, blocks) = match Container::parse(bytes) {
            Ok(container) => (PresentedChain::longest_prefix(&container), container.blocks.len()),
            Err(_) => (Prefix::default(), 0),
        };
        let mut report = Self::of_prefix(Verdict::Deny, &prefix, blocks, at);
        // These say nothing against the bytes.
        let limits = [DenyCode::TokenTooLong, DenyCode::UntrustedRoot, DenyCode::ChainTooLong];
        report.authentic &= limits.contains(&reason.code);
        report.request = request.map(RequestReport::new);
        report.reasons = vec![reason.clone()];
        report.not_checked =
            vec!["everything else: a chain that is not authentic is not looked at any further"];
        if request.is_some() {
            report.called_by = Some(CalledBy::Unknown);
            report.remarks.push(remarks::BY_SOMEBODY.to_owned());
        }
        let trust = match (prefix.delegations.as_deref(), anchors) {
            (Some(own), Some(anchors)) => anchors.judge(own, at).trust,
            _ => Trust::None,
        };
        report.finished(trust, prefix.delegations.as_deref().map(|own| own.hops.first()))
    }

    /// About a chain that was not compared with any trusted key.
    pub(super) fn unverified(prefix: &Prefix, blocks: usize, at: UnixTime) -> Self {
        let mut report = Self::of_prefix(Verdict::Unverified, prefix, blocks, at);
        report.not_checked =
            vec!["everything else: the root key was not compared with any key that you trust"];
        let first = prefix.delegations.as_deref().map(|own| own.hops.first());
        report.finished(Trust::None, first)
    }

    fn of_prefix(verdict: Verdict, prefix: &Prefix, blocks: usize, at: UnixTime) -> Self {
        let Prefix { delegations, presentation, is_hinted_at } = prefix;
        let mut report = match delegations {
            Some(delegations) => {
                let subject =
                    Subject { presentation: presentation.as_ref(), ..Subject::held(delegations) };
                Self::of_subject(verdict, subject, at)
            }
            None => Self::empty(verdict, at),
        };
        let shown = report.hops.len().saturating_add(usize::from(presentation.is_some()));
        report.not_shown = blocks.saturating_sub(shown);
        report.authentic &= *is_hinted_at && report.not_shown == 0;
        report
    }

    fn of_subject(verdict: Verdict, subject: Subject<'_>, at: UnixTime) -> Self {
        let Subject { delegations, presentation, request } = subject;
        let mut hops: Vec<HopReport> = Vec::with_capacity(delegations.hops.len());
        for (index, hop) in delegations.hops.iter().enumerate() {
            let before = delegations.hops.get(..index).unwrap_or_default();
            hops.push(HopReport::new(hop, before, &hops, at));
        }
        let first_beyond = hops.iter().find(|hop| !hop.was_held).map(|hop| hop.index);
        let reach = remarks::of_reach(delegations, first_beyond).map(remarks::short);
        Self {
            authentic: true,
            owner: Some(PrincipalReport::of(delegations.hops.first().delegator())),
            token_id: Some(hex::encode(delegations.token_id)),
            hops,
            presentation: presentation.map(PresentationReport::new),
            request: request.map(RequestReport::new),
            remarks: Vec::from_iter(reach),
            checked: vec!["signatures", "form of every block"],
            ..Self::empty(verdict, at)
        }
    }

    fn empty(verdict: Verdict, at: UnixTime) -> Self {
        Self {
            summary: String::new(),
            verdict,
            authentic: false,
            trusted: false,
            at: at.to_string(),
            owner: None,
            token_id: None,
            hops: Vec::new(),
            presentation: None,
            not_shown: 0,
            request: None,
            reasons: Vec::new(),
            called_by: None,
            remarks: Vec::new(),
            checked: Vec::new(),
            not_checked: Vec::new(),
            names_need_keys: false,
        }
    }

    /// The report with what depends on all the rest of it.
    fn finished(mut self, trust: Trust, first: Option<&Hop>) -> Self {
        let is_trusted = trust != Trust::None;
        self.trusted = is_trusted;
        self.hops.iter_mut().for_each(|hop| hop.trusted = is_trusted);
        if let Some(presentation) = &mut self.presentation {
            presentation.trusted = is_trusted;
        }
        let has_reach = !self.hops.is_empty();
        if let Some(reach) = self.remarks.first_mut().filter(|_| has_reach && !is_trusted) {
            *reach = format!("{}{reach}", words::mark(false));
        }
        let owner = first.map(Hop::delegator);
        let of_owner = owner.and_then(remarks::of_owner);
        let of_trust = owner.and_then(|owner| remarks::of_trust(owner, trust));
        let has_notes = self.hops.iter().any(|hop| !hop.notes.is_empty());
        let is_unusual = has_notes || of_owner.is_some() || of_trust.is_some();
        self.remarks.extend(of_owner.into_iter().chain(of_trust));
        self.mark_refusing();
        self.names_need_keys = is_unusual || !is_trusted;
        self.summary = self.sentence();
        self
    }

    /// Marks the blocks that the reasons are about.
    fn mark_refusing(&mut self) {
        let refuses = |index| self.reasons.iter().any(|reason| reason.hop == Some(index));
        if let Some(presentation) = &mut self.presentation {
            presentation.refused = refuses(self.hops.len());
        }
        self.hops.iter_mut().for_each(|hop| hop.refused = refuses(hop.index));
    }

    fn list_checks(&mut self, checks: Checks, presented: bool, asked: bool) {
        let Checks { revocation, replays, policy, .. } = checks;
        if !presented {
            self.not_checked.push("possession: the token is held, and nobody has presented it");
        }
        let mut note = |looked, name, waived, missed| match looked {
            CheckState::Done => self.checked.push(name),
            CheckState::Waived => self.not_checked.push(waived),
            CheckState::NotReached => self.not_checked.push(missed),
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
        note(CheckState::Done, "request, audience and arguments", "", "");
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
}
