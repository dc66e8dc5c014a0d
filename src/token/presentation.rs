//! Presentations: a token bound to one request, the only thing that a verifier accepts.

use std::fmt::{self, Debug, Formatter};

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::format::container::{
    Container, FormatError, Proof, from_text, require_text_length, to_text,
};
use crate::format::datalog::{Interner, PresentationBlock};
use crate::instant::{UnixTime, whole_seconds};
use crate::key::{Signer, SignerError, TERMINAL_KEY, TERMINAL_SECRET};
use crate::limits::DEFAULT_WINDOW;
use crate::request::Request;
use crate::token::counter::{Counter, NoRandomness};
use crate::token::effective::NotPermitted;
use crate::token::{NotTheHolder, Token, TokenError, append};

/// A standard Biscuit (v3.3), usable for exactly one request.
///
/// Its last block names the TERMINAL key, whose secret is published, as the next signer. So a
/// Biscuit library finds the token complete, and our verifier allows nothing to follow.
#[derive(Clone, PartialEq, Eq)]
pub struct Presentation {
    bytes: Vec<u8>,
}

/// The options of a presentation. The default is that of [`Token::present`].
#[derive(Debug, Clone, Copy)]
pub struct PresentOptions<'a> {
    window: Duration,
    counter: Option<&'a Counter>,
    anyway: bool,
}

impl Default for PresentOptions<'_> {
    /// A window of [`DEFAULT_WINDOW`], and no counter.
    fn default() -> Self {
        Self { window: DEFAULT_WINDOW, counter: None, anyway: false }
    }
}

impl<'a> PresentOptions<'a> {
    /// Sets the window before and after `now` in which the presentation is usable, in whole
    /// seconds. A verifier may require a shorter one.
    pub fn within(self, window: Duration) -> Self {
        Self { window, ..self }
    }

    /// Presents even if [`would_permit`](Token::would_permit) refuses the call, so that a service
    /// can record or explain the attempt.
    pub fn anyway(self) -> Self {
        Self { anyway: true, ..self }
    }

    /// Numbers the presentation with `counter`.
    pub fn counted_by(self, counter: &'a Counter) -> Self {
        Self { counter: Some(counter), ..self }
    }
}

impl Token {
    /// Presents the token for `request`, usable within [`DEFAULT_WINDOW`] of `now`. `signer` must
    /// have the holder's key.
    ///
    /// The verifier decides whether the chain permits the request; it is not checked here.
    ///
    /// # Errors
    ///
    /// [`PresentError`] if the signer is not the holder, or fails.
    pub fn present(
        &self,
        signer: &(impl Signer + ?Sized),
        request: &Request,
        now: OffsetDateTime,
    ) -> Result<Presentation, PresentError> {
        self.present_with(signer, request, now, PresentOptions::default())
    }

    /// Presents the token as [`present`](Self::present) does, with options.
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
        // Before the counter: a presentation that is not made must leave no gap in its series.
        if !options.anyway {
            self.would_permit(request, now)?;
        }
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
    /// Reads a presentation, without verifying it.
    ///
    /// # Errors
    ///
    /// [`FormatError`] if the text is not a Biscuit. A Biscuit that is not a presentation is
    /// refused by the verifier.
    pub fn parse(text: &str) -> Result<Self, FormatError> {
        Self::from_bytes(from_text(text)?)
    }

    /// Reads the bytes of a presentation, with the limit on length of [`parse`](Self::parse).
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, FormatError> {
        require_text_length(bytes.len())?;
        Container::parse(&bytes)?;
        Ok(Self { bytes })
    }

    /// Returns the text that [`parse`](Self::parse) reads: base64url without padding.
    pub fn to_text(&self) -> String {
        to_text(&self.bytes)
    }

    /// Returns the bytes that the text encodes, which any Biscuit library can read.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Debug for Presentation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Presentation({} bytes, redacted)", self.bytes.len())
    }
}

/// The reason why a token could not be presented.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PresentError {
    /// The signer is not the holder.
    #[error(transparent)]
    NotTheHolder(#[from] Box<NotTheHolder>),
    /// The token does not permit the call, so no service would allow it.
    /// [`PresentOptions::anyway`] presents it all the same.
    #[error(transparent)]
    NotPermitted(#[from] NotPermitted),
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
