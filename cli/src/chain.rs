//! A token or a presentation, whichever a text is.

use deputize::{Presentation, Report, Token, TokenError, Verifier};
use time::OffsetDateTime;

/// A chain of delegations, presented or not.
#[derive(Debug)]
pub enum Chain {
    /// As its holder carries it.
    Held(Token),
    /// Closed over one request.
    Presented(Presentation),
}

impl Chain {
    /// Reads either.
    ///
    /// # Errors
    ///
    /// Where the text is neither.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        match Token::parse(text) {
            Ok(token) => Ok(Self::Held(token)),
            Err(TokenError::NotHeld) => Ok(Self::Presented(Presentation::parse(text)?)),
            Err(error) => Err(error),
        }
    }

    /// The account of it at `now`, proven where there is a verifier.
    pub fn report(self, verifier: Option<&Verifier>, now: OffsetDateTime) -> Report {
        match (self, verifier) {
            (Self::Held(token), Some(verifier)) => Report::of_token(verifier, &token, now),
            (Self::Held(token), None) => Report::unverified_token(&token, now),
            (Self::Presented(shown), None) => Report::unverified_presentation(&shown, now),
            (Self::Presented(shown), Some(verifier)) => match verifier.verify(shown, now) {
                Ok(chain) => Report::of_chain(&chain),
                Err(denial) => Report::of_denial(&denial),
            },
        }
    }
}
