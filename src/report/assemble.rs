//! Assembles a report from a chain and the findings of a verifier.

use crate::chain::{DelegationChain, Hop, Prefix, PresentedChain};
use crate::format::container::Container;
use crate::format::datalog::PresentationBlock;
use crate::format::hop_id::HopId;
use crate::instant::UnixTime;
use crate::reason::{DenyCode, Reason};
use crate::report::account::{Report, Verdict};
use crate::report::agent::AgentReport;
use crate::report::checks::{Check, CheckedFact};
use crate::report::hop::{HopReport, RevocationReport};
use crate::report::presentation::PresentationReport;
use crate::report::principal::PrincipalReport;
use crate::report::remarks;
use crate::report::request::RequestReport;
use crate::report::wording::{UNVERIFIED, plain};
use crate::request::Request;
use crate::verify::checks::{CalledBy, Checks};
use crate::verify::trust::{Trust, TrustAnchors};

/// An authentic chain with its presentation and the request, if there are any.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReportInput<'a> {
    pub(super) delegations: &'a DelegationChain,
    pub(super) presentation: Option<(&'a PresentationBlock, HopId)>,
    pub(super) request: Option<&'a Request>,
}

impl<'a> ReportInput<'a> {
    pub(super) fn held(delegations: &'a DelegationChain) -> Self {
        Self { delegations, presentation: None, request: None }
    }

    pub(super) fn presented(chain: &'a PresentedChain) -> Self {
        let presentation = Some((&chain.presentation, chain.presentation_id));
        Self { presentation, ..Self::held(&chain.delegations) }
    }

    pub(super) fn with_request(self, request: Option<&'a Request>) -> Self {
        Self { request, ..self }
    }
}

impl Report {
    /// Reports on an authentic chain that a verifier judged.
    pub(super) fn judged(
        verdict: Verdict,
        input: ReportInput<'_>,
        reasons: &[Reason],
        checks: &Checks,
    ) -> Self {
        let mut report = Self::of_input(verdict, input, checks.at);
        report.reasons = reasons.to_vec();
        for hop in &mut report.hops {
            hop.revocation = RevocationReport::of(hop.index, reasons, checks.revocation);
            let is_good = hop.revocation == RevocationReport::Good;
            let list = checks.list.filter(|_| is_good);
            hop.not_revoked_as_of = list.map(|list| list.issued.to_string());
        }
        if let Some(directory) = &checks.directory {
            for (hop, shown) in input.delegations.hops.iter().zip(&mut report.hops) {
                shown.agent = AgentReport::of(directory, &hop.delegate().key(), checks.at);
            }
        }
        if input.request.is_some() {
            let Checks { called_by, replays, .. } = *checks;
            report.called_by = Some(called_by);
            let call = remarks::of_call(called_by, replays, input.delegations.holder());
            report.remarks.push(remarks::short(call));
        }
        report.checks =
            Check::of_judged(checks, input.presentation.is_some(), input.request.is_some());
        report.finish(checks.trust, Some(input.delegations.hops.first()))
    }

