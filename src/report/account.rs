//! A report as data.

use serde::{Deserialize, Serialize};

use crate::reason::{DenyCode, Reason};
use crate::report::checks::{Check, CheckedFact};
use crate::report::hop::HopReport;
use crate::report::presentation::PresentationReport;
use crate::report::principal::PrincipalReport;
use crate::report::request::RequestReport;
use crate::verify::checks::{CalledBy, CheckState};

/// An account of a chain, and of the decision about a call if there was one.
///
/// `Display` writes it for people, `Serialize` for programs; there are formats for documents,
/// pictures and pages. Each of them escapes untrusted text, such as names and purposes; in JSON it
/// is unchanged.
///
/// ```
/// # use deputize::*;
/// # use time::{Duration, macros::datetime};
/// # let now = datetime!(2026-11-23 18:00 UTC);
/// # let (alice, planner) = (SigningKey::generate()?, SigningKey::generate()?);
/// # let to = Principal::agent("planner", planner.public_key())?;
/// # let read = [Capability::new("crm.read", "accounts/**")?];
/// # let grant = Grant::new(to, read, now + Duration::hours(8), "Q3 review")?;
/// # let token = Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?;
/// let crm = Verifier::new(
///     TrustAnchor::new(alice.public_key(), "alice@acme.com"),
///     RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
///     ReplayPolicy::accepted_for(["crm.read".parse()?]),
/// );
/// let report = Report::of_token(&crm, &token, now);
/// assert_eq!(report.summary, "alice@acme.com is accountable: alice@acme.com → planner");
/// assert!(report.to_string().contains("allows:    crm.read on accounts/**"));
/// assert!(report.to_markdown().contains("- allows: `crm.read on accounts/**`"));
/// assert!(report.to_mermaid().contains("flowchart TD"));
/// assert!(report.to_dot().starts_with("digraph deputize"));
/// let revocation = report.checks.iter().find(|check| check.what == CheckedFact::Revocation);
/// assert_eq!(revocation.map(|check| check.state), Some(CheckState::Waived));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
// The schema leaves out the example in Rust.
#[cfg_attr(
    feature = "schema",
    schemars(
        description = "An account of a chain, and of the decision about a call if there was one."
    )
)]
#[non_exhaustive]
pub struct Report {
    /// The whole report in one sentence.
    pub summary: String,
    /// The decision, or that there was none.
    pub verdict: Verdict,
    /// True if the signature, parent and form of every block are right, and the unsigned hint
    /// matches the root key.
    pub authentic: bool,
    /// True if the root key of the hops that are shown is trusted to speak for their owner. If not,
    /// the holder of that key may have chosen the owner's name.
    pub trusted: bool,
    /// The time that the report is about, RFC 3339.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub at: String,
    /// The accountable owner, as the first block states it, with the root key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<PrincipalReport>,
    /// The random id of the token, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9a-f]{32}$")))]
    pub token_id: Option<String>,
    /// The delegations, the owner's first.
    pub hops: Vec<HopReport>,
    /// The presentation, if the token was presented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presentation: Option<PresentationReport>,
    /// The number of further blocks, which are not shown: they are not authentic, or follow one
    /// that is not.
    pub not_shown: usize,
    /// The call that was decided about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestReport>,
    /// The reasons why the call was refused; empty if it was not.
    pub reasons: Vec<Reason>,
    /// The caller, if a call was decided about. Only a call by the holder may be held against the
    /// holder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub called_by: Option<CalledBy>,
    /// Sentences about the caller, the most that the chain can be used for, and anything unusual
    /// about its owner. Untrusted text in them is escaped.
    pub remarks: Vec<String>,
    /// Each fact that a verifier can check, and whether it was checked. If the chain is not
    /// authentic, this is about the blocks that are shown.
    pub checks: Vec<Check>,
    /// True if something about the chain is unusual, so that names alone could mislead.
    #[serde(skip)]
    pub(super) names_need_keys: bool,
}

/// The decision that a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The call is allowed.
    Allow,
    /// The call, or the chain, is refused.
    Deny,
    /// The chain is authentic, trusted and valid; no call was decided about.
    Verified,
    /// The root key was not compared with any trusted key.
    Unverified,
    /// The call would have been allowed. The decision was observed and not enforced.
    WouldAllow,
    /// The call would have been refused. The decision was observed and not enforced.
    WouldDeny,
}

impl Report {
    /// Returns true if the presentation had arrived before, used or refused. Such a call is
    /// attributed to nobody.
    pub fn is_repeated(&self) -> bool {
        let unsure = [DenyCode::ReplayGuardFull, DenyCode::ReplayUnknown];
        self.trusted
            && self.called_by == Some(CalledBy::Unknown)
            && self.is_first_use_checked()
            && !self.reasons.iter().any(|reason| unsure.contains(&reason.code))
    }

    /// Returns true if a replay guard was asked about the presentation.
    pub(crate) fn is_first_use_checked(&self) -> bool {
        let mut replay = self.checks.iter().filter(|check| check.what == CheckedFact::Replay);
        replay.any(|check| check.state == CheckState::Done)
    }

    /// Returns the holder, if the report shows that it made the call, or that it presented a
    /// trusted chain.
    pub(crate) fn confirmed_holder(&self) -> Option<&PrincipalReport> {
        let is_confirmed =
            self.called_by == Some(CalledBy::Holder) || self.verdict == Verdict::Verified;
        self.hops.last().map(|hop| &hop.to).filter(|_| self.trusted && is_confirmed)
    }
}

impl Verdict {
    /// Returns the stable text, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Verified => "verified",
            Self::Unverified => "unverified",
            Self::WouldAllow => "would_allow",
            Self::WouldDeny => "would_deny",
        }
    }

    /// Returns the word with which a report states the verdict, in capitals.
    pub fn as_text(self) -> &'static str {
        match self {
            Self::Allow => "ALLOWED",
            Self::Deny => "REFUSED",
            Self::Verified => "VERIFIED",
            Self::Unverified => "UNVERIFIED",
            Self::WouldAllow => "WOULD ALLOW",
            Self::WouldDeny => "WOULD REFUSE",
        }
    }

    /// Returns true for a refusal, enforced or not.
    pub(super) fn is_refusal(self) -> bool {
        matches!(self, Self::Deny | Self::WouldDeny)
    }
}
