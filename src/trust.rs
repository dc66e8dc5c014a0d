//! Whom a verifier believes, and for whom.

use time::OffsetDateTime;

use crate::instant::Instant;
use crate::key::PublicKey;
use crate::principal::Principal;

/// A root key and the owner that it may speak for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustAnchor {
    pub(crate) key: PublicKey,
    pub(crate) owner: TrustedOwner,
    pub(crate) valid_from: Option<Instant>,
    pub(crate) valid_until: Option<Instant>,
    pub(crate) pinned: Vec<Principal>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TrustedOwner {
    Named(String),
    Anyone,
}

impl TrustAnchor {
    /// Chains that begin with `key` are believed where they name `owner` as theirs.
    pub fn new(key: PublicKey, owner: impl Into<String>) -> Self {
        Self::of(key, TrustedOwner::Named(owner.into()))
    }

    /// Chains that begin with `key` are believed whomever they name: for the key of an
    /// organization that speaks for all its people.
    pub fn for_any_owner(key: PublicKey) -> Self {
        Self::of(key, TrustedOwner::Anyone)
    }

    fn of(key: PublicKey, owner: TrustedOwner) -> Self {
        Self { key, owner, valid_from: None, valid_until: None, pinned: Vec::new() }
    }

    /// Nothing that begins with this key is believed before `at`.
    pub fn with_valid_from(self, at: OffsetDateTime) -> Self {
        Self { valid_from: Some(Instant::of(at)), ..self }
    }

    /// Nothing that begins with this key is believed from `at` on.
    pub fn with_valid_until(self, at: OffsetDateTime) -> Self {
        Self { valid_until: Some(Instant::of(at)), ..self }
    }

    /// Wherever a chain from this anchor names this principal, its name and its key must both be
    /// these: nobody else bears the name, and the key bears no other, the owner included. The kind is
    /// not compared: it is a description.
    pub fn with_pinned(mut self, principal: Principal) -> Self {
        self.pinned.push(principal);
        self
    }

    /// The root key.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    pub(crate) fn speaks_for(&self, owner: &str) -> bool {
        match &self.owner {
            TrustedOwner::Named(name) => name == owner,
            TrustedOwner::Anyone => true,
        }
    }

    pub(crate) fn is_valid_at(&self, now: Instant) -> bool {
        self.valid_from.is_none_or(|from| from <= now)
            && self.valid_until.is_none_or(|until| now < until)
    }
}
