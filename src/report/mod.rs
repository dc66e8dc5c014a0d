//! Who is accountable, who delegated what to whom, why, until when, and why the call was allowed or
//! refused.

mod hop;
mod raw;
mod removed;
mod text;

pub use hop::{HopReport, PartyReport, RevocationReport};

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::chain::{Chain, Unauthentic};
use crate::datalog::Closing;
use crate::decision::{Decision, Permit};
use crate::denial::{Circumstances, Denial, Evidence, Looked};
use crate::inert::Inert;
use crate::instant::Instant;
use crate::limits::HARD_MAX_HOPS;
use crate::presentation::Presentation;
use crate::reason::{Code, Reason};
use crate::report::raw::Raw;
use crate::request::Request;
use crate::token::Token;
use crate::verify::VerifiedChain;

/// An account of a chain, and of the decision about a call where there was one.
///
/// `Display` writes it for people, `Serialize` for programs. Whatever somebody chose, such as names
/// and purposes, is inert in the text; in JSON strings stand as they are.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// One sentence that says it all.
    pub summary: String,
    /// What was decided, or that nothing was.
    pub verdict: Verdict,
    /// Whether the chain begins with a key that is trusted to speak for its owner, and every hop is
    /// signed by whom it should be.
    pub authentic: bool,
    /// The instant that the report is about, RFC 3339.
    pub at: String,
    /// Who is accountable, as the first block says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<PartyReport>,
    /// The random id of the token, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_id: Option<String>,
    /// The delegations, the owner's first.
    pub hops: Vec<HopReport>,
    /// What the token was presented for, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presentation: Option<PresentationReport>,
    /// The call that was decided about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestReport>,
    /// Why the call was refused; empty where it was not.
    pub reasons: Vec<Reason>,
    /// What was checked.
    pub checked: Vec<&'static str>,
    /// What was not checked, and why not.
    pub not_checked: Vec<&'static str>,
}

/// What a report says of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The call may be made.
    Allow,
    /// It may not.
    Deny,
    /// The chain stands; nothing was asked.
    Verified,
    /// Nobody looked at the signatures.
    Unverified,
}

/// The block that closes a token over one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PresentationReport {
    /// Whether the holder signed it.
    pub authentic: bool,
    /// The service that it is for.
    pub audience: String,
    /// When it was made, RFC 3339.
    pub issued: String,
    /// The digest of the request that it is for, in hexadecimal.
    pub request_digest: String,
}

/// The call that was decided about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RequestReport {
    /// What is done.
    pub operation: String,
    /// What it is done to.
    pub resource: String,
    /// Who is asked.
    pub audience: String,
    /// The arguments.
    pub args: serde_json::Map<String, serde_json::Value>,
}

