//! Reports on decisions, chains, tokens and bytes.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::chain::{NoCache, Prefix, PresentedChain, any_root};
use crate::format::container::{Container, FormatError, from_text};
use crate::instant::UnixTime;
use crate::limits::HARD_MAX_HOPS;
use crate::reason::Reason;
use crate::report::account::{Report, Verdict};
use crate::report::assemble::ReportInput;
use crate::text::escape::visible_json;
use crate::token::any::AnyToken;
use crate::token::presentation::Presentation;
use crate::token::{Token, TokenError};
use crate::verify::decision::{Decision, Permit};
use crate::verify::denial::{ChainState, Denial};
use crate::verify::observer::Observation;
use crate::verify::verified_chain::VerifiedChain;
use crate::verify::verifier::{Inspection, Verifier};

impl Report {
    /// Reports on a decision.
    pub fn of(decision: &Decision) -> Self {
        match decision {
            Decision::Allow(permit) => Self::of_permit(permit),
            Decision::Deny(denial) => Self::of_denial(denial),
        }
    }

    /// Reports on a decision that was observed and not enforced. The verdict says so.
    pub fn of_observation(observation: &Observation) -> Self {
        Self::of(&observation.decision).observed()
    }

    /// Reports on a permitted call.
    pub fn of_permit(permit: &Permit) -> Self {
        let Permit { request, chain, checks } = permit;
        let input = ReportInput::presented(&chain.chain).with_request(Some(request));
        Self::judged(Verdict::Allow, input, &[], checks)
    }

    /// Reports on a refusal.
    pub fn of_denial(denial: &Denial) -> Self {
        let Denial { reasons, chain, request, checks } = denial;
        match chain {
            ChainState::Authentic(chain) => {
                let input = ReportInput::presented(chain).with_request(request.as_deref());
                Self::judged(Verdict::Deny, input, reasons, checks)
            }
            ChainState::NotAuthentic(refused) => {
                let (presentation, anchors) = &**refused;
                match reasons.first() {
                    Some(reason) => {
                        let (bytes, request) = (presentation.as_bytes(), request.as_deref());
                        Self::unauthentic(bytes, reason, request, Some(anchors), checks.at)
                    }
                    None => Self::unverified_presentation(presentation, checks.at.to_datetime()),
                }
            }
            ChainState::Absent => Self::without_chain(reasons, request.as_deref(), checks.at),
        }
    }

    /// Reports on a verified chain, without a request.
    pub fn of_chain(chain: &VerifiedChain) -> Self {
        let trust = chain.settings.anchors.judge(&chain.chain.delegations, chain.at).trust;
        let checks = chain.checks(trust);
        Self::judged(Verdict::Verified, ReportInput::presented(&chain.chain), &[], &checks)
    }

    /// Reports on a held token, as `verifier` judges it at `now`: the delegations, and whether they
    /// are trusted and valid. The report allows no call, because nobody has shown possession of the
    /// holder's key.
    pub fn of_token(verifier: &Verifier, token: &Token, now: OffsetDateTime) -> Self {
        let Inspection { delegations, reasons, checks } = verifier.inspect(token, now);
        let verdict = if reasons.is_empty() { Verdict::Verified } else { Verdict::Deny };
        Self::judged(verdict, ReportInput::held(&delegations), &reasons, &checks)
    }

    /// Reports on the claims of a held token at `now`, without comparing its root key with any
    /// trusted key.
    pub fn unverified_token(token: &Token, now: OffsetDateTime) -> Self {
        let delegations = Some(Arc::clone(token.delegations()));
        let blocks = token.hops().len();
        let whole = Prefix { delegations, presentation: None, hint_matches: true };
        Self::unverified(&whole, blocks, UnixTime::from(now))
    }

    /// Reports on the claims of a presentation at `now`, as far as it is authentic, without
    /// comparing its root key with any trusted key.
    pub fn unverified_presentation(presentation: &Presentation, now: OffsetDateTime) -> Self {
        let (prefix, blocks) = match Container::parse(presentation.as_bytes()) {
            Ok(container) => (PresentedChain::longest_prefix(&container), container.blocks.len()),
            Err(_) => (Prefix::default(), 0),
        };
        Self::unverified(&prefix, blocks, UnixTime::from(now))
    }

    /// Reports on the text of a token or a presentation, even if it is not authentic: as `verifier`
    /// judges it at `now`, or as unverified without a verifier.
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
        let anchors = verifier.map(|verifier| &verifier.settings.anchors);
        let unauthentic =
            |reason: &Reason| Self::unauthentic(&bytes, reason, None, anchors, UnixTime::from(now));
        let token = match AnyToken::from_bytes(bytes.clone()) {
            Ok(token) => token,
            Err(TokenError::NotAuthentic(reason)) => return Ok(unauthentic(&reason)),
            Err(error) => return Err(error),
        };
        Ok(match (token, verifier) {
            (AnyToken::Held(token), Some(verifier)) => Self::of_token(verifier, &token, now),
            (AnyToken::Held(token), None) => Self::unverified_token(&token, now),
            (AnyToken::Presented(presentation), Some(verifier)) => {
                match verifier.verify(presentation, now) {
                    Ok(chain) => Self::of_chain(&chain),
                    Err(denial) => Self::of_denial(&denial),
                }
            }
            (AnyToken::Presented(presentation), None) => {
                let container = Container::parse(&bytes).map_err(FormatError::from)?;
                let chain =
                    PresentedChain::authenticate(&container, any_root, HARD_MAX_HOPS, &NoCache);
                match chain.err() {
                    Some(reason) => unauthentic(&reason),
                    None => Self::unverified_presentation(&presentation, now),
                }
            }
        })
    }

    /// Returns the report as JSON, with [invisible characters escaped](crate::text::visible_json).
    ///
    /// # Errors
    ///
    /// The encoder's type allows an error, but none can occur.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|json| visible_json(&json))
    }

    /// Returns the same JSON in one line, for logs.
    ///
    /// # Errors
    ///
    /// As [`to_json`](Self::to_json).
    pub fn to_json_line(&self) -> serde_json::Result<String> {
        serde_json::to_string(self).map(|json| visible_json(&json))
    }
}
