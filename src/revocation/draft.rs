//! Revocation lists that are being written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug, Formatter};

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::chain::Hop;
use crate::format::hop_id::HopId;
use crate::instant::{UnixTime, whole_seconds};
use crate::key::{PublicKey, Signature, Signer};
use crate::limits::{MAX_CLOCK_TOLERANCE, MAX_LISTED_HOPS, MAX_LISTED_LINES, MAX_NOTE_BYTES};
use crate::note::{Note, NoteError};
use crate::principal::{NameError, checked_name};
use crate::revocation::body::{Change, merged};
use crate::revocation::content::{Content, Entries, VoidSeries};
use crate::revocation::entry::{
    ENTRY_BYTES, ID_BYTES, KeyEnd, RevokedHop, RevokedKey, first_bytes,
};
use crate::revocation::list::RevocationList;
use crate::statement::digest::StatementDigest;
use crate::statement::error::StatementError;
use crate::statement::kind::{MAX_SEQUENCE, StatementKind};
use crate::statement::series::{Issue, SeriesId, StatementScope};
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
    /// The list before it, or the two whose fork it ends.
    before: Vec<RevocationList>,
    scope: StatementScope,
    first_sequence: u64,
    /// Hops that are added to the first list before it, or removed.
    hops: BTreeMap<[u8; ID_BYTES], Option<RevokedHop>>,
    entries: Entries,
}

impl RevocationDraft {
    /// Starts the first list of a key that is a root, or that delegated: about the chains in which
    /// it is one of these.
    pub fn own() -> Self {
        Self::first(StatementScope::Own)
    }

    /// Starts the first list of a revoker whom the trust anchors of verifiers name, about the chains
    /// with this root key.
    pub fn for_root(root: PublicKey) -> Self {
        Self::first(StatementScope::Root(root))
    }

    /// Starts the first list of a revoker who holds this token: about the chains with its root key, and
    /// as far as every hop grants `deputize.revoke` by that name. Its holder signs the list.
    pub fn by_power_of(token: Token) -> Self {
        let mut own = Self::first(StatementScope::Power(token.delegations().last_id()));
        own.entries.authority = Some(token);
        own
    }

    fn first(scope: StatementScope) -> Self {
        let (hops, entries) = (BTreeMap::new(), Entries::default());
        Self { before: Vec::new(), scope, first_sequence: 1, hops, entries }
    }

    /// Starts the list after this one, with its entries.
    pub fn after(list: &RevocationList) -> Self {
        let entries = list.entries().clone();
        Self { before: vec![list.clone()], entries, ..Self::first(list.scope()) }
    }

    /// Starts the list that ends a fork of two lists of one series: it names both, and has the
    /// entries of both. Where they differ about a key, it takes what refuses more.
    pub fn ending_fork(one: &RevocationList, other: &RevocationList) -> Self {
        let mut own = Self::after(one);
        own.before.push(other.clone());
        for hop in other.hops().filter(|hop| one.find(&hop.id).is_none()) {
            own.hops.insert(hop.id, Some(hop));
        }
        own.entries.add_all(other.entries());
        own
    }

    /// Gives the first list of a series this sequence instead of 1, where the lists before it were
    /// lost. A list has no effect on verifiers that have seen a higher one.
    pub fn with_first_sequence(self, sequence: u64) -> Self {
        Self { first_sequence: sequence.clamp(1, MAX_SEQUENCE), ..self }
    }

    /// Revokes a hop of a token, and with it everything that was delegated from it. Returns false if
    /// it is revoked already.
    ///
    /// Equal grants of one delegator in one second are one hop, and are revoked together.
    pub fn revoke_hop(&mut self, hop: &Hop, since: OffsetDateTime) -> bool {
        self.add(&hop.id, since, Some(hop.grant.expires))
    }

    /// Revokes the hop with this id, whose expiry is not known. Its entry is never pruned.
    pub fn revoke_hop_id(&mut self, id: &HopId, since: OffsetDateTime) -> bool {
        self.add(id, since, None)
    }

    fn add(&mut self, id: &HopId, since: OffsetDateTime, expires: Option<UnixTime>) -> bool {
        let entry = RevokedHop::new(id, UnixTime::from(since), expires);
        let is_new = !self.has(&entry.id);
        if is_new {
            self.hops.insert(entry.id, Some(entry));
        }
        is_new
    }

    fn has(&self, id: &[u8; ID_BYTES]) -> bool {
        match self.hops.get(id) {
            Some(change) => change.is_some(),
            None => self.before.first().is_some_and(|list| list.find(id).is_some()),
        }
    }

