//! Revocation lists that have been read.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use time::OffsetDateTime;

use crate::format::hop_id::HopId;
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::statement::digest::StatementDigest;
use crate::statement::error::StatementError;
use crate::statement::in_series::InSeries;
use crate::statement::kind::StatementKind;
use crate::statement::lines::Lines;
use crate::statement::note::Note;
use crate::statement::revocation::body::Body;
use crate::statement::revocation::content::{Content, Entries, VoidSeries};
use crate::statement::revocation::entry::{
    ID_BYTES, KeyEnd, Record, RevokedHop, RevokedKey, first_bytes,
};
use crate::statement::series::{Issue, SeriesId, StatementScope};
use crate::text::confusable::appearance;
use crate::token::Token;

/// A signed list of revoked hops, tokens, owners and keys. Cheap to clone.
///
/// A list is authentic: its issuer signed exactly these bytes. The power of the issuer depends on
/// the chain that the list is applied to, and [`Statements`](crate::Statements) checks it.
///
/// Its file is a signed note ([`Note`]), which people can read, and the entries of hops in 23 bytes
/// each. `docs/STATEMENTS.md` specifies it.
#[derive(Clone)]
pub struct RevocationList(Arc<Parsed>);

struct Parsed {
    text: SignedText,
    body: Body,
    /// The owners by the appearance of their names.
    owners: BTreeMap<String, UnixTime>,
}

impl RevocationList {
    /// Reads a list, and checks its form and its signature.
    ///
    /// It takes time in proportion to its length, and memory of 1.4 times that. The bytes of a `Vec`
    /// are kept and not copied.
    ///
    /// # Errors
    ///
    /// [`StatementError`] with the rule that the bytes break.
    pub fn parse(bytes: impl Into<Vec<u8>>) -> Result<Self, StatementError> {
        let bytes = bytes.into();
        let text = SignedText::read(&bytes)?;
        let body = Body::parse(bytes, text.note, text.content.hops, &text.content.body)?;
        Ok(Self::new(text, body))
    }

    /// Combines a text and the body to which it commits.
    pub(super) fn new(text: SignedText, body: Body) -> Self {
        let owners = text.content.entries.owners.iter();
        let owners = owners.map(|(name, since)| (appearance(name), *since)).collect();
        Self(Arc::new(Parsed { text, body, owners }))
    }

