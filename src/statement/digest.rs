//! Digests of statements.

use std::fmt::{self, Debug, Display, Formatter};
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::statement::error::StatementError;

/// The digest of a statement: SHA-256 of its text. The text contains the digest of the body, if
/// there is one. The digest does not cover signatures, so signing a text twice does not make two
/// statements.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatementDigest([u8; 32]);

impl StatementDigest {
    pub(crate) fn of(text: &[u8]) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// Wraps the bytes of a digest.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes of the digest.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0
    }
}

impl Display for StatementDigest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Debug for StatementDigest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "StatementDigest({self})")
    }
}

impl FromStr for StatementDigest {
    type Err = StatementError;

    /// Reads 64 hexadecimal digits in lower case.
    fn from_str(text: &str) -> Result<Self, StatementError> {
        let mut bytes = [0; 32];
        let is_read = hex::decode_to_slice(text, &mut bytes).is_ok();
        let read = Self(bytes);
        if is_read && read.to_string() == text { Ok(read) } else { Err(StatementError::NotADigest) }
    }
}