    /// Reports on bytes that were refused for `reason`, as far as they are authentic.
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
        // These codes are about the verifier's settings, not about the bytes.
        let settings = [DenyCode::TokenTooLong, DenyCode::UntrustedRoot, DenyCode::ChainTooLong];
        report.authentic &= settings.contains(&reason.code);
        report.request = request.map(RequestReport::of);
        report.reasons = vec![reason.clone()];
        if request.is_some() {
            report.called_by = Some(CalledBy::Unknown);
            report.remarks.push(remarks::BY_UNKNOWN.to_owned());
        }
        let delegations = prefix.delegations.as_deref();
        let mut done = prefix_checks(&prefix);
        let trust = match (delegations, anchors) {
            (Some(delegations), Some(anchors)) => {
                done.push(CheckedFact::Trust);
                anchors.judge(delegations, at).trust
            }
            _ => Trust::None,
        };
        let why_not = "a chain that is not authentic is not examined further";
        report.checks = Check::only(&done, why_not);
        report.finish(trust, delegations.map(|chain| chain.hops.first()))
    }

    /// Reports on a call that came without a chain.
    pub(super) fn without_chain(
        reasons: &[Reason],
        request: Option<&Request>,
        at: UnixTime,
    ) -> Self {
        let mut report = Self::empty(Verdict::Deny, at);
        report.request = request.map(RequestReport::of);
        report.reasons = reasons.to_vec();
        report.called_by = Some(CalledBy::Unknown);
        report.remarks.push(remarks::BY_UNKNOWN.to_owned());
        report.checks = Check::only(&[], "there is no chain to examine");
        report.finish(Trust::None, None)
    }

    /// Turns the report of a decision into that of an observation: no block has refused the call.
    pub(super) fn observed(mut self) -> Self {
        self.verdict = match self.verdict {
            Verdict::Allow => Verdict::WouldAllow,
            Verdict::Deny => Verdict::WouldDeny,
            other => other,
        };
        self.hops.iter_mut().for_each(|hop| hop.refused = false);
        self.presentation.iter_mut().for_each(|presentation| presentation.refused = false);
        let others = std::mem::take(&mut self.remarks);
        self.remarks = [remarks::NOT_ENFORCED.to_owned()].into_iter().chain(others).collect();
        self.summary = plain(&self.summary_pieces());
        self
    }

    /// Reports on a chain whose root key was not compared with any trusted key.
    pub(super) fn unverified(prefix: &Prefix, blocks: usize, at: UnixTime) -> Self {
        let mut report = Self::of_prefix(Verdict::Unverified, prefix, blocks, at);
        let why_not = "the root key was not compared with any trusted key";
        report.checks = Check::only(&prefix_checks(prefix), why_not);
        let first = prefix.delegations.as_deref().map(|chain| chain.hops.first());
        report.finish(Trust::None, first)
    }

    fn of_prefix(verdict: Verdict, prefix: &Prefix, blocks: usize, at: UnixTime) -> Self {
        let Prefix { delegations, presentation, hint_matches } = prefix;
        let mut report = match delegations {
            Some(delegations) => {
                let presentation = presentation.as_ref().map(|(block, id)| (block, *id));
                let input = ReportInput { presentation, ..ReportInput::held(delegations) };
                Self::of_input(verdict, input, at)
            }
            None => Self::empty(verdict, at),
        };
        let shown = report.hops.len().saturating_add(usize::from(presentation.is_some()));
        report.not_shown = blocks.saturating_sub(shown);
        report.authentic &= *hint_matches && report.not_shown == 0;
        report
    }

    fn of_input(verdict: Verdict, input: ReportInput<'_>, at: UnixTime) -> Self {
        let ReportInput { delegations, presentation, request } = input;
        let mut hops: Vec<HopReport> = Vec::with_capacity(delegations.hops.len());
        for (index, hop) in delegations.hops.iter().enumerate() {
            let before = delegations.hops.get(..index).unwrap_or_default();
            hops.push(HopReport::of(hop, before, &hops, at));
        }
        let first_excess = hops.iter().find(|hop| !hop.was_held).map(|hop| hop.index);
        let reach = remarks::short(remarks::of_reach(delegations, first_excess));
        Self {
            authentic: true,
            owner: Some(PrincipalReport::of(delegations.hops.first().delegator())),
            token_id: Some(hex::encode(delegations.token_id)),
            hops,
            presentation: presentation.map(|(block, id)| PresentationReport::of(block, id)),
            request: request.map(RequestReport::of),
            remarks: vec![reach],
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
            checks: Vec::new(),
            names_need_keys: false,
        }
    }

    /// Adds everything that depends on the trust in the root key and on the rest of the report.
    fn finish(mut self, trust: Trust, first: Option<&Hop>) -> Self {
        let is_trusted = trust != Trust::None;
        self.trusted = is_trusted;
        self.hops.iter_mut().for_each(|hop| hop.trusted = is_trusted);
        if let Some(presentation) = &mut self.presentation {
            presentation.trusted = is_trusted;
        }
        let has_reach = !self.hops.is_empty();
        if let Some(reach) = self.remarks.first_mut().filter(|_| has_reach && !is_trusted) {
            *reach = format!("{UNVERIFIED}{reach}");
        }
        let owner = first.map(Hop::delegator);
        let of_owner = owner.and_then(remarks::of_owner);
        let of_name = owner.and_then(remarks::of_owner_name);
        let of_trust = owner.and_then(|owner| remarks::of_trust(owner, trust));
        let has_notes = self.hops.iter().any(|hop| !hop.notes.is_empty());
        let of_owner = [of_owner, of_name, of_trust].into_iter().flatten();
        let before = self.remarks.len();
        self.remarks.extend(of_owner);
        let is_unusual = has_notes || self.remarks.len() > before;
        self.mark_refusing();
        self.names_need_keys = is_unusual || !is_trusted;
        self.summary = plain(&self.summary_pieces());
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
}

/// Returns the facts that were checked to find the prefix.
fn prefix_checks(prefix: &Prefix) -> Vec<CheckedFact> {
    let mut done = Vec::new();
    if prefix.delegations.is_some() {
        done.extend([CheckedFact::Signatures, CheckedFact::Form]);
    }
    if prefix.presentation.is_some() {
        done.push(CheckedFact::Possession);
    }
    done
}
