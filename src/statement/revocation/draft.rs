//! Revocation lists that are being written.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Formatter};

use time::OffsetDateTime;

use crate::chain::Hop;
use crate::format::hop_id::HopId;
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::principal::{NameError, checked_name};
use crate::statement::digest::StatementDigest;
use crate::statement::kind::MAX_SEQUENCE;
use crate::statement::revocation::content::{Entries, VoidSeries};
use crate::statement::revocation::entry::{ID_BYTES, KeyEnd, RevokedHop, RevokedKey, first_bytes};
use crate::statement::revocation::list::RevocationList;
use crate::statement::series::StatementScope;
use crate::token::Token;

/// A revocation list before it is signed: a new one, or the next one of a series.
///
/// ```
/// # use deputize::*;
/// # use deputize::time::{Duration, macros::datetime};
/// # let now = datetime!(2026-11-23 18:00 UTC);
/// # let (alice, planner) = (SigningKey::generate()?, SigningKey::generate()?);
/// # let to = Principal::agent("planner", planner.public_key())?;
/// # let grant = Grant::new(to, [Capability::new("crm.read", "**")?], now + Duration::hours(8), "Q3")?;
/// # let token = Token::mint(Owner::human("alice@acme.com")?, &alice, grant, now)?;
/// let mut draft = RevocationDraft::own();
/// draft.revoke_hop(&token.hops()[0], now);
/// let list = draft.sign(&alice, now, now + Duration::hours(24))?;
/// assert!(list.hop(&token.hops()[0].id()).is_some());
///
/// // An hour later, everything that the planner signed:
/// let (now, mut next) = (now + Duration::hours(1), RevocationDraft::after(&list));
/// next.revoke_key(planner.public_key(), KeyEnd::compromised(), now);
/// let list = next.sign(&alice, now, now + Duration::hours(24))?;
/// assert_eq!(list.sequence(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RevocationDraft {
    /// The previous list, or the two lists whose fork this one ends.
    pub(super) before: Vec<RevocationList>,
    pub(super) scope: StatementScope,
    pub(super) first_sequence: u64,
    /// Hops that are added to the first of the previous lists, changed in it, or removed from it.
    pub(super) hops: BTreeMap<[u8; ID_BYTES], Option<RevokedHop>>,
    pub(super) entries: Entries,
    /// The latest time as of which entries were pruned.
    pub(super) pruned: Option<UnixTime>,
}

impl RevocationDraft {
    /// Starts the first list of a root key or of a delegator, about the chains in which the key has
    /// that role.
    pub fn own() -> Self {
        Self::first(StatementScope::Own)
    }

    /// Starts the first list of a revoker that trust anchors name, about the chains with this root
    /// key.
    pub fn for_root(root: PublicKey) -> Self {
        Self::first(StatementScope::Root(root))
    }

    /// Starts the first list of a revoker by the power of this token, about the chains with its
    /// root key. The list can revoke as far as every hop grants `deputize.revoke` by that name. The
    /// token's holder signs the list.
    pub fn by_power_of(token: Token) -> Self {
        let mut own = Self::first(StatementScope::Power(token.delegations().last_id()));
        own.entries.authority = Some(token);
        own
    }

    fn first(scope: StatementScope) -> Self {
        let (before, hops, entries) = (Vec::new(), BTreeMap::new(), Entries::default());
        Self { before, scope, first_sequence: 1, hops, entries, pruned: None }
    }

    /// Starts the list that follows this one, with its entries.
    pub fn after(list: &RevocationList) -> Self {
        let entries = list.entries().clone();
        Self { before: vec![list.clone()], entries, ..Self::first(list.scope()) }
    }

    /// Starts the list that ends a fork of two lists of one series. It names both lists and the
    /// lists before them, and has the entries of both. If two entries differ, the one that refuses
    /// more counts; exceptions and void lines count only if both lists have them. End a fork of
    /// more lists step by step: first of two, then of the signed result and another one.
    pub fn ending_fork(one: &RevocationList, other: &RevocationList) -> Self {
        let mut own = Self::after(one);
        own.before.push(other.clone());
        for hop in other.hops() {
            own.add(hop);
        }
        own.entries.add_all(other.entries());
        own
    }

    /// Gives the first list of a series this sequence instead of 1, after the earlier lists were
    /// lost. It must be higher than theirs. The highest possible one is the number of seconds from
    /// 1970 to now; after that, a list can be issued once a second.
    pub fn with_first_sequence(self, sequence: u64) -> Self {
        Self { first_sequence: sequence.clamp(1, MAX_SEQUENCE), ..self }
    }

    /// Revokes a hop of a token, and with it everything that was delegated from it. Returns false
    /// if the hop is revoked already; then the earlier time and the later expiry count.
    ///
    /// Equal grants of one delegator in one second are one hop, and are revoked together.
    pub fn revoke_hop(&mut self, hop: &Hop, since: OffsetDateTime) -> bool {
        self.add(RevokedHop::new(&hop.id, UnixTime::from(since), Some(hop.grant.expires)))
    }

