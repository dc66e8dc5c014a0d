//! Who is accountable, who delegated what to whom, why, until when, and why the call was allowed or
//! refused.

mod words;
mod remarks;
mod removed;
mod hop;
mod sentence;
mod build;
mod text;
mod markdown;
mod graph;
mod mermaid;
mod dot;
#[cfg(feature = "html")]
mod html;

pub use hop::{HopReport, PrincipalReport, RevocationReport};
pub use removed::Removal;

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use serde::Serialize;
use time::OffsetDateTime;

use crate::chain::{NoCache, Prefix, PresentedChain, any_root};
use crate::format::container::{Container, FormatError, from_text};
use crate::format::datalog::PresentationBlock;
use crate::limits::HARD_MAX_HOPS;
use crate::reason::Reason;
use crate::report::build::Subject;
use crate::request::Request;
use crate::text::escape::{Quoted, is_invisible};
use crate::time::UnixTime;
use crate::token::presentation::Presentation;
use crate::token::{Token, TokenError};
use crate::verify::checks::CalledBy;
use crate::verify::decision::{Decision, Permit};
use crate::verify::denial::{ChainState, Denial};
use crate::verify::verified_chain::VerifiedChain;
use crate::verify::verifier::{Inspection, Verifier};

/// An account of a chain, and of the decision about a call where there was one.
///
/// `Display` writes it for people, `Serialize` for programs; there are forms for documents, pictures
/// and pages. Whatever somebody chose, such as names and purposes, is inert in each of them; in JSON
/// strings stand as they are.
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
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Report {
    /// One sentence that says it all.
    pub summary: String,
    /// What was decided, or that nothing was.
    pub verdict: Verdict,
    /// Whether every signature, every block's parent and the form of every block are right, and the
    /// unsigned hint goes with the root key.
    pub authentic: bool,
    /// Whether the root key of what is shown is trusted to speak for its owner. If it is not, whoever
    /// made that key may have chosen the owner's name.
    pub trusted: bool,
    /// The instant that the report is about, RFC 3339.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub at: String,
    /// Who is accountable, as the first block says, with the root key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<PrincipalReport>,
    /// The random id of the token, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9a-f]{32}$")))]
    pub token_id: Option<String>,
    /// The delegations, the owner's first.
    pub hops: Vec<HopReport>,
    /// What the token was presented for, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presentation: Option<PresentationReport>,
    /// How many more blocks the token has, which are not shown: they are not authentic, or follow one
    /// that is not.
    pub not_shown: usize,
    /// The call that was decided about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestReport>,
    /// Why the call was refused; empty where it was not.
    pub reasons: Vec<Reason>,
    /// Who made the call, where one was decided about. Only a call by the holder may be held against
    /// one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub called_by: Option<CalledBy>,
    /// What else a person should know: who called, the most that the chain can be used for, and what
    /// is unusual about its owner. In words, inert.
    pub remarks: Vec<String>,
    /// What was checked.
    pub checked: Vec<&'static str>,
    /// What was not checked, and why not.
    pub not_checked: Vec<&'static str>,
    /// Whether something about the chain is unusual, so that names alone might mislead.
    #[serde(skip)]
    names_need_keys: bool,
}

/// What a report says of the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The call may be made.
    Allow,
    /// It may not.
    Deny,
    /// The chain is authentic, trusted and valid; nothing was asked.
    Verified,
    /// The root key was not compared with any trusted key.
    Unverified,
}

/// The block that closes a token over one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct PresentationReport {
    /// Whether the chain that it closes is trusted.
    pub trusted: bool,
    /// Whether it is among what refused the call.
    pub refused: bool,
    /// The service that it is for.
    pub audience: String,
    /// When it was made, RFC 3339.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub issued: String,
    /// The digest of the request that it is for, in hexadecimal.
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[0-9a-f]{64}$")))]
    pub request_digest: String,
}

