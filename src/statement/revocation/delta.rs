//! Deltas: the changes from one list to a newer one.

use crate::limits::MAX_LISTED_HOPS;
use crate::statement::digest::StatementDigest;
use crate::statement::error::StatementError;
use crate::statement::revocation::body::Body;
use crate::statement::revocation::changes::{Changes, differences};
use crate::statement::revocation::entry::{ENTRY_BYTES, ID_BYTES};
use crate::statement::revocation::index::{Reading, pieces};
use crate::statement::revocation::list::{RevocationList, SignedText};

/// The first line of a delta.
const FIRST: &str = "deputize revocations-delta v1\n";

/// The form of the lines of a delta.
const HEAD: &str =
    "deputize revocations-delta v1, base DIGEST, remove NUMBER, add NUMBER, and an empty line";

/// The greatest length of these lines.
const MAX_HEAD: usize = 512;

impl RevocationList {
    /// Returns true if the bytes begin like a delta.
    pub fn is_delta(bytes: &[u8]) -> bool {
        bytes.starts_with(FIRST.as_bytes())
    }

    /// Returns the digest of the list that a delta applies to.
    pub(crate) fn base_of(delta: &[u8]) -> Result<StatementDigest, StatementError> {
        Ok(Head::parse(delta)?.0.base)
    }

    /// Writes this list as a delta, for verifiers that have `base`. It takes time in proportion to
    /// the lengths of both.
    pub fn delta_from(&self, base: &Self) -> Vec<u8> {
        let (removed, added) = differences(base.records(), self.records());
        let head = Head { base: base.digest(), remove: removed.len(), add: added.len() };
        let (head, note) = (head.write(), self.note());
        [head.as_bytes(), note.as_bytes(), removed.as_flattened(), added.as_flattened()].concat()
    }

    /// Applies a delta to this list, which does not change.
    ///
    /// The result is the list that its issuer signed, byte for byte, or an error. It belongs to the
    /// same series, and need not be newer. The cost is one copy of this list and one SHA-256 of the
    /// result's body.
    ///
    /// # Errors
    ///
    /// [`StatementError`], such as [`WrongBase`](StatementError::WrongBase) for a delta to another
    /// list. After any error, read the whole list instead.
    pub fn apply(&self, delta: &[u8]) -> Result<Self, StatementError> {
        let (head, rest) = Head::parse(delta)?;
        if head.base != self.digest() {
            let (base, found) = (head.base.to_string(), self.digest().to_string());
            return Err(StatementError::WrongBase { base, found });
        }
        // The signature is checked before the changes are read, which costs more.
        let text = SignedText::read(rest)?;
        self.series().require(&text.content.issue.series)?;
        let (note, changes) = rest.split_at_checked(text.note).unwrap_or((rest, &[]));
        let changes = head.changes(changes)?;
        let count = changes.count_after(self.hop_count()).ok_or(StatementError::DeltaMismatch)?;
        // The issuer signed this number, and reading has checked its bound. So a delta with a false
        // number causes no allocation.
        if u64::try_from(count) != Ok(text.content.hops) {
            return Err(StatementError::DeltaMismatch);
        }
        let length = count.saturating_mul(ENTRY_BYTES).saturating_add(note.len());
        let mut file = Vec::with_capacity(length);
        file.extend_from_slice(note);
        let mut reading = Reading::of(count);
        let merged = changes.merge(Some(self.body()), |records| {
            for piece in pieces(records) {
                file.extend_from_slice(piece.as_flattened());
                reading.read(piece);
            }
        });
        merged.ok_or(StatementError::DeltaMismatch)?;
        let body = Body::read(file, note.len(), reading, &text.content.body)?;
        Ok(Self::new(text, body))
    }
}

/// The lines of a delta before the note.
struct Head {
    base: StatementDigest,
    remove: usize,
    add: usize,
}

impl Head {
    /// Reads the lines. Returns the bytes that follow them, too.
    fn parse(delta: &[u8]) -> Result<(Self, &[u8]), StatementError> {
        Self::read(delta).ok_or(StatementError::Line { line: 1, expected: HEAD })
    }

    fn read(delta: &[u8]) -> Option<(Self, &[u8])> {
        let start = delta.get(..MAX_HEAD).unwrap_or(delta);
        let end = start.windows(2).position(|pair| pair == b"\n\n")?.checked_add(2)?;
        let (text, rest) = delta.split_at_checked(end)?;
        let mut lines = str::from_utf8(text).ok()?.strip_prefix(FIRST)?.split('\n');
        let base = lines.next()?.strip_prefix("base ")?.parse().ok()?;
        let mut number = |word: &str| -> Option<usize> {
            let number = lines.next()?.strip_prefix(word)?.parse().ok()?;
            u64::try_from(number).is_ok_and(|number| number <= MAX_LISTED_HOPS).then_some(number)
        };
        let own = Self { base, remove: number("remove ")?, add: number("add ")? };
        (own.write().as_bytes() == text).then_some((own, rest))
    }

    fn write(&self) -> String {
        let Self { base, remove, add } = self;
        format!("{FIRST}base {base}\nremove {remove}\nadd {add}\n\n")
    }

    /// Reads the changes, which must have exactly the stated length.
    fn changes<'a>(&self, bytes: &'a [u8]) -> Result<Changes<'a>, StatementError> {
        let removed = self.remove.saturating_mul(ID_BYTES);
        let expected = removed.saturating_add(self.add.saturating_mul(ENTRY_BYTES));
        let parts = bytes.split_at_checked(removed).filter(|_| bytes.len() == expected);
        let Some((removed, added)) = parts else {
            let [expected, found] =
                [expected, bytes.len()].map(|length| u64::try_from(length).unwrap_or(u64::MAX));
            return Err(StatementError::BodyLength { expected, found });
        };
        let changes = Changes::new(removed.as_chunks().0, added.as_chunks().0);
        changes.ok_or(StatementError::DeltaMismatch)
    }
}
