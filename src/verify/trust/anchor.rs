//! A root key, and whom it may speak for.

use time::OffsetDateTime;

use crate::key::PublicKey;
use crate::principal::Principal;
use crate::time::UnixTime;

/// A root key and the owner that it may speak for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustAnchor {
    pub(super) key: PublicKey,
    pub(super) owner: TrustedOwner,
    valid_from: Option<UnixTime>,
    valid_until: Option<UnixTime>,
    pub(super) pinned: Vec<Principal>,
    pub(super) accountable_only: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TrustedOwner {
    Named(String),
    Anyone,
}

impl TrustAnchor {
    /// Trusts chains that begin with `key` and name `owner` as theirs.
    pub fn new(key: PublicKey, owner: impl Into<String>) -> Self {
        Self::of(key, TrustedOwner::Named(owner.into()))
    }

    /// Trusts chains that begin with `key`, whomever they name: for the key of an organization that
    /// speaks for all its people.
    ///
    /// A name that another anchor beside this one binds to another key is not among them, nor one that
    /// looks like it.
    pub fn for_any_owner(key: PublicKey) -> Self {
        Self::of(key, TrustedOwner::Anyone)
    }

    fn of(key: PublicKey, owner: TrustedOwner) -> Self {
        let (valid_from, valid_until, pinned) = (None, None, Vec::new());
        Self { key, owner, valid_from, valid_until, pinned, accountable_only: false }
    }

    /// Trusts nothing that begins with this key before `at`; a fraction of a second waits for the next
    /// one.
    pub fn with_valid_from(self, at: OffsetDateTime) -> Self {
        Self { valid_from: Some(UnixTime::not_before(at)), ..self }
    }

    /// Trusts nothing that begins with this key from `at` on.
    pub fn with_valid_until(self, at: OffsetDateTime) -> Self {
        Self { valid_until: Some(UnixTime::from(at)), ..self }
    }

    /// Wherever a chain from this anchor names this principal, its name and its key must both be
    /// these: nobody else bears the name or one that looks like it, and the key bears no other, the owner
    /// included. The kind is
    /// not compared: it is a description.
    pub fn with_pinned(mut self, principal: Principal) -> Self {
        self.pinned.push(principal);
        self
    }

    /// Trusts only chains whose owner is a person or an organization, which can be held to account, by
    /// the kind that the first hop states.
    pub fn with_accountable_owner(self) -> Self {
        Self { accountable_only: true, ..self }
    }

    /// The root key.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// The owner's name, where the anchor is for one.
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
