//! Deltas: a list for those who have the one before.

use std::collections::BTreeMap;

use crate::limits::MAX_LISTED_HOPS;
use crate::revocation::body::{Change, merged};
use crate::revocation::entry::{ENTRY_BYTES, ID_BYTES, RevokedHop};
use crate::revocation::list::{RevocationList, read_note};
use crate::statement::digest::StatementDigest;
use crate::statement::error::StatementError;

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
        let head = Head::parse(delta).ok_or(StatementError::Line { line: 1, expected: HEAD })?;
        Ok(head.base)
    }

    /// Writes this list as a delta, for those who have `base`. It takes time in proportion to the
    /// lengths of both.
    pub fn delta_from(&self, base: &Self) -> Vec<u8> {
        let changes = differences(base, self);
        let mut removed = Vec::new();
        let mut added = Vec::new();
        let (mut removals, mut additions) = (0_u64, 0_u64);
        for (id, change) in &changes {
            if change.removes {
                removed.extend(id);
                removals = removals.saturating_add(1);
            }
            if let Some(entry) = &change.adds {
                entry.write(&mut added);
                additions = additions.saturating_add(1);
            }
        }
        let head = format!("{FIRST}base {}\nremove {removals}\nadd {additions}\n\n", base.digest());
        [head.as_bytes(), self.note().as_bytes(), &removed, &added].concat()
    }

    /// Applies a delta to this list.
    ///
    /// The result is the list that its issuer signed, byte for byte, or an error. It costs one
    /// SHA-256 of the result's body, and a copy.
    ///
    /// # Errors
    ///
    /// [`StatementError`], such as [`WrongBase`](StatementError::WrongBase) for a delta to another
    /// list.
    pub fn apply(&self, delta: &[u8]) -> Result<Self, StatementError> {
        let head = Head::parse(delta).ok_or(StatementError::Line { line: 1, expected: HEAD })?;
        if head.base != self.digest() {
            let (base, found) = (head.base.to_string(), self.digest().to_string());
            return Err(StatementError::WrongBase { base, found });
        }
        // Before the changes are read: they cost more.
        let (content, _, note) = read_note(head.rest)?;
        if content.issue.series != self.series() {
            return Err(StatementError::DeltaMismatch);
        }
        let (note, changes) =
            head.rest.split_at_checked(note).ok_or(StatementError::DeltaMismatch)?;
        let changes = head.changes(changes)?;
        let body = merged(self.records(), &changes).ok_or(StatementError::DeltaMismatch)?;
        let mut file = Vec::with_capacity(note.len().saturating_add(body.len()));
        file.extend_from_slice(note);
        file.extend_from_slice(&body);
        // The note says which body it must be.
        Self::parse(file)
    }
}

/// The lines of a delta before the note.
struct Head<'a> {
    base: StatementDigest,
    remove: usize,
    add: usize,
    rest: &'a [u8],
}

impl<'a> Head<'a> {
    fn parse(delta: &'a [u8]) -> Option<Self> {
        let start = delta.get(..MAX_HEAD.min(delta.len()))?;
        let end = start.windows(2).position(|pair| pair == b"\n\n")?.checked_add(2)?;
        let text = std::str::from_utf8(delta.get(..end)?).ok()?;
        let mut lines = text.strip_prefix(FIRST)?.lines();
        let base = lines.next()?.strip_prefix("base ")?.parse().ok()?;
        let number = |line: Option<&str>, word: &str| -> Option<u64> {
            let number = line?.strip_prefix(word)?.parse().ok()?;
            (number <= MAX_LISTED_HOPS).then_some(number)
        };
        let (remove, add) = (number(lines.next(), "remove ")?, number(lines.next(), "add ")?);
        let written = format!("{FIRST}base {base}\nremove {remove}\nadd {add}\n\n");
        let [remove, add] = [remove, add].map(|number| usize::try_from(number).ok());
        (written == text).then_some(())?;
        Some(Self { base, remove: remove?, add: add?, rest: delta.get(end..)? })
    }

    /// Reads the changes. Their numbers must fit the length before anything is allocated.
    fn changes(&self, bytes: &[u8]) -> Result<BTreeMap<[u8; ID_BYTES], Change>, StatementError> {
        let removed = self.remove.saturating_mul(ID_BYTES);
        let expected = removed.saturating_add(self.add.saturating_mul(ENTRY_BYTES));
        let Some((removed, added)) =
            bytes.split_at_checked(removed).filter(|_| bytes.len() == expected)
        else {
            let [expected, found] =
                [expected, bytes.len()].map(|length| u64::try_from(length).unwrap_or(u64::MAX));
            return Err(StatementError::BodyLength { expected, found });
        };
        let mut changes = BTreeMap::new();
        let mut before = None;
        for (entry, id) in removed.as_chunks::<ID_BYTES>().0.iter().enumerate() {
            if before.replace(id).is_some_and(|before| id <= before) {
                return Err(StatementError::BodyOrder { entry });
            }
            changes.insert(*id, Change { removes: true, adds: None });
        }
        let mut before = None;
        for (entry, record) in added.as_chunks::<ENTRY_BYTES>().0.iter().enumerate() {
            let hop = RevokedHop::read(record);
            if before.replace(hop.id).is_some_and(|before| hop.id <= before) {
                return Err(StatementError::BodyOrder { entry });
            }
            changes.entry(hop.id).or_insert(Change { removes: false, adds: None }).adds = Some(hop);
        }
        Ok(changes)
    }
}

/// Finds the changes from one list to another, in one pass over both.
fn differences(base: &RevocationList, result: &RevocationList) -> BTreeMap<[u8; ID_BYTES], Change> {
    let mut changes = BTreeMap::new();
    let (mut old, mut new) = (base.hops().peekable(), result.hops().peekable());
    loop {
        let (own, other) = (old.peek().copied(), new.peek().copied());
        let is_old = own.is_some_and(|own| other.is_none_or(|other| own.id <= other.id));
        let is_new = other.is_some_and(|other| own.is_none_or(|own| other.id <= own.id));
        if is_old {
            old.next();
        }
        if is_new {
            new.next();
        }
        let (removed, added) = (own.filter(|_| is_old), other.filter(|_| is_new));
        let Some(id) = removed.or(added).map(|entry| entry.id) else { return changes };
        if removed != added {
            changes.insert(id, Change { removes: removed.is_some(), adds: added });
        }
    }
}
