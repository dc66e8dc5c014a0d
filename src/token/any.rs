//! A token of either kind, for callers that have only its text.

use std::str::FromStr;

use crate::format::container::from_text;
use crate::token::presentation::Presentation;
use crate::token::{Token, TokenError};

/// A held token or a presentation, for programs that accept either.
///
/// ```
/// # use deputize::{AnyToken, Token, TokenError};
/// fn describe(text: &str) -> Result<String, TokenError> {
///     Ok(match text.parse()? {
///         AnyToken::Held(token) => format!("a token held by {}", token.holder()),
///         AnyToken::Presented(_) => "a presentation, for a service to verify".to_owned(),
///     })
/// }
/// assert!(describe("bm9uc2Vuc2U").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnyToken {
    /// A token that its holder can delegate and present. It is authentic.
    Held(Token),
    /// A token that was presented. Its signatures are not checked until it is verified.
    Presented(Presentation),
}

impl AnyToken {
    /// Reads the text of a held token or a presentation.
    ///
    /// # Errors
    ///
    /// [`TokenError`] for a text that is not a Biscuit, for another kind of Biscuit, and for a held
    /// token that is not authentic.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        Self::from_bytes(from_text(text)?)
    }

    /// Reads the bytes of a held token or a presentation, with the checks of
    /// [`parse`](Self::parse).
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, TokenError> {
        match Token::from_bytes(bytes.clone()) {
            Ok(token) => Ok(Self::Held(token)),
            Err(TokenError::NotHeld) => Ok(Self::Presented(Presentation::from_bytes(bytes)?)),
            Err(error) => Err(error),
        }
    }

    /// Returns the text that [`parse`](Self::parse) reads: base64url without padding.
    pub fn to_text(&self) -> String {
        match self {
            Self::Held(token) => token.to_text(),
            Self::Presented(presentation) => presentation.to_text(),
        }
    }

    /// Returns the bytes that the text encodes.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Held(token) => token.as_bytes(),
            Self::Presented(presentation) => presentation.as_bytes(),
        }
    }
}

impl FromStr for AnyToken {
    type Err = TokenError;

    /// Reads a token of either kind, with [`AnyToken::parse`].
    fn from_str(text: &str) -> Result<Self, TokenError> {
        Self::parse(text)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use crate::capability::Capability;
    use crate::grant::Grant;
    use crate::key::{Signer as _, SigningKey};
    use crate::principal::{Owner, Principal};
    use crate::request::Request;
    use time::{Duration, OffsetDateTime};

    #[test]
    fn a_text_is_a_held_token_or_a_presentation_or_an_error() {
        let now = OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap();
        let (alice, agent) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let to = Principal::agent("agent", agent.public_key()).unwrap();
        let read = Capability::new("crm.read", "accounts/**").unwrap();
        let grant = Grant::new(to, [read], now + Duration::hours(1), "review").unwrap();
        let token = Token::mint(Owner::human("alice").unwrap(), &alice, grant, now).unwrap();
        let request = Request::new("crm.read", "accounts/1", "crm.acme.com").unwrap();
        let presentation = token.present(&agent, &request, now).unwrap();
        for (any, text) in [
            (AnyToken::Held(token.clone()), token.to_text()),
            (AnyToken::Presented(presentation.clone()), presentation.to_text()),
        ] {
            assert_eq!(any.to_text(), text);
            assert_eq!(AnyToken::from_bytes(any.as_bytes().to_vec()).as_ref(), Ok(&any));
            assert_eq!(text.parse(), Ok(any));
        }
        assert!(matches!(AnyToken::parse("bm9uc2Vuc2U"), Err(TokenError::Format(_))));
        // A byte of the root key's signature, which ends 70 bytes before the end.
        let mut altered = token.as_bytes().to_vec();
        let signature = altered.len().checked_sub(80).unwrap();
        *altered.get_mut(signature).unwrap() ^= 1;
        let altered = AnyToken::from_bytes(altered);
        assert!(matches!(altered, Err(TokenError::NotAuthentic(_))), "{altered:?}");
    }
}
