//! Ids of hops: by what they are revoked, and what each later block names as its parent.

use std::fmt::{self, Debug, Display, Formatter};
use std::str::FromStr;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The id of a hop, to revoke it by: SHA-256 over the id of the hop before it, the delegate's key
/// and the signed content. Revoking a hop revokes everything that was delegated from it.
///
/// The content of the first block states the root key, so the id covers that too. Signature bytes
/// are left out: a signer that signs one block in two ways cannot give it two ids.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HopId([u8; 32]);

impl HopId {
    /// What stands in the place of the parent's id in the id of the first hop.
    pub(crate) const BEFORE_FIRST: Self = Self([0; 32]);

    /// The id of the block behind `self` that names this Ed25519 key and has this content.
    pub(crate) fn then(&self, next_key: &[u8], content: &[u8]) -> Self {
        // As Biscuit's signed payload writes it: a u32, little-endian.
        const ED25519: [u8; 4] = [0; 4];
        let mut hash = Sha256::new();
        hash.update(b"deputize hop v1\0");
        hash.update(self.0);
        hash.update(ED25519);
        hash.update(next_key);
        hash.update(content);
        Self(hash.finalize().into())
    }

    /// An id from its bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the id.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Display for HopId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Debug for HopId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "HopId({self})")
    }
}

impl FromStr for HopId {
    type Err = HopIdError;

    /// Reads 64 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, HopIdError> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| HopIdError)?;
        Ok(Self(bytes))
    }
}

impl Serialize for HopId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is not the id of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the id of a hop is written as 64 hexadecimal digits")]
pub struct HopIdError;
