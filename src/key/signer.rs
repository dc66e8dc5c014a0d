//! Who signs.

use thiserror::Error;

use crate::key::public::PublicKey;
use crate::key::signature::Signature;

/// What signs a delegation or a presentation.
///
/// The library only ever asks for a signature over bytes, so that the key itself may stay in a
/// hardware module or a key-management service. [`SigningKey`](super::SigningKey) is the
/// implementation in memory.
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
///         self.client.sign(message).map_err(|_| SignerError::new("the key service is away"))
///     }
/// }
/// # let remote = Remote { client: SigningKey::generate().unwrap() };
/// # assert!(remote.public_key().verify(b"bytes", &remote.sign(b"bytes").unwrap()));
/// ```
pub trait Signer {
    /// The public half of the key that [`sign`](Self::sign) signs with.
    fn public_key(&self) -> PublicKey;

    /// An Ed25519 signature (RFC 8032, `PureEdDSA`) over `message`.
    ///
    /// # Errors
    ///
    /// Whatever keeps the key from signing, in words for the person who called.
    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError>;
}

/// Why a [`Signer`] did not sign.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the signer failed: {0}")]
pub struct SignerError(String);

impl SignerError {
    /// A failure described in one lower-case sentence without a full stop.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}
