//! Signing lists.

use std::collections::BTreeSet;
use std::fmt::{self, Debug, Formatter};

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::key::{PublicKey, Signature, Signer};
use crate::limits::{MAX_LISTED_HOPS, MAX_LISTED_LINES, MAX_NOTE_BYTES};
use crate::statement::error::{StatementError, require_at_most};
use crate::statement::in_series::InSeries as _;
use crate::statement::kind::StatementKind;
use crate::statement::note::{Note, NoteError};
use crate::statement::revocation::changes::Changes;
use crate::statement::revocation::content::{Content, HOPS_COUNTED, LINES_COUNTED};
use crate::statement::revocation::draft::RevocationDraft;
use crate::statement::revocation::entry::{ENTRY_BYTES, ID_BYTES, RevokedHop};
use crate::statement::revocation::index::pieces;
use crate::statement::revocation::list::RevocationList;
use crate::statement::series::{Issue, SeriesId, ended_heads};

/// Bytes of a list's note after the text: the empty line and the signature line.
const SIGNATURE_BYTES: usize = 171;

impl RevocationDraft {
    /// Signs the list at `now`. It states that a newer one will be issued by `next`.
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
        let signature = signer.sign(open.text().as_bytes())?;
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
        let is_listed = |id: &[u8; ID_BYTES]| base.is_some_and(|list| list.find(id).is_some());
        let removed: Vec<_> = self.hops.keys().filter(|id| is_listed(id)).copied().collect();
        let added = self.hops.values().flatten().map(|hop| hop.to_record());
        let added: Vec<_> = added.collect();
        let before = base.map(RevocationList::hop_count).unwrap_or_default();
        let changes = Changes::new(&removed, &added).ok_or(StatementError::DeltaMismatch)?;
        let count = changes.count_after(before).ok_or(StatementError::DeltaMismatch)?;
        let hops = u64::try_from(count).unwrap_or(u64::MAX);
        require_at_most(HOPS_COUNTED, hops, MAX_LISTED_HOPS)?;
        require_at_most(LINES_COUNTED, self.entries.lines(), MAX_LISTED_LINES)?;
        let mut body = Vec::with_capacity(count.saturating_mul(ENTRY_BYTES));
        let mut hash = Sha256::new();
        let merged = changes.merge(base.map(RevocationList::body), |records| {
            for piece in pieces(records) {
                body.extend_from_slice(piece.as_flattened());
                hash.update(piece.as_flattened());
            }
        });
        merged.ok_or(StatementError::DeltaMismatch)?;
        let entries = self.entries.clone();
        let text = Content { issue, hops, body: hash.finalize().into(), entries }.write();
        if text.len().saturating_add(SIGNATURE_BYTES) > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong.into());
        }
        // A list is signed only if it can be read again. Reading refuses a line that its scope does
        // not allow, and a token that is not the one of the scope.
        Content::read(&text)?;
        Ok(UnsignedRevocations { note: Note::new(text)?, body, issuer })
    }

    /// Returns the place in its series of a list that is issued at this time.
    fn issue(
        &self,
        issuer: PublicKey,
        issued: UnixTime,
        next: UnixTime,
    ) -> Result<Issue, StatementError> {
        if let Some(pruned) = self.pruned.filter(|pruned| issued < *pruned) {
            let [pruned, issued] = [pruned, issued].map(UnixTime::to_datetime);
            return Err(StatementError::PrunedLater { pruned, issued });
        }
        let holder = self.entries.authority.as_ref().map(|token| token.holder().key());
        let issuers = holder.into_iter().chain(self.before.iter().map(RevocationList::issuer));
        if let Some(other) = issuers.into_iter().find(|other| *other != issuer) {
            let (issuer, signer) = (Box::new(other), Box::new(issuer));
            return Err(StatementError::NotTheIssuer { issuer, signer });
        }
        let Some(newest) = self.before.iter().max_by_key(|list| list.sequence()) else {
            let series = SeriesId { kind: StatementKind::Revocations, issuer, scope: self.scope };
            let (sequence, previous, ends) = (self.first_sequence, None, BTreeSet::new());
            let issue = Issue { series, sequence, issued, next, previous, ends };
            issue.check()?;
            return Ok(issue);
        };
        for list in &self.before {
            newest.series().require(&list.series())?;
            if list.is_final() {
                return Err(StatementError::AfterFinal);
            }
            list.issue().require_before(issued)?;
        }
        let mut issue = newest.issue().followed_by(newest.digest(), issued, next)?;
        let before = self.before.iter().map(|list| (list.issue(), list.digest()));
        issue.ends = ended_heads(before, newest.digest());
        issue.check()?;
        Ok(issue)
    }
}

/// A list that is not signed yet.
#[derive(Clone, PartialEq, Eq)]
pub struct UnsignedRevocations {
    note: Note,
    body: Vec<u8>,
    issuer: PublicKey,
}

impl UnsignedRevocations {
    /// Returns the text to sign, which people can read. It commits to the hops by their number and
    /// digest.
    pub fn text(&self) -> &str {
        self.note.text()
    }

    /// Returns the entries of hops, in ascending order of their ids.
    pub fn hops(&self) -> impl Iterator<Item = RevokedHop> + '_ {
        self.body.as_chunks().0.iter().map(RevokedHop::read)
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
        let note = self.note.clone();
        let note = note.with_signature(self.issuer.to_string(), &self.issuer, signature)?;
        let mut file = note.to_string().into_bytes();
        file.extend_from_slice(&self.body);
        RevocationList::parse(file)
    }
}

/// Shows the length of the text and the number of hops.
impl Debug for UnsignedRevocations {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (text, hops) = (self.text().len(), self.hops().count());
        write!(f, "UnsignedRevocations({text} bytes of text, {hops} hops)")
    }
}
