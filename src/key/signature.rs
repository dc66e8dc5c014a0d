//! Signatures.

use std::fmt::{self, Debug, Formatter};

/// The 64 bytes of an Ed25519 signature, not yet verified.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub(super) [u8; 64]);

impl Signature {
    /// Wraps the 64 bytes, without any check.
    pub fn from_bytes(bytes: &[u8; 64]) -> Self {
        Self(*bytes)
    }

    /// Returns the 64 bytes.
    pub fn to_bytes(&self) -> [u8; 64] {
        self.0
    }
}

impl Debug for Signature {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", hex::encode(self.0))
    }
}
