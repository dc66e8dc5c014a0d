//! The reasons why a key is refused.

use ed25519::pkcs8::{self, spki};
use thiserror::Error;

/// The reason why something is not a key that Deputize accepts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is not `ed25519/` and 64 lower-case hexadecimal digits.
    #[error("a public key is written `ed25519/` and 64 lower-case hexadecimal digits")]
    Text,
    /// The bytes are not the canonical encoding of a point on the curve.
    #[error("the bytes are not an Ed25519 public key in its canonical encoding")]
    NotAKey,
    /// A key of small order, under which almost any signature verifies.
    #[error(
        "the key is one of the weak keys of small order, which verify almost any message; generate another one"
    )]
    Weak,
    /// The terminal key, which ends a presentation and whose secret is published.
    #[error(
        "the key is the terminal key of presentations, whose secret is published; generate another one"
    )]
    Published,
    /// The PEM text does not hold an Ed25519 key of the expected kind.
    #[error("expected an Ed25519 key in a PEM block `{expected}`: {why}")]
    Pem {
        /// The label of the expected PEM block.
        expected: &'static str,
        /// The fault, in the parser's words.
        why: String,
    },
    /// The DER bytes do not hold an Ed25519 key of the expected kind.
    #[error("expected an Ed25519 key as {expected} in DER: {why}")]
    Der {
        /// The expected structure.
        expected: &'static str,
        /// The fault, in the parser's words.
        why: String,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system's random source failed; try again")]
    NoRandomness,
}

/// Describes the parser's error. For a key of another algorithm, the parser's own text names the
/// algorithm that it expected as the one that it found.
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
