//! The hops of a token or a presentation, for commands that take them back.

use deputize::limits::{HARD_MAX_HOPS, HARD_MAX_TOKEN_BYTES};
use deputize::text::rfc3339;
use deputize::{
    AnyToken, Hop, OperationPattern, Presentation, PublicKey, ReplayPolicy, Report,
    RevocationPolicy, TrustAnchor, Verifier,
};
use time::{Duration, OffsetDateTime};

use crate::input::token::TokenText;
use crate::output::Error;

/// An authentic chain. Its owner's name is a claim.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The key that signed the first hop.
    pub root_key: PublicKey,
    /// The hops, the owner's first.
    pub hops: Vec<Hop>,
}

impl Chain {
    /// Reads a held token, or a presentation that was valid when it was made: after an incident,
    /// the presentation is available and the token often is not.
    ///
    /// # Errors
    ///
    /// If the text is neither, or is not authentic.
    pub fn read(text: &TokenText) -> Result<Self, Error> {
        match AnyToken::parse(text.as_str()).map_err(|e| text.error(e))? {
            AnyToken::Held(token) => {
                Ok(Self { root_key: token.root_key(), hops: token.hops().to_vec() })
            }
            AnyToken::Presented(presentation) => {
                Self::presented(text, presentation).ok_or_else(|| {
                    text.error(
                        "the presentation is not authentic, or was not valid when it was made; `deputize report` says why",
                    )
                })
            }
        }
    }

    /// Verifies a presentation at the time that it states, under the root key that it states: only
    /// its hops are needed, not trust in its owner.
    fn presented(text: &TokenText, presentation: Presentation) -> Option<Self> {
        let report = Report::of_text(text.as_str(), None, OffsetDateTime::UNIX_EPOCH).ok()?;
        let root_key = report.owner.filter(|_| report.authentic)?.key.parse().ok()?;
        let made = rfc3339(&report.presentation?.issued)?;
        let policy = RevocationPolicy::OnlyByExpiry { at_most: Duration::MAX };
        let replays = ReplayPolicy::accepted_for([OperationPattern::Any]);
        let verifier = Verifier::new(TrustAnchor::for_any_owner(root_key), policy, replays)
            .with_max_hops(HARD_MAX_HOPS)
            .with_max_token_bytes(HARD_MAX_TOKEN_BYTES);
        let chain = verifier.verify(presentation, made).ok()?;
        Some(Self { root_key, hops: chain.hops().to_vec() })
    }
}
