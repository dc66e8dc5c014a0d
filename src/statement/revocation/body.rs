//! The body of a list: the entries of hops.

use crate::statement::error::StatementError;
use crate::statement::revocation::entry::{ENTRY_BYTES, ID_BYTES, Record, RevokedHop};
use crate::statement::revocation::index::{Index, Reading};

/// The body of a list, as a part of the list's file. Its records are in ascending order of their
/// ids, and have the digest that was signed.
pub(super) struct Body {
    file: Vec<u8>,
    /// The offset of the first record in the file.
    start: usize,
    index: Index,
}

impl Body {
    /// Reads the records from `start` to the end of the file. Their number is compared with the
    /// length before anything is allocated.
    pub(super) fn parse(
        file: Vec<u8>,
        start: usize,
        count: u64,
        digest: &[u8; 32],
    ) -> Result<Self, StatementError> {
        let bytes = file.get(start..).unwrap_or_default();
        let entry = u64::try_from(ENTRY_BYTES).unwrap_or(u64::MAX);
        let (expected, found) =
            (count.saturating_mul(entry), u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if expected != found {
            return Err(StatementError::BodyLength { expected, found });
        }
        let records = bytes.as_chunks().0;
        let mut reading = Reading::of(records.len());
        reading.read(records);
        Self::read(file, start, reading, digest)
    }

    /// Takes a file whose records have all been read, starting at `start`.
    pub(super) fn read(
        file: Vec<u8>,
        start: usize,
        reading: Reading,
        digest: &[u8; 32],
    ) -> Result<Self, StatementError> {
        Ok(Self { file, start, index: reading.finish(digest)? })
    }

    /// Returns the file of the list, with its note.
    pub(super) fn file(&self) -> &[u8] {
        &self.file
    }

    pub(super) fn records(&self) -> &[Record] {
        self.file.get(self.start..).unwrap_or_default().as_chunks().0
    }

    /// Returns the first record whose id is not less than `id`, and whether it is equal.
    pub(super) fn position(&self, id: &[u8; ID_BYTES]) -> (usize, bool) {
        self.index.position(self.records(), id)
    }

    /// Returns the entry with this id.
    pub(super) fn find(&self, id: &[u8; ID_BYTES]) -> Option<RevokedHop> {
        let (at, is_found) = self.position(id);
        self.records().get(at).filter(|_| is_found).map(RevokedHop::read)
    }
}
