//! A token closed over one request: the only thing a verifier accepts.

use std::fmt::{self, Debug, Formatter};

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::format::container::{
    Container, FormatError, Proof, from_text, require_text_length, to_text,
};
use crate::format::datalog::{Interner, PresentationBlock};
use crate::key::{Signer, SignerError, TERMINAL_KEY, TERMINAL_SECRET};
use crate::limits::DEFAULT_WINDOW;
use crate::request::Request;
use crate::time::{UnixTime, whole_seconds};
use crate::token::counter::{Counter, NoRandomness};
use crate::token::{NotTheHolder, Token, TokenError, append};

/// A standard Biscuit (v3.3), good for exactly one request.
///
/// Its last block names the TERMINAL key, whose secret is published, as the next one; so a Biscuit
/// library finds it complete, and our verifier lets nothing follow it.
#[derive(Clone, PartialEq, Eq)]
pub struct Presentation {
    bytes: Vec<u8>,
}

/// How a presentation is made, where it is not made as [`Token::present`] does.
#[derive(Debug, Clone, Copy)]
pub struct PresentOptions<'a> {
    window: Duration,
    counter: Option<&'a Counter>,
}

impl Default for PresentOptions<'_> {
    /// Usable within [`DEFAULT_WINDOW`], not counted.
    fn default() -> Self {
        Self { window: DEFAULT_WINDOW, counter: None }
    }
}

impl<'a> PresentOptions<'a> {
    /// Usable within `window`, in whole seconds, before and after it is made. A verifier may insist on
    /// less.
    pub fn within(self, window: Duration) -> Self {
        Self { window, ..self }
    }

    /// Numbered by `counter`.
    pub fn counted_by(self, counter: &'a Counter) -> Self {
        Self { counter: Some(counter), ..self }
    }
}

impl Token {
    /// Closes the token over `request`, to be used within [`DEFAULT_WINDOW`] of `now`. `signer`
    /// must be the holder's.
    ///
    /// Whether the chain allows the request is for the verifier to say.
    ///
    /// # Errors
    ///
    /// [`PresentError`] where the signer is not the holder or fails.
    pub fn present(
        &self,
        signer: &(impl Signer + ?Sized),
        request: &Request,
        now: OffsetDateTime,
    ) -> Result<Presentation, PresentError> {
        self.present_with(signer, request, now, PresentOptions::default())
    }

    /// As [`present`](Self::present), with options.
    ///
    /// # Errors
    ///
    /// As [`present`](Self::present), and where no random series could be drawn for the counter.
    pub fn present_with(
        &self,
        signer: &(impl Signer + ?Sized),
        request: &Request,
        now: OffsetDateTime,
        options: PresentOptions<'_>,
    ) -> Result<Presentation, PresentError> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|_| PresentError::NoRandomness)?;
        self.require_holder(signer.public_key())?;
        let parent = self.delegations().last_id();
        let next = |counter: &Counter| counter.next(parent, request.audience());
        let presentation = PresentationBlock {
            parent,
            nonce,
            issued: UnixTime::from(now),
            counted: options.counter.map(next).transpose()?,
            window: whole_seconds(options.window),
            audience: request.audience().to_owned(),
            request_digest: request.digest(),
        };
        let container =
            Container { proof: Proof::NextSecret(&TERMINAL_SECRET), ..self.container()? };
        let encode = |symbols: &mut Interner<'_>| {
            presentation.to_block(symbols).map_err(|e| TokenError::Format(e.into()))
        };
        let holder = self.holder().key();
        let (bytes, _) =
            append::<PresentError>(container, &parent, encode, &TERMINAL_KEY, &holder, signer)?;
        Ok(Presentation { bytes })
    }
}

impl Presentation {
    /// Reads a presentation. Nothing that it says is proven by that.
    ///
    /// # Errors
    ///
    /// [`FormatError`] for a text that is no Biscuit at all. A Biscuit that is no presentation is
    /// for the verifier to deny.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        Self::from_bytes(from_text(text)?)
    }

    /// Reads the bytes behind the text, no more of them than a text may stand for.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, FormatError> {
        require_text_length(bytes.len())?;
        Container::parse(&bytes)?;
        Ok(Self { bytes })
    }

    /// The text that [`parse`](Self::parse) reads: base64url without padding.
    pub fn to_text(&self) -> String {
        to_text(&self.bytes)
    }

    /// The bytes behind the text: what any Biscuit library reads.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Debug for Presentation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Presentation({} bytes, redacted)", self.bytes.len())
    }
}

/// The reason why nothing was presented.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PresentError {
    /// The signer is not the holder.
    #[error(transparent)]
    NotTheHolder(#[from] Box<NotTheHolder>),
    /// The operating system gave no random bytes for the nonce or the series.
    #[error("the operating system's random source failed; try again")]
    NoRandomness,
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The chain could not be read or written.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl From<NoRandomness> for PresentError {
    fn from(_: NoRandomness) -> Self {
        Self::NoRandomness
    }
}