/// The call that was decided about.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// What the presentation was for beside the call, where there is any.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub context: serde_json::Map<String, serde_json::Value>,
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
        let Permit { request, chain, checks } = permit;
        Self::judged(Verdict::Allow, Subject::call(&chain.chain, request), &[], *checks)
    }

    /// The account of a refusal.
    pub fn of_denial(denial: &Denial) -> Self {
        let Denial { reasons, chain, request, checks } = denial;
        match chain {
            ChainState::Authentic(chain) => {
                let subject = Subject { request: request.as_deref(), ..Subject::chain(chain) };
                Self::judged(Verdict::Deny, subject, reasons, *checks)
            }
            ChainState::NotAuthentic(presentation, anchors) => match reasons.first() {
                Some(reason) => {
                    let (bytes, request) = (presentation.as_bytes(), request.as_deref());
                    Self::unauthentic(bytes, reason, request, Some(anchors), checks.at)
                }
                None => Self::unverified_presentation(presentation, checks.at.to_datetime()),
            },
        }
    }

    /// The account of a verified chain, with nothing asked.
    pub fn of_chain(chain: &VerifiedChain) -> Self {
        let trust = chain.settings.anchors.judge(&chain.chain.delegations, chain.at).trust;
        let checks = chain.checks(trust);
        Self::judged(Verdict::Verified, Subject::chain(&chain.chain), &[], checks)
    }

    /// The account of a held token, as `verifier` finds it at `now`: who delegated what to whom, and
    /// whether that is trusted and valid. No call can be allowed by it, since whoever carries the token
    /// has shown no key.
    pub fn of_token(verifier: &Verifier, token: &Token, now: OffsetDateTime) -> Self {
        let Inspection { delegations, reasons, checks } = verifier.inspect(token, now);
        let verdict = if reasons.is_empty() { Verdict::Verified } else { Verdict::Deny };
        Self::judged(verdict, Subject::held(&delegations), &reasons, checks)
    }

    /// What a held token says at `now`, its root key compared with none that is trusted.
    pub fn unverified_token(token: &Token, now: OffsetDateTime) -> Self {
        let delegations = Some(Arc::clone(token.delegations()));
        let blocks = token.hops().len();
        let whole = Prefix { delegations, presentation: None, is_hinted_at: true };
        Self::unverified(&whole, blocks, UnixTime::from(now))
    }

    /// What a presentation says at `now`, its root key compared with none that is trusted: as much of
    /// it as is authentic.
    pub fn unverified_presentation(presentation: &Presentation, now: OffsetDateTime) -> Self {
        let (prefix, blocks) = match Container::parse(presentation.as_bytes()) {
            Ok(container) => (PresentedChain::longest_prefix(&container), container.blocks.len()),
            Err(_) => (Prefix::default(), 0),
        };
        Self::unverified(&prefix, blocks, UnixTime::from(now))
    }

    /// The account of the text of a token or a presentation, whatever is wrong with it: as `verifier`
    /// finds it at `now`, or without one compared with no trusted key.
    ///
    /// # Errors
    ///
    /// [`TokenError`] for a text that is not a Biscuit, or another kind of Biscuit.
    pub fn of_text(
        text: &str,
        verifier: Option<&Verifier>,
        now: OffsetDateTime,
    ) -> Result<Self, TokenError> {
        Self::of_bytes(from_text(text)?, verifier, now)
    }

    /// As [`of_text`](Self::of_text), from the bytes behind the text.
    ///
    /// # Errors
    ///
    /// As [`of_text`](Self::of_text).
    pub fn of_bytes(
        bytes: Vec<u8>,
        verifier: Option<&Verifier>,
        now: OffsetDateTime,
    ) -> Result<Self, TokenError> {
        let reason = match (Token::from_bytes(bytes.clone()), verifier) {
            (Ok(token), Some(verifier)) => return Ok(Self::of_token(verifier, &token, now)),
            (Ok(token), None) => return Ok(Self::unverified_token(&token, now)),
            (Err(TokenError::NotAuthentic(reason)), _) => Some(*reason),
            (Err(TokenError::NotHeld), None) => {
                let container = Container::parse(&bytes).map_err(FormatError::from)?;
                PresentedChain::authenticate(&container, any_root, HARD_MAX_HOPS, &NoCache).err()
            }
            (Err(TokenError::NotHeld), Some(verifier)) => {
                return Ok(match verifier.verify(Presentation::from_bytes(bytes)?, now) {
                    Ok(chain) => Self::of_chain(&chain),
                    Err(denial) => Self::of_denial(&denial),
                });
            }
            (Err(error), _) => return Err(error),
        };
        let anchors = verifier.map(|verifier| &verifier.settings.anchors);
        Ok(match reason {
            Some(reason) => Self::unauthentic(&bytes, &reason, None, anchors, UnixTime::from(now)),
            None => Self::unverified_presentation(&Presentation::from_bytes(bytes)?, now),
        })
    }

    /// The JSON of the report, in which [whatever cannot be seen is escaped](visible_json).
    ///
    /// # Errors
    ///
    /// None is known; the encoder's type allows one.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|json| visible_json(&json))
    }
}

/// The same JSON with every character escaped, as `\u202e`, that a person cannot see or that a
/// terminal acts upon. `serde_json` escapes the controls below U+0020 alone. Line breaks between
/// values stay.
pub fn visible_json(json: &str) -> String {
    let mut visible = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && is_invisible(c) {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units).iter();
            visible.extend(units.map(|unit| format!("\\u{unit:04x}")));
        } else {
            visible.push(c);
        }
    }
    visible
}

impl PresentationReport {
    fn new(presentation: &PresentationBlock) -> Self {
        Self {
            trusted: false,
            refused: false,
            audience: presentation.audience.clone(),
            issued: presentation.issued.to_string(),
            request_digest: hex::encode(presentation.request_digest),
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
            context: request.context().clone(),
        }
    }
}

impl Display for RequestReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { operation, resource, audience, .. } = self;
        write!(f, "{} on {} at {}", Quoted(operation), Quoted(resource), Quoted(audience))
    }
}