    /// Revokes the hop with this id, whose expiry is unknown. Its entry is never pruned.
    pub fn revoke_hop_id(&mut self, id: &HopId, since: OffsetDateTime) -> bool {
        self.add(RevokedHop::new(id, UnixTime::from(since), None))
    }

    fn add(&mut self, entry: RevokedHop) -> bool {
        let before = self.find(&entry.id);
        let entry = before.map_or(entry, |before| before.longer(&entry));
        if before != Some(entry) {
            self.hops.insert(entry.id, Some(entry));
        }
        before.is_none()
    }

    fn find(&self, id: &[u8; ID_BYTES]) -> Option<RevokedHop> {
        let listed = || self.before.first().and_then(|list| list.find(id));
        self.hops.get(id).copied().unwrap_or_else(listed)
    }

    /// Removes the entry of a hop, which gives the authority back. Returns false if the list has no
    /// such entry.
    pub fn restore_hop(&mut self, id: &HopId) -> bool {
        let id = first_bytes(id);
        let was_there = self.find(&id).is_some();
        if was_there {
            self.hops.insert(id, None);
        }
        was_there
    }

    /// Revokes a token by the random id that its owner gave it. Returns false if it is revoked
    /// already.
    pub fn revoke_token(&mut self, id: [u8; 16], since: OffsetDateTime) -> bool {
        insert_new(&mut self.entries.tokens, id, UnixTime::from(since))
    }

    /// Removes the entry of a token. Returns false if the list has no such entry.
    pub fn restore_token(&mut self, id: &[u8; 16]) -> bool {
        self.entries.tokens.remove(id).is_some()
    }

    /// Revokes everything of an owner. Returns false if it is revoked already.
    ///
    /// # Errors
    ///
    /// [`NameError`] if this is not a name.
    pub fn revoke_owner(
        &mut self,
        name: impl Into<String>,
        since: OffsetDateTime,
    ) -> Result<bool, NameError> {
        let name = checked_name(name.into())?;
        Ok(insert_new(&mut self.entries.owners, name, UnixTime::from(since)))
    }

    /// Removes the entry of an owner. Returns false if the list has no such entry.
    pub fn restore_owner(&mut self, name: &str) -> bool {
        self.entries.owners.remove(name).is_some()
    }

    /// Ends the use of a key. Replaces the previous entry of the key, and returns it.
    pub fn revoke_key(
        &mut self,
        key: PublicKey,
        end: KeyEnd,
        since: OffsetDateTime,
    ) -> Option<RevokedKey> {
        self.entries.keys.insert(key, RevokedKey { end, since: UnixTime::from(since) })
    }

    /// Removes and returns the entry of a key.
    pub fn restore_key(&mut self, key: &PublicKey) -> Option<RevokedKey> {
        self.entries.keys.remove(key)
    }

    /// Voids the lists of a series from a sequence on, for chains whose root key signs this list.
    pub fn void_series(&mut self, series: VoidSeries, from_sequence: u64) {
        self.entries.void_series.insert(series, from_sequence.min(MAX_SEQUENCE));
    }

    /// Voids one list, for chains whose root key signs this list.
    pub fn void_list(&mut self, list: StatementDigest) {
        self.entries.void_lists.insert(list);
    }

    /// Lets the lists of a series count again. Returns false if the series was not void.
    pub fn restore_series(&mut self, series: &VoidSeries) -> bool {
        self.entries.void_series.remove(series).is_some()
    }

    /// Lets a list count again that was voided by its digest. Returns false if it was not.
    pub fn restore_list(&mut self, list: &StatementDigest) -> bool {
        self.entries.void_lists.remove(list)
    }

    /// Removes the entries of hops that expired [`MAX_CLOCK_TOLERANCE`] ago, and returns their number.
    /// The list must be signed at this time, or later.
    ///
    /// [`MAX_CLOCK_TOLERANCE`]: crate::limits::MAX_CLOCK_TOLERANCE
    pub fn prune(&mut self, now: OffsetDateTime) -> usize {
        let now = UnixTime::from(now);
        let listed = self.before.first().into_iter().flat_map(RevocationList::hops);
        let listed = listed.filter(|hop| !self.hops.contains_key(&hop.id));
        let added = self.hops.values().flatten().copied();
        let over: Vec<_> = listed.chain(added).filter(|hop| hop.is_pruned(now)).collect();
        if !over.is_empty() {
            self.pruned = self.pruned.max(Some(now));
        }
        let count = over.len();
        self.hops.extend(over.into_iter().map(|hop| (hop.id, None)));
        count
    }
}

fn insert_new<K: Ord>(map: &mut BTreeMap<K, UnixTime>, key: K, since: UnixTime) -> bool {
    let is_new = !map.contains_key(&key);
    if is_new {
        map.insert(key, since);
    }
    is_new
}

/// Shows the scope and the numbers of changes.
impl Debug for RevocationDraft {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (scope, hops, lines) = (self.scope, self.hops.len(), self.entries.lines());
        write!(f, "RevocationDraft(scope {scope}, {hops} changed hops, {lines} lines)")
    }
}
