//! Which hops were revoked.

use std::collections::HashSet;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use time::Duration;

use crate::format::hop_id::HopId;

/// The revocation status of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationStatus {
    /// It was not revoked.
    Good,
    /// It was revoked.
    Revoked,
    /// The source cannot tell now, so the call is refused.
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
pub enum RevocationPolicy {
    /// It does not: a hop is good until it expires, and is accepted only if it expires soon enough
    /// after it was issued. The report says so.
    OnlyByExpiry {
        /// The longest time from issue to expiry, in whole seconds.
        at_most: Duration,
    },
    /// It asks this source.
    CheckedWith(Arc<dyn RevocationSource>),
}

impl RevocationPolicy {
    /// Asks `source`.
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
