//! The open asks of an asker, and the acceptance of answers.

use thiserror::Error;
use time::OffsetDateTime;

use crate::holder::ask::desk::Answered;
use crate::holder::ask::difference::Difference;
use crate::holder::ask::message::Ask;
use crate::instant::{UnixTime, whole_seconds};
use crate::limits::{DEFAULT_CLOCK_TOLERANCE, MAX_OPEN_ASKS};
use crate::token::Token;
use crate::verify::trust::{NotTrusted, TrustAnchors};

/// The asks of one asker that are not answered yet.
#[derive(Debug, Default)]
pub struct OpenAsks(Vec<Ask>);

impl OpenAsks {
    /// Remembers an ask until it is answered or ends.
    ///
    /// # Errors
    ///
    /// [`AcceptError::Full`] if [`MAX_OPEN_ASKS`] are open.
    pub fn open(&mut self, ask: Ask, now: OffsetDateTime) -> Result<(), AcceptError> {
        self.forget_ended(now);
        if self.0.len() >= MAX_OPEN_ASKS {
            return Err(AcceptError::Full);
        }
        self.0.push(ask);
        Ok(())
    }

    /// Accepts a token as the answer to one of the open asks, and closes that ask. The token's
    /// owner must be trusted by `anchors`. Its last hop must go to the asker's key, be signed by
    /// the key that was asked, and be issued between the signing of the ask and its end.
    ///
    /// The result lists the differences between the grant and the wish. A grant may look wider than
    /// the wish, but no hop can widen the chain.
    ///
    /// # Errors
    ///
    /// [`AcceptError`]; the ask stays open.
    pub fn accept(
        &mut self,
        token: Token,
        anchors: &TrustAnchors,
        now: OffsetDateTime,
    ) -> Result<Answered, AcceptError> {
        anchors.owner_of(&token, now)?;
        self.forget_ended(now);
        let hop = token.delegations().hops.last();
        let tolerance = whole_seconds(DEFAULT_CLOCK_TOLERANCE);
        let is_answer = |ask: &Ask| {
            ask.wish.asker.key() == hop.delegate().key()
                && ask.delegator == hop.delegator().key()
                && (ask.issued.minus(tolerance)..=ask.until).contains(&hop.issued)
        };
        let ask = self.0.iter().find(|ask| is_answer(ask)).ok_or(AcceptError::NotAsked)?;
        let id = ask.id;
        let differences: Vec<Difference> = ask.differences(&hop.grant, hop.issued.to_datetime());
        self.0.retain(|ask| ask.id != id);
        Ok(Answered { token, differences })
    }

    /// Returns the open asks, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Ask> {
        self.0.iter()
    }

    fn forget_ended(&mut self, now: OffsetDateTime) {
        let now = UnixTime::from(now);
        self.0.retain(|ask| ask.until >= now);
    }
}

/// The reason why a token was not accepted as an answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// The owner of the token is not trusted.
    #[error(transparent)]
    NotTrusted(#[from] NotTrusted),
    /// No open ask of this asker was for the key that signed the last hop, or the answer came too
    /// late.
    #[error("the token is not the answer to an open ask; ask again")]
    NotAsked,
    /// [`MAX_OPEN_ASKS`] asks are open.
    #[error("{MAX_OPEN_ASKS} asks are open; wait for answers, or until some end")]
    Full,
}
