//! Trust in root keys, and the owners for whom each key may speak.

mod anchor;
mod json;

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use thiserror::Error;
use time::OffsetDateTime;

use crate::chain::DelegationChain;
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::principal::{Owner, Principal, PrincipalKind};
use crate::reason::{DenyCode, Reason};
use crate::statement::succession::statement::Successor;
use crate::text::confusable::appearance;
use crate::text::contrast::{Distinguished, distinguish};
use crate::text::escape::Quoted;
use crate::token::Token;
pub use crate::verify::trust::anchor::{NotItsSuccessor, TrustAnchor};

/// The trusted root keys, at least one, each with the owner that it may speak for. Cheap to clone.
///
/// Verifiers and holders apply one rule: whether the root key of a chain may speak for the owner
/// that its first hop names.
///
/// ```
/// # use deputize::*;
/// # use time::{Duration, macros::datetime};
/// # let now = datetime!(2026-11-23 18:00 UTC);
/// # let (alice, planner) = (SigningKey::generate()?, SigningKey::generate()?);
/// # let to = Principal::agent("planner", planner.public_key())?;
/// # let grant = Grant::new(to, [Capability::new("crm.read", "**")?], now + Duration::hours(8), "Q3")?;
/// # let token = Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?;
/// let anchors = TrustAnchors::new([TrustAnchor::new(alice.public_key(), "alice@acme.com")])?;
/// assert_eq!(anchors.owner_of(&token, now)?.name(), "alice@acme.com");
///
/// let of_bob = TrustAnchors::from(TrustAnchor::new(planner.public_key(), "bob@acme.com"));
/// assert!(of_bob.owner_of(&token, now).unwrap_err().has(DenyCode::UntrustedRoot));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TrustAnchors(Arc<[Entry]>);

/// An anchor, with the appearance of the name that it binds to its key.
#[derive(Debug)]
struct Entry {
    anchor: TrustAnchor,
    appearance: Option<String>,
    /// The appearances of the names that it pins, in the same order.
    pins: Vec<String>,
    /// The statements that make a successor trusted.
    by: Vec<Successor>,
}

impl Entry {
    /// Returns the entry of an anchor, and one for each successor of its key.
    fn all_of(anchor: TrustAnchor) -> impl Iterator<Item = Self> {
        (0..=anchor.successors.len()).map(move |count| {
            let (by, later) = anchor.successors.split_at_checked(count).unwrap_or_default();
            let key = by.last().map_or(anchor.key, Successor::new_key);
            let (by, successors) = (by.to_vec(), later.to_vec());
            Self { by, ..Self::new(TrustAnchor { key, successors, ..anchor.clone() }) }
        })
    }

    fn new(anchor: TrustAnchor) -> Self {
        let appearance = anchor.name().map(appearance);
        let pins = anchor.pinned.iter().map(|pin| self::appearance(pin.name())).collect();
        Self { anchor, appearance, pins, by: Vec::new() }
    }
}

/// The result of the trust rule for a root key and an owner.
#[derive(Debug)]
pub(crate) struct TrustVerdict {
    /// The reasons against trust; empty if the key may speak for the owner.
    pub(crate) reasons: Vec<Reason>,
    pub(crate) trust: Trust,
}

/// The keys that speak for a root, nearly always one.
#[derive(Debug, Clone)]
pub(crate) struct Speakers {
    pub(crate) first: PublicKey,
    others: Vec<PublicKey>,
}

impl Speakers {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &PublicKey> {
        std::iter::once(&self.first).chain(&self.others)
    }

    pub(crate) fn has(&self, key: &PublicKey) -> bool {
        self.iter().any(|own| own == key)
    }
}

/// The extent to which a root key is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Not trusted to speak for this owner.
    None,
    /// Trusted to speak for the owner of this name.
    InName,
    /// Trusted to speak for any owner, so the name is the key holder's claim.
    AnyOwner,
}

impl TrustAnchors {
    /// Creates a set of anchors.
    ///
    /// # Errors
    ///
    /// [`NoAnchor`] for an empty set, which would refuse every chain.
    pub fn new(anchors: impl IntoIterator<Item = TrustAnchor>) -> Result<Self, NoAnchor> {
        let anchors: Arc<[Entry]> = anchors.into_iter().flat_map(Entry::all_of).collect();
        if anchors.is_empty() { Err(NoAnchor) } else { Ok(Self(anchors)) }
    }

