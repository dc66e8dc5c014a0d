//! Presentations: a token bound to one request, the only thing that a verifier accepts.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::chain::{DelegationChain, Hop};
use crate::format::container::{
    Container, FormatError, Proof, from_text, require_text_length, to_text,
};
use crate::format::datalog::{Interner, PresentationBlock};
use crate::instant::{UnixTime, whole_seconds};
use crate::key::{
    PublicKey, Signature, Signer, SignerError, TERMINAL_KEY, TERMINAL_SECRET, WrongSignature,
};
use crate::limits::DEFAULT_WINDOW;
use crate::request::Request;
use crate::token::counter::{Counter, NoRandomness};
use crate::token::effective::NotPermitted;
use crate::token::unsigned::UnsignedBlock;
use crate::token::{NotTheHolder, Token, TokenError};

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
    /// # Errors
    ///
    /// [`PresentError`] if the signer is not the holder, or fails, or
    /// [`would_permit`](Self::would_permit) refuses the call.
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
        let (block, _) = self.unsigned(signer.public_key(), request, now, options)?;
        Ok(Presentation { bytes: block.signed_by(signer)? })
    }

    /// Does all of [`present`](Self::present) but sign, for a holder whose key is kept elsewhere.
    ///
    /// # Errors
    ///
    /// As [`present`](Self::present). `signer` must be the holder's key.
    pub fn prepare_presentation(
        &self,
        signer: PublicKey,
        request: &Request,
        now: OffsetDateTime,
    ) -> Result<UnsignedPresentation, PresentError> {
        self.prepare_presentation_with(signer, request, now, PresentOptions::default())
    }

    /// Prepares a presentation as [`prepare_presentation`](Self::prepare_presentation) does, with
    /// options. A [`Counter`] has counted the presentation then: if it is never signed, its number
    /// is missing from the series.
    pub fn prepare_presentation_with(
        &self,
        signer: PublicKey,
        request: &Request,
        now: OffsetDateTime,
        options: PresentOptions<'_>,
    ) -> Result<UnsignedPresentation, PresentError> {
        let (block, PresentationBlock { issued, window, .. }) =
            self.unsigned(signer, request, now, options)?;
        let (delegations, request) = (Arc::clone(self.delegations()), request.clone());
        Ok(UnsignedPresentation { block, delegations, request, issued, window })
    }

    fn unsigned(
        &self,
        signer: PublicKey,
        request: &Request,
        now: OffsetDateTime,
        options: PresentOptions<'_>,
    ) -> Result<(UnsignedBlock, PresentationBlock), PresentError> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce).map_err(|_| PresentError::NoRandomness)?;
        self.require_holder(signer)?;
        // Before the counter: a presentation that is refused must leave no gap in its series.
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
        let (block, _) = UnsignedBlock::new(container, &parent, encode, &TERMINAL_KEY, signer)?;
        Ok((block, presentation))
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

/// A presentation that is not signed yet, from [`Token::prepare_presentation`].
/// [`to_sign`](Self::to_sign) has the message for the signer.
///
/// It holds no secret. It is usable only around the time at which it was prepared, so prepare it
/// when the signer is ready, or with a longer window ([`PresentOptions::within`]).
#[derive(Clone)]
pub struct UnsignedPresentation {
    block: UnsignedBlock,
    delegations: Arc<DelegationChain>,
    request: Request,
    issued: UnixTime,
    window: u64,
}

impl UnsignedPresentation {
    /// Returns the presentation with this signature.
    ///
    /// After a wrong signature, ask the signer again. A second signature over the same message does
    /// not make a second presentation: its id does not cover the signature, so a service that
    /// guards against replay accepts only one of them. A second call needs a new one, with a nonce
    /// of its own.
    ///
    /// # Errors
    ///
    /// [`WrongSignature`] if the bytes are not a signature of the holder over this message.
    pub fn signed(&self, signature: &Signature) -> Result<Presentation, WrongSignature> {
        Ok(Presentation { bytes: self.block.clone().signed(signature)? })
    }

    pub(crate) fn message(&self) -> &[u8] {
        &self.block.message
    }

    pub(crate) fn signer(&self) -> PublicKey {
        self.block.signer
    }

    pub(crate) fn hops(&self) -> &[Hop] {
        &self.delegations.hops
    }

    pub(crate) fn request(&self) -> &Request {
        &self.request
    }

    /// Returns the first and the last second in which it is usable.
    pub(crate) fn usable(&self) -> [OffsetDateTime; 2] {
        let Self { issued, window, .. } = self;
        [issued.minus(*window), issued.plus(*window)].map(UnixTime::to_datetime)
    }
}

impl Debug for UnsignedPresentation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "UnsignedPresentation({} bytes to sign, redacted)", self.message().len())
    }
}

/// The reason why a token could not be presented.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PresentError {
    /// The signer is not the holder.
    #[error(transparent)]
    NotTheHolder(#[from] Box<NotTheHolder>),
    /// The token does not permit the call, so no service would allow it. [`PresentOptions::anyway`]
    /// presents the token nevertheless.
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
