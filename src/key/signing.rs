//! Private keys in memory.

use std::fmt::{self, Debug, Formatter};

use ed25519::pkcs8::spki::der::pem::LineEnding;
use ed25519::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use ed25519_dalek::Signer as _;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::key::error::{KeyError, why_private};
use crate::key::public::PublicKey;
use crate::key::signature::Signature;
use crate::key::signer::{Signer, SignerError};

/// An Ed25519 private key in memory. It is wiped when dropped, and `Debug` does not show it.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// Generates a key from the operating system's random source.
    ///
    /// # Errors
    ///
    /// [`KeyError::NoRandomness`] if the random source fails.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|_| KeyError::NoRandomness)?;
        Ok(Self::from_bytes(&seed))
    }

    /// Returns the key with this 32-byte seed (RFC 8032 §5.1.5).
    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Returns the 32-byte seed. Protect it like the key itself.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Reads PKCS#8 in PEM, version 1 (as OpenSSL writes it) or 2 (RFC 5958).
    ///
    /// # Errors
    ///
    /// [`KeyError::Pem`] for any other text, including an encrypted key. [`KeyError::Published`]
    /// for the terminal key of presentations.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(pem)
            .map_err(|e| KeyError::Pem { expected: "PRIVATE KEY", why: why_private(e) })?;
        Self(key).reject_published()
    }

    /// Reads PKCS#8 in DER, version 1 or 2.
    ///
    /// # Errors
    ///
    /// [`KeyError::Der`] for any other bytes, and [`KeyError::Published`] for the terminal key of
    /// presentations.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::SigningKey::from_pkcs8_der(der)
            .map_err(|e| KeyError::Der { expected: "PKCS#8", why: why_private(e) })?;
        Self(key).reject_published()
    }

    fn reject_published(self) -> Result<Self, KeyError> {
        if self.public_key().is_published() { Err(KeyError::Published) } else { Ok(self) }
    }

    /// Writes PKCS#8 version 1 in PEM, which every OpenSSL reads (3.0 does not read version 2).
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        self.pkcs8()
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|e| KeyError::Pem { expected: "PRIVATE KEY", why: e.to_string() })
    }

    /// Writes PKCS#8 version 1 in DER.
    pub fn to_der(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.pkcs8()
            .to_pkcs8_der()
            .map(|der| der.to_bytes())
            .map_err(|e| KeyError::Der { expected: "PKCS#8", why: e.to_string() })
    }

    fn pkcs8(&self) -> KeypairBytes {
        KeypairBytes { secret_key: self.0.to_bytes(), public_key: None }
    }
}

impl Signer for SigningKey {
    fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        Ok(Signature(self.0.sign(message).to_bytes()))
    }
}

/// The inner `ed25519_dalek` key wipes itself.
impl ZeroizeOnDrop for SigningKey {}

impl Debug for SigningKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey(public: {}, secret: redacted)", self.public_key())
    }
}
