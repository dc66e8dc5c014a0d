//! The interface of keys that sign.

use std::sync::Arc;

use thiserror::Error;

use crate::key::public::PublicKey;
use crate::key::signature::Signature;

/// A key that signs delegations and presentations, wherever it is kept.
///
/// The library only requests signatures over bytes, so the key may stay in a hardware module or a
/// key management service. [`SigningKey`](super::SigningKey) is the implementation in memory. A
/// signer that is chosen at run time is a `Box<dyn Signer>`.
///
/// A signer sees bytes, and is called while the caller waits. If the signer must know the meaning,
/// or if signing is asynchronous, prepare first: [`ToSign`](crate::ToSign).
///
/// ```
/// use deputize::{PublicKey, Signature, Signer, SignerError, SigningKey};
///
/// /// A key that lives elsewhere, reached through some client.
/// struct Remote { client: SigningKey }
///
/// impl Signer for Remote {
///     fn public_key(&self) -> PublicKey {
///         self.client.public_key()
///     }
///     fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
///         self.client.sign(message).map_err(|_| SignerError::new("the key service is down"))
///     }
/// }
/// # let remote = Remote { client: SigningKey::generate().unwrap() };
/// # assert!(remote.public_key().verify(b"bytes", &remote.sign(b"bytes").unwrap()));
/// ```
pub trait Signer {
    /// Returns the public key of the pair that [`sign`](Self::sign) uses.
    fn public_key(&self) -> PublicKey;

    /// Signs `message` with Ed25519 (RFC 8032, `PureEdDSA`).
    ///
    /// # Errors
    ///
    /// The reason why the key did not sign, as a sentence for the caller.
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError>;
}

macro_rules! forward_signer {
    ($($pointer:ty),+) => {$(
        impl<S: Signer + ?Sized> Signer for $pointer {
            fn public_key(&self) -> PublicKey {
                (**self).public_key()
            }

            fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
                (**self).sign(message)
            }
        }
    )+};
}

forward_signer!(&S, Box<S>, Arc<S>);

/// The failure of a [`Signer`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the signer failed: {0}")]
pub struct SignerError(String);

impl SignerError {
    /// Describes the failure in one lower-case sentence without a full stop.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl From<WrongSignature> for SignerError {
    fn from(WrongSignature { key }: WrongSignature) -> Self {
        Self(format!("it returned bytes that are not a signature of {key}"))
    }
}

/// A signature that was made elsewhere is not the one that was needed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the bytes are not a signature of {key} over this message; sign the message itself with that key, by pure Ed25519 (no context, no hash before it)"
)]
#[non_exhaustive]
pub struct WrongSignature {
    /// The key that must sign.
    pub key: Box<PublicKey>,
}

impl WrongSignature {
    /// Checks that `key` signed `message`. Signatures of signers are checked before they are used:
    /// a signer may be a device, a service or a file, and may hold another key by now, and a token
    /// is authentic by type.
    pub(crate) fn check(
        key: &PublicKey,
        message: &[u8],
        signature: &Signature,
    ) -> Result<(), Self> {
        if key.verify(message, signature) { Ok(()) } else { Err(Self { key: Box::new(*key) }) }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use crate::key::SigningKey;

    #[test]
    fn a_signer_may_be_chosen_at_run_time() {
        fn signs(signer: &(impl Signer + ?Sized), key: &PublicKey) -> bool {
            signer.public_key() == *key && key.verify(b"bytes", &signer.sign(b"bytes").unwrap())
        }
        let own = SigningKey::generate().unwrap();
        let key = own.public_key();
        let (boxed, shared): (Box<dyn Signer>, Arc<dyn Signer + Send + Sync>) =
            (Box::new(own.clone()), Arc::new(own.clone()));
        assert!(signs(&own, &key) && signs(&&own, &key));
        assert!(signs(&boxed, &key) && signs(&*boxed, &key) && signs(&shared, &key));
    }
}
