//! Revocation of hops.

use std::collections::HashSet;
use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, PoisonError, RwLock};

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

/// Revoked hops in memory, to which hops are added while a verifier uses them. A clone is the same
/// set.
///
/// ```
/// use deputize::{HopId, RevocationPolicy, RevokedHops};
///
/// let revoked = RevokedHops::default();
/// let policy = RevocationPolicy::checked_with(revoked.clone());
/// # let id: HopId = "00".repeat(32).parse()?;
/// // Later, while the service runs:
/// assert!(revoked.revoke(id));
/// assert!(!revoked.revoke(id)); // it is revoked already
/// # Ok::<(), deputize::HopIdError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct RevokedHops(Arc<RwLock<HashSet<HopId>>>);

impl RevokedHops {
    /// Revokes a hop, and with it everything that was delegated from it, from now on. Returns false
    /// if it was revoked already.
    pub fn revoke(&self, hop: HopId) -> bool {
        // A thread that panicked while it held the lock cannot have left half an entry.
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(hop)
    }

    /// Returns the number of revoked hops.
    pub fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Returns true if no hop is revoked.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl FromIterator<HopId> for RevokedHops {
    fn from_iter<I: IntoIterator<Item = HopId>>(hops: I) -> Self {
        Self(Arc::new(RwLock::new(hops.into_iter().collect())))
    }
}

impl RevocationSource for RevokedHops {
    fn status(&self, hop: &HopId) -> RevocationStatus {
        self.0.read().unwrap_or_else(PoisonError::into_inner).status(hop)
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
