//! Revocation of hops.

use std::collections::HashSet;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use time::Duration;

use crate::format::hop_id::HopId;

/// The revocation status of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationStatus {
    /// The hop has not been revoked.
    Good,
    /// The hop has been revoked.
    Revoked,
    /// The source cannot answer now, so the call is refused.
    Unknown,
}

/// A source of the revocation status of hops.
pub trait RevocationSource: Send + Sync {
    /// Returns the status of one hop. A verifier calls it for every hop of a chain, on every call.
    fn status(&self, hop: &HopId) -> RevocationStatus;
}

/// A set of revoked hops in memory.
impl RevocationSource for HashSet<HopId> {
    fn status(&self, hop: &HopId) -> RevocationStatus {
        if self.contains(hop) { RevocationStatus::Revoked } else { RevocationStatus::Good }
    }
}

/// The revocation policy of a verifier, which has no default.
#[derive(Clone)]
pub enum RevocationPolicy {
    /// Revocation is not checked. A hop is good until it expires, and is accepted only if it
    /// expires soon enough after its issue. The report states this.
    OnlyByExpiry {
        /// Maximum time from issue to expiry, in whole seconds.
        at_most: Duration,
    },
    /// Revocation is checked with this source.
    CheckedWith(Arc<dyn RevocationSource>),
}

impl RevocationPolicy {
    /// Checks revocation with `source`.
    pub fn checked_with(source: impl RevocationSource + 'static) -> Self {
        Self::CheckedWith(Arc::new(source))
    }
}

impl Debug for RevocationPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OnlyByExpiry { at_most } => return write!(f, "OnlyByExpiry({at_most})"),
            Self::CheckedWith(_) => "CheckedWith(…)",
        })
    }
}
