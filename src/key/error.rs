//! Why a key is refused.

use ed25519::pkcs8::{self, spki};
use thiserror::Error;

/// Why something is not a key that Deputize uses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is not `ed25519/` and 64 lower-case hexadecimal digits.
    #[error("a public key is written `ed25519/` and 64 lower-case hexadecimal digits")]
    Text,
    /// The bytes are not the canonical spelling of a point on the curve.
    #[error("the bytes are not an Ed25519 public key in its canonical encoding")]
    NotAKey,
    /// A key of small order: signatures that it verifies prove nothing.
    #[error("the key is one of the weak keys of small order, which verify almost any message")]
    Weak,
    /// The key that ends a presentation, whose secret everyone knows.
    #[error("the key is the one that ends a presentation: its secret is published")]
    Published,
    /// PEM that does not hold such a key.
    #[error("expected an Ed25519 key in a PEM block `{expected}`: {why}")]
    Pem {
        /// The label of the expected PEM block.
        expected: &'static str,
        /// What the parser met.
        why: String,
    },
    /// DER that does not hold such a key.
    #[error("expected an Ed25519 key as {expected} in DER: {why}")]
    Der {
        /// The expected structure.
        expected: &'static str,
        /// What the parser met.
        why: String,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system's random source failed")]
    NoRandomness,
}

/// In words; the parser names the object identifier of the algorithm that it wants as the one that
/// it met.
pub(super) fn why_private(error: pkcs8::Error) -> String {
    match error {
        pkcs8::Error::PublicKey(error) => why_public(error),
        other => other.to_string(),
    }
}

pub(super) fn why_public(error: spki::Error) -> String {
    match error {
        spki::Error::OidUnknown { .. } => "the key is of another algorithm".to_owned(),
        other => other.to_string(),
    }
}
