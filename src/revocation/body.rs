//! The entries of hops: sorted records of a fixed length, with an index.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::limits::MAX_LISTED_HOPS;
use crate::revocation::entry::{ENTRY_BYTES, ID_BYTES, RevokedHop};
use crate::statement::error::StatementError;

/// The body of a list, as read, in the file of the list.
pub(super) struct Body {
    file: Vec<u8>,
    /// The place of the first record in the file.
    start: usize,
    count: usize,
    /// The first record of each bucket, and at the end the number of records. There are as many
    /// buckets as records, rounded up to a power of two, by the leading bits of the id.
    buckets: Vec<u32>,
    /// Bits to drop of the first four bytes of an id, to get its bucket.
    shift: u32,
}

impl Body {
    /// Reads the records from `start` to the end of the file. The number is compared with the length
    /// before anything is allocated.
    pub(super) fn parse(
        file: Vec<u8>,
        start: usize,
        count: u64,
        digest: &[u8; 32],
    ) -> Result<Self, StatementError> {
        let records = file.get(start..).unwrap_or_default();
        check_length(count, records.len())?;
        if <[u8; 32]>::from(Sha256::digest(records)) != *digest {
            return Err(StatementError::BodyDigest);
        }
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let size = count.next_power_of_two();
        let shift = 32_u32.saturating_sub(size.trailing_zeros());
        let mut buckets = Vec::with_capacity(size.saturating_add(1));
        let mut before: Option<u128> = None;
        for (entry, record) in records.as_chunks::<ENTRY_BYTES>().0.iter().enumerate() {
            let Some(id) = record.first_chunk::<ID_BYTES>() else { continue };
            let own = u128::from_be_bytes(*id);
            if before.is_some_and(|before| own <= before) {
                return Err(StatementError::BodyOrder { entry });
            }
            before = Some(own);
            let bucket = bucket_of(id, shift);
            let number = u32::try_from(entry).unwrap_or(u32::MAX);
            // All buckets up to this one begin here, if none of their records came before.
            while buckets.len() <= bucket {
                buckets.push(number);
            }
        }
        let end = u32::try_from(count).unwrap_or(u32::MAX);
        buckets.resize(size.saturating_add(1), end);
        Ok(Self { file, start, count, buckets, shift })
    }

    /// Returns the file of the list, with its note.
    pub(super) fn file(&self) -> &[u8] {
        &self.file
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Returns the entry with this id. The search inside a bucket is binary, because an attacker who
    /// tries hashes can fill one.
    pub(super) fn find(&self, id: &[u8; ID_BYTES]) -> Option<RevokedHop> {
        let bucket = bucket_of(id, self.shift);
        let bound =
            |bucket: usize| self.buckets.get(bucket).and_then(|at| usize::try_from(*at).ok());
        let (low, high) = (bound(bucket)?, bound(bucket.checked_add(1)?)?);
        let (at, is_found) = position(self.records(), low, high, id);
        self.records().get(at).filter(|_| is_found).map(RevokedHop::read)
    }

    pub(super) fn records(&self) -> &[[u8; ENTRY_BYTES]] {
        self.file.get(self.start..).unwrap_or_default().as_chunks().0
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = RevokedHop> + '_ {
        self.records().iter().map(RevokedHop::read)
    }
}

/// Checks the stated number of records against its bound and against the length of the body.
pub(super) fn check_length(count: u64, length: usize) -> Result<(), StatementError> {
    if count > MAX_LISTED_HOPS {
        let (what, found, most) = ("hops", count, MAX_LISTED_HOPS);
        return Err(StatementError::TooMany { what, found, most });
    }
    let entry = u64::try_from(ENTRY_BYTES).unwrap_or(u64::MAX);
    let (expected, found) =
        (count.saturating_mul(entry), u64::try_from(length).unwrap_or(u64::MAX));
    if expected == found { Ok(()) } else { Err(StatementError::BodyLength { expected, found }) }
}

fn bucket_of(id: &[u8; ID_BYTES], shift: u32) -> usize {
    let [a, b, c, d, ..] = *id;
    let leading = u64::from(u32::from_be_bytes([a, b, c, d]));
    usize::try_from(leading.checked_shr(shift).unwrap_or(0)).unwrap_or(usize::MAX)
}

/// Returns the first record from `low` to before `high` whose id is not less than `id`, and whether it
/// is equal.
fn position(
    records: &[[u8; ENTRY_BYTES]],
    mut low: usize,
    mut high: usize,
    id: &[u8; ID_BYTES],
) -> (usize, bool) {
    while low < high {
        let middle = low.midpoint(high);
        let own = records.get(middle).and_then(|record| record.first_chunk::<ID_BYTES>());
        match own.map(|own| own.cmp(id)) {
            Some(std::cmp::Ordering::Less) => low = middle.saturating_add(1),
            Some(std::cmp::Ordering::Equal) => return (middle, true),
            Some(std::cmp::Ordering::Greater) | None => high = middle,
        }
    }
    (low, false)
}

/// A change of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    /// Whether the record is removed, and so must be there.
    pub(super) removes: bool,
    /// The record that is added. It must not be there, or be removed.
    pub(super) adds: Option<RevokedHop>,
}

/// Writes the records with some changes. Returns `None` if a change does not fit them.
///
/// The records between two changes are copied at once.
pub(super) fn merged(
    records: &[[u8; ENTRY_BYTES]],
    changes: &BTreeMap<[u8; ID_BYTES], Change>,
) -> Option<Vec<u8>> {
    let room = records.len().saturating_add(changes.len()).saturating_mul(ENTRY_BYTES);
    let mut result = Vec::with_capacity(room);
    let mut copied = 0_usize;
    for (id, change) in changes {
        let (at, is_found) = position(records, copied, records.len(), id);
        result.extend_from_slice(records.get(copied..at)?.as_flattened());
        copied = at;
        if change.removes != is_found {
            return None;
        }
        if is_found {
            copied = copied.checked_add(1)?;
        }
        if let Some(added) = &change.adds {
            added.write(&mut result);
        }
    }
    result.extend_from_slice(records.get(copied..)?.as_flattened());
    Some(result)
}
