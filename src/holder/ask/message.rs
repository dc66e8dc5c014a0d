//! The signed message.

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::grant::{Grant, GrantError};
use crate::holder::ask::difference::{self, Difference};
use crate::holder::ask::wish::Wish;
use crate::instant::{UnixTime, whole_seconds};
use crate::key::{PublicKey, Signature, Signer, SignerError, WrongSignature};
use crate::limits::{DEFAULT_ASK_WINDOW, MAX_ASK_WINDOW};
use crate::token::Token;

/// The first bytes of a signed ask. No block of a Biscuit and no other message of Deputize begins
/// with them, so a signature over an ask cannot be used for anything else.
const PREFIX: &[u8] = b"\0DEPUTIZE\0ASK\0v1\0";

/// A [`Wish`] for one delegator, signed by the asker. The signature of an `Ask` has always been
/// checked: signing makes it, and reading checks it.
///
/// In JSON: `{"asker":{…},"delegator":"ed25519/…","capabilities":[…],"max_hops":0,"lifetime":900,
/// "purpose":"…","issued":1795456800,"until":1795457400,"id":"…","signature":"…"}`, with times in
/// seconds since 1970, and `id` and `signature` in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    pub(super) wish: Wish,
    pub(super) delegator: PublicKey,
    pub(super) issued: UnixTime,
    pub(super) until: UnixTime,
    pub(super) id: [u8; 16],
    pub(super) signature: Signature,
}

impl Ask {
    /// Signs `wish` for the delegator with this key. The asker accepts an answer for
    /// [`DEFAULT_ASK_WINDOW`].
    ///
    /// # Errors
    ///
    /// [`AskError`] if the signer is not the asker, or fails.
    pub fn new(
        wish: Wish,
        delegator: PublicKey,
        signer: &(impl Signer + ?Sized),
        now: OffsetDateTime,
    ) -> Result<Self, AskError> {
        Self::within(DEFAULT_ASK_WINDOW, wish, delegator, signer, now)
    }

    /// As [`new`](Self::new), for an answer within `window` of now, in whole seconds, at most
    /// [`MAX_ASK_WINDOW`].
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn within(
        window: Duration,
        wish: Wish,
        delegator: PublicKey,
        signer: &(impl Signer + ?Sized),
        now: OffsetDateTime,
    ) -> Result<Self, AskError> {
        let asker = wish.asker.key();
        if signer.public_key() != asker {
            let (asker, signer) = (Box::new(asker), Box::new(signer.public_key()));
            return Err(AskError::NotTheAsker { asker, signer });
        }
        let open = Self::prepare(window, wish, delegator, now)?;
        let signature = signer.sign(&open.message)?;
        Ok(open.signed(&signature).map_err(SignerError::from)?)
    }

    /// Does all of [`within`](Self::within) but sign, for an asker whose key is kept elsewhere.
    ///
    /// # Errors
    ///
    /// [`AskError`] if the wish is too long, or the random source fails.
    pub fn prepare(
        window: Duration,
        wish: Wish,
        delegator: PublicKey,
        now: OffsetDateTime,
    ) -> Result<UnsignedAsk, AskError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| AskError::NoRandomness)?;
        let issued = UnixTime::from(now);
        let until = issued.plus(whole_seconds(window.min(MAX_ASK_WINDOW)));
        let message = signed_bytes(&wish, &delegator, issued, until, &id)?;
        Ok(UnsignedAsk { message, wish, delegator, issued, until, id })
    }

    /// Checks the signature of an ask that was read.
    pub(super) fn verified(self) -> Result<Self, AskError> {
        let Self { wish, delegator, issued, until, id, signature } = &self;
        if until.since(*issued) > whole_seconds(MAX_ASK_WINDOW) {
            return Err(AskError::WindowTooLong);
        }
        let message = signed_bytes(wish, delegator, *issued, *until, id)?;
        if !wish.asker.key().verify(&message, signature) {
            return Err(AskError::BadSignature { asker: Box::new(wish.asker.key()) });
        }
        Ok(self)
    }

    /// Returns the wish.
    pub fn wish(&self) -> &Wish {
        &self.wish
    }

    /// Returns the key that is asked to delegate.
    pub fn delegator(&self) -> PublicKey {
        self.delegator
    }

    /// Returns the time at which the ask was signed.
    pub fn issued(&self) -> OffsetDateTime {
        self.issued.to_datetime()
    }

    /// Returns the last second in which the asker accepts an answer.
    pub fn until(&self) -> OffsetDateTime {
        self.until.to_datetime()
    }

    /// Returns the random id.
    pub fn id(&self) -> [u8; 16] {
        self.id
    }

    /// Returns the grant that fulfils the wish, below `token`: see [`Grant::below`]. It ends after
    /// the lifetime of the wish, or with the token if that is earlier.
    ///
    /// # Errors
    ///
    /// As [`Grant::below`].
    pub fn grant_below(&self, token: &Token, now: OffsetDateTime) -> Result<Grant, GrantError> {
        let Wish { asker, capabilities, max_hops, lifetime, purpose } = &self.wish;
        let end = UnixTime::from(now).plus(*lifetime).to_datetime();
        let max_hops = (*max_hops).min(token.further_hops().saturating_sub(1));
        Ok(Grant::below(token, asker.clone(), capabilities.iter().cloned(), purpose)?
            .until(end)?
            .with_max_hops(max_hops))
    }

    /// Returns each aspect in which a grant differs from the wish. `issued` is the time at which
    /// the grant is, or was, signed.
    pub fn differences(&self, grant: &Grant, issued: OffsetDateTime) -> Vec<Difference> {
        difference::between(&self.wish, grant, UnixTime::from(issued))
    }
}

