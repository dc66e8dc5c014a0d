//! A signature.

use std::fmt::{self, Debug, Formatter};

/// The 64 bytes of an Ed25519 signature, as yet believed by nobody.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub(super) [u8; 64]);

impl Signature {
    /// A signature of these bytes.
    pub fn from_bytes(bytes: &[u8; 64]) -> Self {
        Self(*bytes)
    }

    /// The bytes of the signature.
    pub fn to_bytes(&self) -> [u8; 64] {
        self.0
    }
}

impl Debug for Signature {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", hex::encode(self.0))
    }
}