    /// Returns the file of the list.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.body.file()
    }

    /// Returns the note of the list, which people can read.
    pub fn note(&self) -> &str {
        let note = self.as_bytes().get(..self.0.text.note).unwrap_or_default();
        str::from_utf8(note).unwrap_or_default()
    }

    /// Returns the kind, the issuer and the scope.
    pub fn series(&self) -> SeriesId {
        self.issue().series
    }

    /// Returns the key that signed the list.
    pub fn issuer(&self) -> PublicKey {
        self.series().issuer
    }

    /// Returns the scope: the chains that the list is about.
    pub fn scope(&self) -> StatementScope {
        self.series().scope
    }

    /// Returns the place in the series, from 1.
    pub fn sequence(&self) -> u64 {
        self.issue().sequence
    }

    /// Returns the time of issue, by the issuer's clock.
    pub fn issued(&self) -> OffsetDateTime {
        self.issue().issued_at()
    }

    /// Returns the time by which a newer list is issued. From that time on, this list is stale.
    pub fn next_update(&self) -> OffsetDateTime {
        self.issue().next.to_datetime()
    }

    /// Returns the digest of the previous list; `None` for the first.
    pub fn previous(&self) -> Option<StatementDigest> {
        self.issue().previous
    }

    /// Returns the digests of the lists whose fork this one ends.
    pub fn ends(&self) -> impl Iterator<Item = StatementDigest> + '_ {
        self.issue().ends.iter().copied()
    }

    /// Returns the digest of the list.
    pub fn digest(&self) -> StatementDigest {
        self.0.text.digest
    }

    /// Returns the number of hops in the list.
    pub fn hop_count(&self) -> usize {
        self.records().len()
    }

    /// Returns the entry of a hop, if the list has one.
    pub fn hop(&self, id: &HopId) -> Option<RevokedHop> {
        self.find(&first_bytes(id))
    }

    pub(super) fn find(&self, id: &[u8; ID_BYTES]) -> Option<RevokedHop> {
        self.0.body.find(id)
    }

    /// Returns the entries of hops, in ascending order of their ids.
    pub fn hops(&self) -> impl Iterator<Item = RevokedHop> + '_ {
        self.records().iter().map(RevokedHop::read)
    }

    /// Returns the ids of revoked tokens, each with the time of its revocation.
    pub fn tokens(&self) -> impl Iterator<Item = ([u8; 16], OffsetDateTime)> + '_ {
        self.entries().tokens.iter().map(|(id, since)| (*id, since.to_datetime()))
    }

    /// Returns the revoked owners, each with the time of the revocation.
    pub fn owners(&self) -> impl Iterator<Item = (&str, OffsetDateTime)> {
        self.entries().owners.iter().map(|(name, since)| (name.as_str(), since.to_datetime()))
    }

    /// Returns the keys that are retired or compromised.
    pub fn keys(&self) -> impl Iterator<Item = (PublicKey, &RevokedKey)> {
        self.entries().keys.iter().map(|(key, revoked)| (*key, revoked))
    }

    /// Returns the series whose lists are void, each with the first void sequence.
    pub fn void_series(&self) -> impl Iterator<Item = (VoidSeries, u64)> + '_ {
        self.entries().void_series.iter().map(|(series, from)| (*series, *from))
    }

    /// Returns the digests of lists that are void.
    pub fn void_lists(&self) -> impl Iterator<Item = StatementDigest> + '_ {
        self.entries().void_lists.iter().copied()
    }

    /// Returns the token that gives the issuer its power, for a list that has one.
    pub fn authority(&self) -> Option<&Token> {
        self.entries().authority.as_ref()
    }

    /// Returns true if this list voids another one. Only lists of the scopes `own` and `power` can
    /// be voided.
    pub(crate) fn voids(&self, id: &SeriesId, sequence: u64, digest: &StatementDigest) -> bool {
        let Entries { void_series, void_lists, .. } = self.entries();
        if id.kind != StatementKind::Revocations {
            return false;
        }
        let series = match id.scope {
            StatementScope::Own => VoidSeries::Own(id.issuer),
            StatementScope::Power(hop) => VoidSeries::Power(hop),
            // The operator who named the issuer can remove the name instead.
            StatementScope::Root(_) | StatementScope::Named => return false,
        };
        let from = void_series.get(&series);
        from.is_some_and(|from| sequence >= *from) || void_lists.contains(digest)
    }

    /// Returns the time of the revocation of an owner whose name is, or looks like, this one.
    pub(crate) fn owner_like(&self, name: &str) -> Option<UnixTime> {
        let owners = &self.0.owners;
        if owners.is_empty() { None } else { owners.get(&appearance(name)).copied() }
    }

    pub(crate) fn entries(&self) -> &Entries {
        &self.0.text.content.entries
    }

    pub(super) fn body(&self) -> &Body {
        &self.0.body
    }

    pub(super) fn records(&self) -> &[Record] {
        self.body().records()
    }
}

/// The text of a list, signed by its issuer.
pub(super) struct SignedText {
    pub(super) content: Content,
    digest: StatementDigest,
    /// The length of the note: the text and its signature line.
    pub(super) note: usize,
}

impl SignedText {
    /// Reads the note at the beginning of the bytes.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, StatementError> {
        let (note, rest) = Note::read(bytes, 1)?;
        // The signature is checked before anything else: the rest costs more, and is worth reading
        // only if the issuer signed it.
        let issuer = Lines::new(note.text()).first(StatementKind::Revocations)?;
        note.require_exactly(&[issuer])?;
        let content = Content::read(note.text())?;
        let digest = StatementDigest::of(note.text().as_bytes());
        Ok(Self { content, digest, note: bytes.len().saturating_sub(rest.len()) })
    }
}

impl InSeries for RevocationList {
    fn issue(&self) -> &Issue {
        &self.0.text.content.issue
    }

    fn digest(&self) -> StatementDigest {
        self.0.text.digest
    }

    fn is_final(&self) -> bool {
        let own = self.entries().keys.get(&self.issuer());
        own.is_some_and(|own| matches!(own.end(), KeyEnd::Compromised { .. }))
    }
}

impl PartialEq for RevocationList {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for RevocationList {}

/// Shows the series, the sequence, the time of issue, and the numbers of entries.
impl Debug for RevocationList {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let issued = UnixTime::from(self.issued());
        let (hops, lines) = (self.hop_count(), self.entries().lines());
        let (series, sequence) = (self.series(), self.sequence());
        write!(f, "RevocationList({series}, {sequence}, {issued}, {hops} hops, {lines} lines)")
    }
}
