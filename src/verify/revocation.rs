//! Revocation of hops.

use std::collections::HashSet;
use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, PoisonError, RwLock};

use time::Duration;

use crate::format::hop_id::HopId;
use crate::instant::whole_seconds;
use crate::key::PublicKey;
use crate::verify::statements::judge::Required;
use crate::verify::statements::store::Statements;

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
    /// Revocation is checked with signed revocation lists.
    ByLists(Box<ListPolicy>),
}

impl RevocationPolicy {
    /// Checks revocation with `source`.
    pub fn checked_with(source: impl RevocationSource + 'static) -> Self {
        Self::CheckedWith(Arc::new(source))
    }

    /// Checks revocation with signed lists.
    pub fn by_lists(policy: ListPolicy) -> Self {
        Self::ByLists(Box::new(policy))
    }
}

/// The revocation lists that a verifier requires, and their maximum age.
///
/// By default, it requires the list of a chain's root key. A hop is refused while a required list
/// is missing or stale. Other lists that are held count too, each for the hops over which its
/// issuer has power, but they may be missing.
///
/// # How long a revoked hop can still be used
///
/// After the verifier accepted a list that revokes it: not at all, from the next decision on.
/// Before that, at most until the previous list is stale: `min(next update, issued + max_stale)`.
/// So an attacker who can withhold lists gains at most `max_stale`, and any other gains the time
/// between two polls of the source.
#[derive(Clone)]
pub struct ListPolicy {
    pub(crate) statements: Statements,
    pub(crate) required: Required,
    pub(crate) source: Option<Arc<dyn RevocationSource>>,
}

impl ListPolicy {
    /// Requires the list of each chain's root key, issued at most `max_stale` ago, in whole
    /// seconds.
    pub fn new(statements: &Statements, max_stale: Duration) -> Self {
        let required = Required { root: Some(whole_seconds(max_stale)), ..Required::default() };
        Self { statements: statements.clone(), required, source: None }
    }

    /// Requires a list of each of these issuers instead of the root key's. An issuer must have
    /// power over the whole chain, such as a security officer. For the list of a delegate, which
    /// has power only below its own hop, use [`and_every_delegator`](Self::and_every_delegator). If
    /// `issuers` is empty, the root key's list is required.
    pub fn of_issuers(
        statements: &Statements,
        issuers: impl IntoIterator<Item = PublicKey>,
        max_stale: Duration,
    ) -> Self {
        let seconds = whole_seconds(max_stale);
        let issuers: Vec<_> = issuers.into_iter().map(|issuer| (issuer, seconds)).collect();
        let root = issuers.is_empty().then_some(seconds);
        let required = Required { root, issuers, ..Required::default() };
        Self { statements: statements.clone(), required, source: None }
    }

    /// Requires a list of this issuer too, as in [`of_issuers`](Self::of_issuers).
    pub fn and_issuer(mut self, issuer: PublicKey, max_stale: Duration) -> Self {
        self.required.issuers.push((issuer, whole_seconds(max_stale)));
        self
    }

    /// Also requires a list of every delegate that delegated further.
    pub fn and_every_delegator(mut self, max_stale: Duration) -> Self {
        self.required.delegators = Some(whole_seconds(max_stale));
        self
    }

    /// Asks another source, too. A hop that either of them has revoked is refused.
    pub fn and_checked_with(self, source: impl RevocationSource + 'static) -> Self {
        Self { source: Some(Arc::new(source)), ..self }
    }
}

/// Shows the requirements.
impl Debug for ListPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { statements, required, source } = self;
        let mut shown = f.debug_struct("ListPolicy");
        shown.field("statements", statements).field("required", required);
        shown.field("source", &source.as_ref().map(|_| "…")).finish()
    }
}

impl Debug for RevocationPolicy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OnlyByExpiry { at_most } => return write!(f, "OnlyByExpiry({at_most})"),
            Self::CheckedWith(_) => "CheckedWith(…)",
            Self::ByLists(policy) => return policy.fmt(f),
        })
    }
}
