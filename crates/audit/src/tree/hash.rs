//! Hashes of leaves and nodes.

use std::fmt::{self, Debug, Display, Formatter};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deputize::text::Backticked;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// The SHA-256 of a leaf or of a node of a tree. As text it is base64, as in checkpoints.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The root of the tree without leaves: the SHA-256 of nothing.
    pub const EMPTY: Self = Self(
        *b"\xe3\xb0\xc4\x42\x98\xfc\x1c\x14\x9a\xfb\xf4\xc8\x99\x6f\xb9\x24\x27\xae\x41\xe4\x64\x9b\x93\x4c\xa4\x95\x99\x1b\x78\x52\xb8\x55",
    );

    /// Wraps the 32 bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes.
    pub fn to_bytes(self) -> [u8; 32] {
        self.0
    }
}

/// Returns the hash of a leaf: `SHA-256(0x00 ‖ entry)`. The first byte keeps a leaf from having the
/// hash of a node.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

/// Returns the hash of a node: `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let sha = Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0);
    Hash(sha.finalize().into())
}

/// Writes standard base64 with padding.
impl Display for Hash {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl Debug for Hash {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}

impl FromStr for Hash {
    type Err = HashError;

    /// Reads what [`Display`] writes, in its one spelling.
    fn from_str(text: &str) -> Result<Self, HashError> {
        // `STANDARD` refuses missing padding, and bits behind the last byte.
        let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| HashError { found: text.to_owned() })
    }
}

/// A text is not a hash.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} is not a hash; it must be 32 bytes in standard base64 with padding", Backticked(found))]
#[non_exhaustive]
pub struct HashError {
    /// The text.
    pub found: String,
}
