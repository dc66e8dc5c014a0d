//! Ids by which hops and presentations are told apart, and which of them were revoked.

use std::collections::HashSet;
use std::fmt::{self, Debug, Display, Formatter};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use thiserror::Error;

/// The id of a hop, to revoke it by: SHA-256 over the id of the hop before it, the delegate's key
/// and the signed content. Revoking a hop revokes everything that was delegated from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HopId([u8; 32]);

impl HopId {
    /// An id from its bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes of the id.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0
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

/// Why a text is no id of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the id of a hop is written as 64 hexadecimal digits")]
pub struct HopIdError;

/// What is known of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationStatus {
    /// It stands.
    Good,
    /// It was revoked.
    Revoked,
    /// It cannot be found out now, so the call is refused.
    Unknown,
}

/// Where a verifier looks up whether a hop was revoked.
pub trait RevocationSource: Send + Sync {
    /// The status of one hop. It is asked for every hop of a chain, on every call.
    fn status(&self, hop: &HopId) -> RevocationStatus;
}

/// A set of revoked hops in memory.
impl RevocationSource for HashSet<HopId> {
    fn status(&self, hop: &HopId) -> RevocationStatus {
        if self.contains(hop) { RevocationStatus::Revoked } else { RevocationStatus::Good }
    }
}

/// Whether a verifier looks for revoked hops. It must be said.
#[derive(Clone)]
pub enum Revocation {
    /// It does not: a token is good until it expires. The report says so.
    NotChecked,
    /// It asks this source.
    CheckedWith(Arc<dyn RevocationSource>),
}

impl Revocation {
    /// Asks `source`.
    pub fn checked_with(source: impl RevocationSource + 'static) -> Self {
        Self::CheckedWith(Arc::new(source))
    }
}

impl Debug for Revocation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotChecked => "NotChecked",
            Self::CheckedWith(_) => "CheckedWith(…)",
        })
    }
}