    /// Returns the owner of `token`, if its root key may speak for them at `now`.
    ///
    /// Other reasons to refuse the token, such as its expiry, are not checked. A [`NotTrusted`] has
    /// all the reasons of the trust rule.
    pub fn owner_of<'t>(
        &self,
        token: &'t Token,
        now: OffsetDateTime,
    ) -> Result<&'t Owner, NotTrusted> {
        let delegations = token.delegations();
        let TrustVerdict { reasons, .. } = self.judge(delegations, UnixTime::from(now));
        if reasons.is_empty() { Ok(&delegations.owner) } else { Err(NotTrusted { reasons }) }
    }

    /// Returns the root key with these bytes if an anchor has it, for any owner.
    pub(crate) fn find_root(&self, stated: &[u8; 32]) -> Option<PublicKey> {
        let keys = self.0.iter().map(|entry| entry.anchor.key);
        // Anyone can sign with the published key, so an anchor for it must not count.
        keys.filter(|key| !key.is_published()).find(|key| key.as_bytes() == stated)
    }

    /// Applies the trust rule: whether the root key of the chain may speak for its owner at `at`.
    pub(crate) fn judge(&self, delegations: &DelegationChain, at: UnixTime) -> TrustVerdict {
        let (root, owner) = (&delegations.root, &delegations.owner);
        // Authentication has already found an anchor for a presentation's root, but not for a held
        // token's.
        if self.find_root(root.as_bytes()).is_none() {
            let message = format!("no trust anchor has the root key {root}");
            let reasons = vec![Reason::new(DenyCode::UntrustedRoot, message)];
            return TrustVerdict { reasons, trust: Trust::None };
        }
        let mut reasons = Vec::new();
        let of_root = || self.0.iter().filter(|entry| entry.anchor.key == *root);
        let for_owner: Vec<&Entry> =
            of_root().filter(|entry| self.speaks_for(&entry.anchor, owner)).collect();
        let mut valid = for_owner.iter().filter(|entry| entry.anchor.is_valid_at(at)).peekable();
        if for_owner.is_empty() {
            reasons.push(self.owner_not_trusted(root, owner));
        } else if valid.peek().is_none() {
            let message = format!("the trust anchor {root} is not valid at {at}");
            reasons.push(Reason::new(DenyCode::AnchorNotValid, message).at(0));
        }
        // Pins of an anchor that is not valid now count too, because a pin can only refuse.
        let pins =
            || for_owner.iter().flat_map(|entry| entry.anchor.pinned.iter().zip(&entry.pins));
        let hops = delegations.hops.iter().enumerate();
        let named = std::iter::once((0, delegations.hops.first().delegator()));
        for (index, named) in named.chain(hops.map(|(index, hop)| (index, hop.delegate()))) {
            // A name that looks like a pinned one could be mistaken for it.
            let own = pins().next().map(|_| appearance(named.name()));
            let differs = |(pin, like): &(&Principal, &String)| {
                let is_name = pin.name() == named.name() || own.as_ref() == Some(*like);
                match pin.key() == named.key() {
                    true => pin.name() != named.name(),
                    false => is_name,
                }
            };
            if let Some((pin, _)) = pins().find(differs) {
                let [own, pinned] = distinguish(named.name(), pin.name());
                let shown = |name: Distinguished<'_>, of: &Principal| {
                    format!("{name} ({}, {})", of.kind(), of.key().fingerprint())
                };
                let (own, pinned) = (shown(own, named), shown(pinned, pin));
                let message = format!("names {own}, and the trust anchor pins {pinned}");
                reasons.push(
                    Reason::new(DenyCode::PinMismatch, message).at(index).differs(pinned, own),
                );
            }
        }
        let trust = match valid.any(|entry| entry.anchor.name().is_some()) {
            _ if !reasons.is_empty() => Trust::None,
            true => Trust::InName,
            false => Trust::AnyOwner,
        };
        TrustVerdict { reasons, trust }
    }

    /// Returns true if an anchor that may speak for the owner of the chain at `at` names this key as
    /// a revoker.
    pub(crate) fn names_revoker(
        &self,
        chain: &DelegationChain,
        key: &PublicKey,
        at: UnixTime,
    ) -> bool {
        let mut anchors = self.of_key(&chain.root).filter(|anchor| anchor.revokers.contains(key));
        anchors.any(|anchor| anchor.is_valid_at(at) && self.speaks_for(anchor, &chain.owner))
    }

    /// Returns the successors of the root key of a chain that are named by anchors which may speak
    /// for its owner at `at`.
    pub(crate) fn successors<'a>(
        &'a self,
        chain: &'a DelegationChain,
        at: UnixTime,
    ) -> impl Iterator<Item = PublicKey> + 'a {
        let anchors = self.of_key(&chain.root).filter(|anchor| !anchor.successors.is_empty());
        let valid =
            anchors.filter(move |own| own.is_valid_at(at) && self.speaks_for(own, &chain.owner));
        valid.flat_map(|anchor| anchor.successors.iter().map(Successor::new_key))
    }

    /// Returns the keys that speak for a root now: for each anchor that may speak for the owner of
    /// the chain at `at`, its last successor, or the root key if it has no successor.
    pub(crate) fn speakers(&self, chain: &DelegationChain, at: UnixTime) -> Speakers {
        let anchors = self.of_key(&chain.root).filter(|anchor| !anchor.successors.is_empty());
        let valid = anchors.filter(|own| own.is_valid_at(at) && self.speaks_for(own, &chain.owner));
        let mut last = valid.filter_map(|own| own.successors.last()).map(Successor::new_key);
        match last.next() {
            None => Speakers { first: chain.root, others: Vec::new() },
            Some(first) => Speakers { first, others: last.collect() },
        }
    }

    /// Returns the statements that make the root key of a chain trusted if it is a successor: one
    /// list for each anchor that may speak for its owner at `at`. Empty if an anchor has the key
    /// itself.
    pub(crate) fn successions<'a>(
        &'a self,
        chain: &'a DelegationChain,
        at: UnixTime,
    ) -> Vec<&'a [Successor]> {
        let of_root = self.0.iter().filter(|entry| entry.anchor.key == chain.root);
        let valid = of_root.filter(|Entry { anchor, .. }| {
            anchor.is_valid_at(at) && self.speaks_for(anchor, &chain.owner)
        });
        // The usual case, in which nothing is allocated.
        if valid.clone().any(|entry| entry.by.is_empty()) {
            return Vec::new();
        }
        valid.map(|entry| entry.by.as_slice()).collect()
    }

    /// Returns true if any anchor for this root key names the key as a revoker.
    pub(crate) fn may_name_revoker(&self, root: &PublicKey, key: &PublicKey) -> bool {
        self.of_key(root).any(|anchor| anchor.revokers.contains(key))
    }

    fn of_key(&self, root: &PublicKey) -> impl Iterator<Item = &TrustAnchor> {
        self.0.iter().map(|entry| &entry.anchor).filter(move |anchor| anchor.key == *root)
    }

    /// Returns true if an anchor may speak for this owner, whether or not it is valid now.
    fn speaks_for(&self, anchor: &TrustAnchor, owner: &Owner) -> bool {
        if anchor.accountable_only
            && !matches!(owner.kind(), PrincipalKind::Human | PrincipalKind::Organization)
        {
            return false;
        }
        match anchor.name() {
            Some(name) => name == owner.name(),
            None => self.bound_elsewhere(&anchor.key, owner.name()).is_none(),
        }
    }

    /// Returns the name that an anchor binds to another key and that looks like this one. Anchors
    /// that are no longer valid count too: a key that speaks for any owner must not inherit their
    /// names.
    fn bound_elsewhere(&self, root: &PublicKey, name: &str) -> Option<&str> {
        let mut others = self.0.iter().filter(|entry| entry.anchor.key != *root).peekable();
        others.peek()?;
        let own = appearance(name);
        let alike = others.find(|entry| entry.appearance.as_deref() == Some(own.as_str()));
        alike.and_then(|entry| entry.anchor.name())
    }

    fn owner_not_trusted(&self, root: &PublicKey, owner: &Owner) -> Reason {
        let own = owner.name();
        let may_not = format!("the trust anchor {root} may not speak for");
        let speaks_by_name = |anchor: &&TrustAnchor| match anchor.name() {
            Some(bound) => bound == owner.name(),
            None => true,
        };
        let refused = self.of_key(root).find(speaks_by_name);
        let bound = self.bound_elsewhere(root, own);
        let reason = match (refused, bound, self.of_key(root).find_map(TrustAnchor::name)) {
            (Some(anchor), Some(bound), _) if anchor.name().is_none() => {
                let [own, bound] = distinguish(own, bound);
                let message = format!("{may_not} {own}: another trust anchor is for {bound}");
                Reason::new(DenyCode::OwnerNotTrusted, message)
            }
            (Some(_), _, _) => {
                let (own, kind) = (Quoted(own), owner.kind());
                let message =
                    format!("{may_not} {own} ({kind}), only for people and organizations");
                Reason::new(DenyCode::OwnerNotTrusted, message)
            }
            (None, _, Some(trusted)) => {
                let [own, trusted] = distinguish(own, trusted);
                let message = format!("{may_not} {own}, only for {trusted}");
                Reason::new(DenyCode::OwnerNotTrusted, message).differs(trusted, own)
            }
            (None, _, None) => {
                Reason::new(DenyCode::OwnerNotTrusted, format!("{may_not} {}", Quoted(own)))
            }
        };
        reason.at(0)
    }
}

/// A set of one anchor.
impl From<TrustAnchor> for TrustAnchors {
    fn from(anchor: TrustAnchor) -> Self {
        Self(Entry::all_of(anchor).collect())
    }
}

/// The set of trust anchors is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("no trust anchor was given, so every chain would be refused; name at least one root key")]
pub struct NoAnchor;

/// The reasons why the root key of a token may not speak for the owner that the token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotTrusted {
    reasons: Vec<Reason>,
}

impl NotTrusted {
    /// Returns all reasons, at least one.
    pub fn reasons(&self) -> &[Reason] {
        &self.reasons
    }

    /// Returns true if one of the reasons has this code.
    pub fn has(&self, code: DenyCode) -> bool {
        self.reasons.iter().any(|reason| reason.code == code)
    }
}

/// Writes all reasons in one line.
impl Display for NotTrusted {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("the owner is not trusted")?;
        for (i, reason) in self.reasons.iter().enumerate() {
            write!(f, "{}{reason}", if i == 0 { ": " } else { "; " })?;
        }
        Ok(())
    }
}

impl Error for NotTrusted {}
