//! The look-up of a hop in a list, and the one pass over all entries that builds the index.

use std::cmp::Ordering;
use std::mem;

use sha2::{Digest, Sha256};

use crate::statement::error::StatementError;
use crate::statement::revocation::entry::{ID_BYTES, Record, id_of};

/// Records that are processed together: 16 kB, which stay in the fastest cache from hashing to
/// counting.
const PIECE: usize = 704;

/// The places of ids in sorted records.
///
/// The number of buckets is the number of records, rounded up to a power of two. The leading bits
/// of an id select its bucket. Ids are hashes, so most buckets have at most two.
pub(super) struct Index {
    /// The first record of each bucket, and at the end the number of records.
    bounds: Vec<u32>,
    /// The number of bits of an id below those of its bucket.
    rest: u32,
}

impl Index {
    /// Returns the first record whose id is not less than `id`, and whether it is equal.
    ///
    /// The search inside a bucket is binary, because an issuer can choose ids that fill one.
    pub(super) fn position(&self, records: &[Record], id: &[u8; ID_BYTES]) -> (usize, bool) {
        let id = u128::from_be_bytes(*id);
        let bucket = bucket_of(id, self.rest);
        let bound = |at: usize| self.bounds.get(at).and_then(|bound| usize::try_from(*bound).ok());
        let first = bound(bucket).unwrap_or_default();
        let mut rest = first..bound(bucket.saturating_add(1)).unwrap_or_default();
        while !rest.is_empty() {
            let middle = rest.start.midpoint(rest.end);
            match records.get(middle).map(|record| id_of(record).cmp(&id)) {
                Some(Ordering::Less) => rest.start = middle.saturating_add(1),
                Some(Ordering::Equal) => return (middle, true),
                Some(Ordering::Greater) | None => rest.end = middle,
            }
        }
        (rest.start, false)
    }
}

/// One pass over all records of a body, which hashes them, checks their order and counts those of
/// each bucket.
pub(super) struct Reading {
    hash: Sha256,
    /// The number of records that were read.
    count: usize,
    /// The id of the last of them.
    last: Option<u128>,
    /// The first record that is not greater than the previous one.
    disorder: Option<usize>,
    index: Index,
}

impl Reading {
    /// Starts before the first of `count` records. The index is allocated here, so the caller has
    /// already compared `count` with the length of the body.
    pub(super) fn of(count: usize) -> Self {
        let buckets = count.next_power_of_two();
        let rest = u128::BITS.saturating_sub(buckets.trailing_zeros());
        let index = Index { bounds: vec![0; buckets.saturating_add(1)], rest };
        Self { hash: Sha256::new(), count: 0, last: None, disorder: None, index }
    }

    /// Reads the next records.
    pub(super) fn read(&mut self, records: &[Record]) {
        for piece in pieces(records) {
            self.hash.update(piece.as_flattened());
            for record in piece {
                let id = id_of(record);
                if self.last.is_some_and(|last| id <= last) {
                    self.disorder.get_or_insert(self.count);
                }
                self.last = Some(id);
                self.count = self.count.saturating_add(1);
                if let Some(count) = self.index.bounds.get_mut(bucket_of(id, self.index.rest)) {
                    *count = count.saturating_add(1);
                }
            }
        }
    }

    /// Checks that the records have this digest and are in order. Returns their index.
    pub(super) fn finish(self, digest: &[u8; 32]) -> Result<Index, StatementError> {
        // The digest comes first: with a wrong digest, the wrong order is not the issuer's fault.
        if <[u8; 32]>::from(self.hash.finalize()) != *digest {
            return Err(StatementError::BodyDigest);
        }
        if let Some(entry) = self.disorder {
            return Err(StatementError::BodyOrder { entry });
        }
        let mut index = self.index;
        let mut before = 0_u32;
        for bound in &mut index.bounds {
            let count = mem::replace(bound, before);
            before = before.saturating_add(count);
        }
        Ok(index)
    }
}

/// Splits records into pieces that stay in the cache.
pub(super) fn pieces(records: &[Record]) -> impl Iterator<Item = &[Record]> {
    let (whole, rest) = records.as_chunks::<PIECE>();
    whole.iter().map(<[Record; PIECE]>::as_slice).chain([rest])
}

fn bucket_of(id: u128, rest: u32) -> usize {
    usize::try_from(id.checked_shr(rest).unwrap_or(0)).unwrap_or(usize::MAX)
}
