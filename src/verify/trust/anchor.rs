//! Trust anchors.

use thiserror::Error;
use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::principal::Principal;
use crate::statement::succession::statement::Successor;

/// A root key and the owner that it may speak for.
///
/// In JSON, with either `owner` or `"any_owner":true`, and the others where they are set:
/// `{"key":"ed25519/…","owner":"alice@acme.com","valid_from":"…","valid_until":"…","pinned":[{…}],"accountable_owner":true}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustAnchor {
    pub(super) key: PublicKey,
    pub(super) owner: TrustedOwner,
    pub(super) valid_from: Option<UnixTime>,
    pub(super) valid_until: Option<UnixTime>,
    pub(super) pinned: Vec<Principal>,
    pub(super) revokers: Vec<PublicKey>,
    /// The successors: the first succeeds the key, each later one the one before it.
    pub(super) successors: Vec<Successor>,
    pub(super) accountable_only: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TrustedOwner {
    Named(String),
    Anyone,
}

impl TrustAnchor {
    /// Trusts chains that start with `key` and name `owner` as their owner.
    pub fn new(key: PublicKey, owner: impl Into<String>) -> Self {
        Self::of(key, TrustedOwner::Named(owner.into()))
    }

    /// Trusts chains that start with `key`, whichever owner they name. For the key of an
    /// organization that speaks for all its members.
    ///
    /// Excluded are names that another anchor of the same set binds to another key, and names that
    /// look like these.
    pub fn for_any_owner(key: PublicKey) -> Self {
        Self::of(key, TrustedOwner::Anyone)
    }

    fn of(key: PublicKey, owner: TrustedOwner) -> Self {
        let (valid_from, valid_until) = (None, None);
        let (pinned, revokers, successors) = (Vec::new(), Vec::new(), Vec::new());
        let accountable_only = false;
        Self { key, owner, valid_from, valid_until, pinned, revokers, successors, accountable_only }
    }

    /// Trusts no chain that starts with this key before `at`, rounded up to a whole second.
    pub fn with_valid_from(self, at: OffsetDateTime) -> Self {
        Self { valid_from: Some(UnixTime::lower_bound(at)), ..self }
    }

    /// Trusts no chain that starts with this key from `at` on, rounded down to a whole second.
    pub fn with_valid_until(self, at: OffsetDateTime) -> Self {
        Self { valid_until: Some(UnixTime::upper_bound(at)), ..self }
    }

    /// Pins a principal: in every chain from this anchor, its name and its key must occur together,
    /// for the owner too. Nobody else may have the name or one that looks like it, and the key may
    /// have no other name. The kind is not compared, because it is a description.
    pub fn with_pinned(mut self, principal: Principal) -> Self {
        self.pinned.push(principal);
        self
    }

    /// Names a revoker, such as the key of a security officer. For the chains of this anchor, its
    /// revocation lists count like those of the root key, even against that key.
    pub fn with_revoker(mut self, key: PublicKey) -> Self {
        self.revokers.push(key);
        self
    }

    /// Follows a successor of the root key: the anchor holds for the new key as for the old one. If
    /// the anchor has a successor already, the statement must be by that one's key.
    ///
    /// The new key's revocation lists also count for chains that start with the old key, but not
    /// the other way round. If a list that counts for the old key reports it as compromised, the
    /// successor is followed only if the list names this statement.
    ///
    /// # Errors
    ///
    /// [`NotItsSuccessor`] if the statement is about another key.
    pub fn with_successor(mut self, statement: Successor) -> Result<Self, NotItsSuccessor> {
        let latest = self.successors.last().map_or(self.key, Successor::new_key);
        if statement.old() != latest {
            let (latest, old) = (Box::new(latest), Box::new(statement.old()));
            return Err(NotItsSuccessor { latest, old });
        }
        self.successors.push(statement);
        Ok(self)
    }

    /// Trusts only chains whose owner is a person or an organization, which can be held to account,
    /// by the kind that the first hop states.
    pub fn with_accountable_owner(self) -> Self {
        Self { accountable_only: true, ..self }
    }

    /// Returns the root key.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// Returns the owner's name, if the anchor is for one owner.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.owner {
            TrustedOwner::Named(name) => Some(name),
            TrustedOwner::Anyone => None,
        }
    }

    pub(super) fn is_valid_at(&self, now: UnixTime) -> bool {
        self.valid_from.is_none_or(|from| from <= now)
            && self.valid_until.is_none_or(|until| now < until)
    }
}

/// A successor statement is not about the key of a trust anchor.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the latest key of the trust anchor is {latest}, and the statement is about a successor of {old}"
)]
#[non_exhaustive]
pub struct NotItsSuccessor {
    /// The latest key of the anchor.
    pub latest: Box<PublicKey>,
    /// The old key of the statement.
    pub old: Box<PublicKey>,
}
