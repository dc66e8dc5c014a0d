//! Public keys.

use std::fmt::{self, Debug, Display, Formatter};
use std::str::FromStr;

use curve25519_dalek::edwards::EdwardsPoint;
use ed25519::pkcs8::spki::der::pem::LineEnding;
use ed25519::pkcs8::{DecodePublicKey, EncodePublicKey};
#[cfg(not(feature = "aws-lc"))]
use ed25519_dalek::Verifier as _;

use crate::key::encoding::{is_canonical, is_scalar, is_small_order};
use crate::key::error::{KeyError, why_public};
use crate::key::signature::Signature;
use crate::key::terminal::TERMINAL_KEY;

/// An Ed25519 public key. Every import checks that it is canonical, not weak, and not the
/// terminal key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(pub(super) ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// Reads the 32 bytes of RFC 8032 §5.1.2.
    ///
    /// # Errors
    ///
    /// [`KeyError::NotAKey`] if they are not the canonical encoding of a point on the curve,
    /// [`KeyError::Weak`] for points of small order, which verify almost any message,
    /// [`KeyError::Published`] for the terminal key of presentations.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        if is_small_order(bytes) {
            return Err(KeyError::Weak);
        }
        if *bytes == TERMINAL_KEY {
            return Err(KeyError::Published);
        }
        if !is_canonical(bytes) {
            return Err(KeyError::NotAKey);
        }
        ed25519_dalek::VerifyingKey::from_bytes(bytes).map(Self).map_err(|_| KeyError::NotAKey)
    }

    /// Returns true for the terminal key, with which anyone can sign. Import refuses it, but a
    /// [`SigningKey`](super::SigningKey) built from the published seed has it.
    pub(crate) fn is_published(&self) -> bool {
        *self.as_bytes() == TERMINAL_KEY
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    pub(crate) fn point(&self) -> EdwardsPoint {
        self.0.to_edwards()
    }

    /// Returns the 32 bytes of the key.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Reads an X.509 `SubjectPublicKeyInfo` in PEM, as `openssl pkey -pubout` writes it.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = ed25519_dalek::VerifyingKey::from_public_key_pem(pem)
            .map_err(|e| KeyError::Pem { expected: "PUBLIC KEY", why: why_public(e) })?;
        Self::from_bytes(key.as_bytes())
    }

    /// Reads an X.509 `SubjectPublicKeyInfo` in DER.
    pub fn from_der(der: &[u8]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::VerifyingKey::from_public_key_der(der)
            .map_err(|e| KeyError::Der { expected: "SubjectPublicKeyInfo", why: why_public(e) })?;
        Self::from_bytes(key.as_bytes())
    }

    /// Writes a `SubjectPublicKeyInfo` in PEM.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        self.0
            .to_public_key_pem(LineEnding::LF)
            .map_err(|e| KeyError::Pem { expected: "PUBLIC KEY", why: e.to_string() })
    }

    /// Returns true if `signature` is this key's signature over `message`. The rules are those of
    /// `ed25519_dalek::VerifyingKey::verify_strict`: canonical scalar, no key or commitment of
    /// small order, no cofactor. So nobody but the signer can turn one signature over a message
    /// into another.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        // `verify_strict` decompresses R to check its order, a tenth of the whole cost. The plain
        // check recomputes R and compares encodings, so an R that passes is canonical, and a lookup
        // among the small-order encodings suffices. The key's order was checked when the
        // key was made.
        let Some((commitment, response)) = signature.0.split_first_chunk::<32>() else {
            return false;
        };
        !is_small_order(commitment) && is_scalar(response) && self.check(message, &signature.0)
    }

    #[cfg(not(feature = "aws-lc"))]
    fn check(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    }

    #[cfg(feature = "aws-lc")]
    fn check(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
        UnparsedPublicKey::new(&ED25519, self.as_bytes()).verify(message, signature).is_ok()
    }

    /// Returns the first 8 bytes of the key in hexadecimal, enough for a person to compare.
    pub fn fingerprint(&self) -> String {
        hex::encode(self.first_bytes())
    }

    /// Returns the bytes of the fingerprint.
    pub(crate) fn first_bytes(&self) -> [u8; 8] {
        self.as_bytes().first_chunk().copied().unwrap_or_default()
    }
}

impl Display for PublicKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ed25519/{}", hex::encode(self.to_bytes()))
    }
}

impl Debug for PublicKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.as_bytes().cmp(other.0.as_bytes())
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    /// Reads `ed25519/<64 hexadecimal digits>`, in lower case.
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let digits = text.strip_prefix("ed25519/").ok_or(KeyError::Text)?;
        if digits.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(KeyError::Text);
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(digits, &mut bytes).map_err(|_| KeyError::Text)?;
        Self::from_bytes(&bytes)
    }
}

impl serde::Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for PublicKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use crate::key::{Signer as _, SigningKey};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn verify_agrees_with_verify_strict(seed: [u8; 32], message: Vec<u8>, at in 0..64_usize, flip: u8) {
            let key = SigningKey::from_bytes(&seed);
            let public = key.public_key();
            let mut bytes = key.sign(&message).unwrap().to_bytes();
            prop_assert!(public.verify(&message, &Signature(bytes)));
            *bytes.get_mut(at).unwrap() ^= flip;
            let strict = public.0.verify_strict(&message, &ed25519_dalek::Signature::from_bytes(&bytes));
            prop_assert_eq!(public.verify(&message, &Signature(bytes)), strict.is_ok());
        }
    }
}
