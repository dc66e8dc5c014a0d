//! Ids of hops, by which hops are revoked and later blocks refer to their parents.

use std::fmt::{self, Debug, Display, Formatter};
use std::str::FromStr;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The id of a hop, by which it can be revoked: SHA-256 over the id of the hop before it, the
/// delegate's key and the signed content. Revoking a hop revokes everything that was delegated from
/// it.
///
/// The content of the first block states the root key, so the id covers that too. Signature bytes
/// are not covered: a signer that signs one block in two ways cannot give it two ids.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HopId([u8; 32]);

impl HopId {
    /// The parent's id in the computation of the first hop's id.
    pub(crate) const BEFORE_FIRST: Self = Self([0; 32]);

    /// Returns the id of the block after `self` with this Ed25519 key and content.
    pub(crate) fn then(&self, next_key: &[u8], content: &[u8]) -> Self {
        // The algorithm, as in Biscuit's signed payload: a `u32`, little-endian.
        const ED25519: [u8; 4] = [0; 4];
        let mut hash = Sha256::new();
        hash.update(b"deputize hop v1\0");
        hash.update(self.0);
        hash.update(ED25519);
        hash.update(next_key);
        hash.update(content);
        Self(hash.finalize().into())
    }

    /// Wraps the bytes of an id.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes of the id.
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