    /// Removes the entry of a hop. Returns false if there is none.
    pub fn restore_hop(&mut self, id: &HopId) -> bool {
        let id = first_bytes(id);
        let was_there = self.has(&id);
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

    /// Removes the entry of a token. Returns false if there is none.
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

    /// Removes the entry of an owner. Returns false if there is none.
    pub fn restore_owner(&mut self, name: &str) -> bool {
        self.entries.owners.remove(name).is_some()
    }

    /// Ends the use of a key. Replaces the entry that it has, which is returned.
    pub fn revoke_key(
        &mut self,
        key: PublicKey,
        end: KeyEnd,
        since: OffsetDateTime,
    ) -> Option<RevokedKey> {
        self.entries.keys.insert(key, RevokedKey { end, since: UnixTime::from(since) })
    }

    /// Removes the entry of a key, which is returned.
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

    /// Removes the entries of hops that expired more than [`MAX_CLOCK_TOLERANCE`] ago, and returns
    /// their number.
    pub fn prune(&mut self, now: OffsetDateTime) -> usize {
        let bound = UnixTime::from(now).minus(whole_seconds(MAX_CLOCK_TOLERANCE));
        let is_over = |hop: &RevokedHop| hop.expires_unix().is_some_and(|expires| expires <= bound);
        let listed = self.before.first().into_iter().flat_map(RevocationList::hops);
        let listed: Vec<_> =
            listed.filter(|hop| is_over(hop) && !self.hops.contains_key(&hop.id)).collect();
        let mut pruned = listed.len();
        self.hops.extend(listed.into_iter().map(|hop| (hop.id, None)));
        for change in self.hops.values_mut() {
            if change.as_ref().is_some_and(is_over) {
                *change = None;
                pruned = pruned.saturating_add(1);
            }
        }
        pruned
    }

    /// Signs the list at `now`, with the promise of a newer one before `next`.
    ///
    /// # Errors
    ///
    /// [`StatementError`] if the signer is not the issuer of the list before, the list has too many
    /// entries, the times are in the wrong order, or the signer fails.
    pub fn sign(
        &self,
        signer: &(impl Signer + ?Sized),
        now: OffsetDateTime,
        next: OffsetDateTime,
    ) -> Result<RevocationList, StatementError> {
        let open = self.prepare(signer.public_key(), now, next)?;
        let signature = signer.sign(open.text.as_bytes())?;
        open.signed(&signature)
    }

    /// Does all of [`sign`](Self::sign) but sign, for a key that is kept elsewhere.
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign).
    pub fn prepare(
        &self,
        issuer: PublicKey,
        now: OffsetDateTime,
        next: OffsetDateTime,
    ) -> Result<UnsignedRevocations, StatementError> {
        let issue = self.issue(issuer, UnixTime::from(now), UnixTime::from(next))?;
        let base = self.before.first();
        let changes: BTreeMap<_, _> = self
            .hops
            .iter()
            .filter_map(|(id, entry)| {
                let removes = base.is_some_and(|list| list.find(id).is_some());
                let change = Change { removes, adds: *entry };
                (removes || entry.is_some()).then_some((*id, change))
            })
            .collect();
        let records = base.map(RevocationList::records).unwrap_or_default();
        let body = merged(records, &changes).ok_or(StatementError::DeltaMismatch)?;
        let count = body.len().checked_div(ENTRY_BYTES).unwrap_or_default();
        let hops = u64::try_from(count).unwrap_or(u64::MAX);
        require_at_most("hops", hops, MAX_LISTED_HOPS)?;
        require_at_most("lines of entries", self.entries.lines(), MAX_LISTED_LINES)?;
        let digest = Sha256::digest(&body).into();
        let content = Content { issue, hops, body: digest, entries: self.entries.clone() };
        let text = content.write();
        if text.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong.into());
        }
        Ok(UnsignedRevocations { text, body, issuer })
    }

    fn issue(
        &self,
        issuer: PublicKey,
        issued: UnixTime,
        next: UnixTime,
    ) -> Result<Issue, StatementError> {
        let newest = self.before.iter().max_by_key(|list| list.sequence());
        let Some(newest) = newest else {
            let series = SeriesId { kind: StatementKind::Revocations, issuer, scope: self.scope };
            let (sequence, previous, ends) = (self.first_sequence, None, BTreeSet::new());
            let issue = Issue { series, sequence, issued, next, previous, ends };
            issue.check()?;
            return Ok(issue);
        };
        if let Some(other) = self.before.iter().find(|list| list.issuer() != issuer) {
            let (issuer, signer) = (Box::new(other.issuer()), Box::new(issuer));
            return Err(StatementError::NotTheIssuer { issuer, signer });
        }
        let mut issue = newest.issue().followed_by(newest.digest(), issued, next)?;
        // Later lists repeat it, for verifiers that miss this one.
        let others = self.before.iter().map(RevocationList::digest);
        issue.ends.extend(others.filter(|digest| *digest != newest.digest()));
        issue.check()?;
        Ok(issue)
    }
}

fn require_at_most(what: &'static str, found: u64, most: u64) -> Result<(), StatementError> {
    if found > most { Err(StatementError::TooMany { what, found, most }) } else { Ok(()) }
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

/// A list before it is signed.
#[derive(Clone)]
pub struct UnsignedRevocations {
    text: String,
    body: Vec<u8>,
    issuer: PublicKey,
}

impl UnsignedRevocations {
    /// Returns the text to sign, as [`Signer::sign`] does, over its bytes. It commits to the hops
    /// that follow it by their number and their digest.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the key that must sign.
    pub fn issuer(&self) -> PublicKey {
        self.issuer
    }

    /// Checks the signature, and returns the list with it.
    ///
    /// # Errors
    ///
    /// [`StatementError::Note`] if it is not the issuer's signature over this text.
    pub fn signed(&self, signature: &Signature) -> Result<RevocationList, StatementError> {
        let note = Note::new(self.text.as_str())?;
        let note = note.with_signature(self.issuer.to_string(), &self.issuer, signature)?;
        let mut file = note.to_string().into_bytes();
        file.extend_from_slice(&self.body);
        RevocationList::parse(file)
    }
}

impl Debug for UnsignedRevocations {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let hops = self.body.len().checked_div(ENTRY_BYTES).unwrap_or_default();
        write!(f, "UnsignedRevocations({} bytes of text, {hops} hops)", self.text.len())
    }
}