impl Report {
    /// The account of a decision.
    pub fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Allow(permit) => Self::of_permit(permit),
            Decision::Deny(denial) => Self::of_denial(denial),
        }
    }

    /// The account of a permitted call.
    pub fn of_permit(permit: &Permit) -> Self {
        let Permit { request, chain, circumstances } = permit;
        Self::authentic(Verdict::Allow, &chain.chain, Some(request), &[], *circumstances)
    }

    /// The account of a refusal.
    pub fn of_denial(denial: &Denial) -> Self {
        let Denial { reasons, evidence, request, circumstances } = denial;
        match evidence {
            Evidence::Authentic(chain) => {
                Self::authentic(Verdict::Deny, chain, request.as_deref(), reasons, *circumstances)
            }
            Evidence::Unauthentic(presentation, unauthentic) => {
                // What nobody signed who should have is not worth reading, and may be dear to read.
                let raw = Raw::read(presentation.as_bytes(), unauthentic.signed);
                Self::unauthentic(raw, unauthentic, request.as_deref(), reasons, circumstances.at)
            }
        }
    }

    /// The account of a chain that stands, with nothing asked.
    pub fn of_chain(chain: &VerifiedChain) -> Self {
        let circumstances = chain.circumstances(Looked::NotReached, Looked::NotReached);
        Self::authentic(Verdict::Verified, &chain.chain, None, &[], circumstances)
    }

    /// What a held token says, unproven, at `now`.
    pub fn unverified_token(token: &Token, now: time::OffsetDateTime) -> Self {
        Self::unverified(Raw::read(token.as_bytes(), HARD_MAX_HOPS), Instant::of(now))
    }

    /// What a presentation says, unproven, at `now`.
    pub fn unverified_presentation(presentation: &Presentation, now: time::OffsetDateTime) -> Self {
        Self::unverified(
            Raw::read(presentation.as_bytes(), HARD_MAX_HOPS.saturating_add(1)),
            Instant::of(now),
        )
    }

    /// The JSON of the report.
    ///
    /// # Errors
    ///
    /// None is known; the encoder's type allows one.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }

    fn authentic(
        verdict: Verdict,
        chain: &Chain,
        request: Option<&Request>,
        reasons: &[Reason],
        circumstances: Circumstances,
    ) -> Self {
        let is_believed = circumstances.is_believed;
        let owner = chain.hops.first().map(|hop| PartyReport::of(hop.from()));
        let mut hops: Vec<HopReport> = Vec::with_capacity(chain.hops.len());
        for (index, hop) in chain.hops.iter().enumerate() {
            let parent = index.checked_sub(1).and_then(|i| chain.hops.get(i));
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
            entry.refused = reasons.iter().any(|reason| reason.hop == Some(index));
            entry.find_return(&hops);
            hops.push(entry);
        }
        let mut report = Self {
            summary: String::new(),
            verdict,
            authentic: is_believed,
            at: circumstances.at.to_string(),
            owner,
            token_id: Some(hex::encode(chain.token_id)),
            hops,
            presentation: Some(PresentationReport::new(&chain.closing, is_believed)),
            request: request.map(RequestReport::new),
            reasons: reasons.to_vec(),
            checked: vec!["signatures", "form of every block", "times", "depth", "trust anchor"],
            not_checked: Vec::new(),
        };
        report.list_checks(circumstances, request.is_some());
        report.summary = report.summarize();
        report
    }

    fn list_checks(&mut self, circumstances: Circumstances, asked: bool) {
        let Circumstances { revocation, replays, policy, .. } = circumstances;
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
            "replay: accepted by this verifier for read-only calls",
            "replay: refused before, the presentation is not used up",
        );
    }

    fn unauthentic(
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
            hop.refused = reasons.iter().any(|reason| reason.hop == Some(hop.index));
        }
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
        report.summary = report.summarize();
        report
    }

    fn unverified(raw: Raw, at: Instant) -> Self {
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
            request: None,
            reasons: Vec::new(),
            checked: Vec::new(),
            not_checked: vec!["anything: no trust anchor was given"],
        };
        report.summary = report.summarize();
        report
    }

    fn summarize(&self) -> String {
        let owner = self.owner.as_ref().map_or("somebody", |owner| &owner.name);
        let mut path = vec![Inert(owner).to_string()];
        path.extend(self.hops.iter().map(|hop| Inert(&hop.to.name).to_string()));
        let path = path.join(" → ");
        let call = self.request.as_ref().map(ToString::to_string).unwrap_or_default();
        let why = self.reasons.first().map(ToString::to_string).unwrap_or_default();
        let owner = Inert(owner);
        match (self.verdict, self.authentic) {
            (Verdict::Allow, _) => format!("{owner} is accountable: {path}; allowed {call}"),
            (Verdict::Verified, _) => format!("{owner} is accountable: {path}"),
            (Verdict::Deny, true) => {
                let refused =
                    if call.is_empty() { "refused".to_owned() } else { format!("refused {call}") };
                format!("{owner} is accountable: {path}; {refused}: {why}")
            }
            (Verdict::Deny, false) if self.owner.is_none() => {
                let asked = if call.is_empty() { String::new() } else { format!(" {call}") };
                format!("UNVERIFIED, nobody is accountable; refused{asked}: {why}")
            }
            (Verdict::Deny, false) => {
                let refused =
                    if call.is_empty() { "refused".to_owned() } else { format!("refused {call}") };
                format!("UNVERIFIED, nobody is accountable: {path}; {refused}: {why}")
            }
            (Verdict::Unverified, _) => {
                format!("UNVERIFIED, the token itself says: {owner} is accountable: {path}")
            }
        }
    }
}

impl PresentationReport {
    fn new(closing: &Closing, authentic: bool) -> Self {
        Self {
            authentic,
            audience: closing.audience.clone(),
            issued: closing.issued.to_string(),
            request_digest: hex::encode(closing.request_digest),
        }
    }
}

impl RequestReport {
    fn new(request: &Request) -> Self {
        Self {
            operation: request.operation().as_str().to_owned(),
            resource: request.resource().as_str().to_owned(),
            audience: request.audience().to_owned(),
            args: request.args().clone(),
        }
    }
}

impl Display for RequestReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { operation, resource, audience, .. } = self;
        write!(f, "{} on {} at {}", Inert(operation), Inert(resource), Inert(audience))
    }
}