/// An ask that is not signed yet, from [`Ask::prepare`]. [`to_sign`](Self::to_sign) has the message
/// for the signer.
#[derive(Debug, Clone)]
pub struct UnsignedAsk {
    pub(crate) message: Vec<u8>,
    pub(crate) wish: Wish,
    pub(crate) delegator: PublicKey,
    pub(crate) issued: UnixTime,
    pub(crate) until: UnixTime,
    id: [u8; 16],
}

impl UnsignedAsk {
    /// Returns the ask with this signature.
    ///
    /// # Errors
    ///
    /// [`WrongSignature`] if the bytes are not a signature of the asker over this message.
    pub fn signed(&self, signature: &Signature) -> Result<Ask, WrongSignature> {
        let Self { message, wish, delegator, issued, until, id } = self;
        WrongSignature::check(&wish.asker.key(), message, signature)?;
        let (wish, signature) = (wish.clone(), *signature);
        let (delegator, issued, until, id) = (*delegator, *issued, *until, *id);
        Ok(Ask { wish, delegator, issued, until, id, signature })
    }
}

/// The signed bytes: the prefix, then each field after its length as a big-endian `u32`.
fn signed_bytes(
    wish: &Wish,
    delegator: &PublicKey,
    issued: UnixTime,
    until: UnixTime,
    id: &[u8; 16],
) -> Result<Vec<u8>, AskError> {
    let Wish { asker, capabilities, max_hops, lifetime, purpose } = wish;
    // The only spelling of the capabilities in JSON (RFC 8785).
    let capabilities =
        serde_json_canonicalizer::to_vec(capabilities).map_err(|_| AskError::TooLong)?;
    let mut message = PREFIX.to_vec();
    for field in [
        &asker.key().to_bytes()[..],
        asker.name().as_bytes(),
        asker.kind().as_str().as_bytes(),
        &delegator.to_bytes(),
        &capabilities,
        &max_hops.to_be_bytes(),
        &lifetime.to_be_bytes(),
        purpose.as_bytes(),
        &issued.seconds().to_be_bytes(),
        &until.seconds().to_be_bytes(),
        id,
    ] {
        let length = u32::try_from(field.len()).map_err(|_| AskError::TooLong)?;
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(field);
    }
    Ok(message)
}

/// The reason why an ask could not be signed or read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AskError {
    /// The signer's key is not the asker's.
    #[error("the asker's key is {asker}, and the signer has {signer}; sign with the asker's key")]
    NotTheAsker {
        /// The key of the asker.
        asker: Box<PublicKey>,
        /// The key of the signer.
        signer: Box<PublicKey>,
    },
    /// The asker did not sign this: it does not hold the key, or the ask was changed.
    #[error("the ask is not signed by {asker}, which it names; ask for a new one")]
    BadSignature {
        /// The key of the asker.
        asker: Box<PublicKey>,
    },
    /// The ask may be answered for longer than [`MAX_ASK_WINDOW`].
    #[error("the ask may be answered for more than {MAX_ASK_WINDOW}; ask for a new one")]
    WindowTooLong,
    /// The capabilities cannot be written.
    #[error("the ask is too long")]
    TooLong,
    /// The operating system gave no random bytes.
    #[error("the operating system's random source failed; try again")]
    NoRandomness,
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use crate::capability::Capability;
    use crate::key::SigningKey;
    use crate::principal::Principal;

    /// The bytes must never change: asks of other versions are verified by them.
    #[test]
    fn the_signed_bytes_are_the_prefix_and_the_fields_with_their_lengths() {
        let [asker, delegator] =
            [1, 2].map(|seed| SigningKey::from_bytes(&[seed; 32]).public_key());
        let read = Capability::new("crm.read", "accounts/**").unwrap();
        let to = Principal::agent("researcher", asker).unwrap();
        let wish = Wish::new(to, [read], Duration::minutes(15), "EMEA").unwrap();
        let wish = wish.with_max_hops(1).unwrap();
        let time = |seconds| UnixTime::from_seconds(seconds).unwrap();
        let found = signed_bytes(&wish, &delegator, time(256), time(257), &[7; 16]).unwrap();
        let mut expected = b"\0DEPUTIZE\0ASK\0v1\0\0\0\0\x20".to_vec();
        expected.extend(asker.to_bytes());
        expected.extend(b"\0\0\0\x0aresearcher\0\0\0\x05agent\0\0\0\x20");
        expected.extend(delegator.to_bytes());
        let capabilities = br#"[{"operation":"crm.read","resource":"accounts/**"}]"#;
        expected.extend(b"\0\0\0\x33");
        expected.extend(capabilities);
        expected.extend(b"\0\0\0\x04\0\0\0\x01\0\0\0\x08\0\0\0\0\0\0\x03\x84");
        expected.extend(b"\0\0\0\x04EMEA");
        expected.extend(b"\0\0\0\x08\0\0\0\0\0\0\x01\0\0\0\0\x08\0\0\0\0\0\0\x01\x01");
        expected.extend(b"\0\0\0\x10");
        expected.extend([7; 16]);
        assert_eq!(capabilities.len(), 0x33);
        assert_eq!(found, expected);
    }
}
