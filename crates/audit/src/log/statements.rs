//! The statements of erasures in the records of a log, and which of them count.

use deputize::limits::MAX_CORE_BYTES;
use deputize::{Note, PublicKey, RecordCore, RecordKind, Token};
use time::OffsetDateTime;

use crate::checkpoint::Origin;
use crate::erasure::{ErasedRange, Erasure, ErasureError, ErasureReason};
use crate::limits::SEGMENT_RECORDS;
use crate::log::error::{LogError, damaged};
use crate::log::folder::Folder;
use crate::log::segment::{Line, Lines};
use crate::tiles::TiledHashes;
use crate::tree::{ConsistencyProof, TreeHead};

/// The core of an erasure has these bytes, and few others do: most records need not be parsed to find the
/// statements.
const OF_ERASURE: &str = "\"kind\":\"erasure\"";

/// The log in which statements count, up to a tree whose tiles are written.
#[derive(Debug)]
pub(super) struct Statements {
    folder: Folder,
    origin: Origin,
    head: TreeHead,
    /// The keys in the first record.
    erasers: Vec<PublicKey>,
}

impl Statements {
    pub(super) fn of(folder: &Folder, origin: Origin, head: TreeHead) -> Result<Self, LogError> {
        let mut erasers = Vec::new();
        for_each_core(folder, 0, 1, |core| {
            if let RecordKind::Log { erasers: own, .. } = &core.kind {
                erasers.extend(own.iter().copied());
            }
        })?;
        Ok(Self { folder: folder.clone(), origin, head, erasers })
    }

    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    pub(super) fn size(&self) -> u64 {
        self.head.size()
    }

    /// Returns a statement about the newest tree, without ranges.
    pub(super) fn frame(
        &self,
        key: PublicKey,
        authority: Option<Token>,
        why: ErasureReason,
        issued: OffsetDateTime,
    ) -> Erasure {
        let (origin, size, root) = (self.origin, self.head.size(), self.head.root());
        Erasure { key, origin, size, root, issued, why, authority, ranges: Vec::new() }
    }

    /// Checks that a statement counts in the record with this index and time.
    pub(super) fn require(
        &self,
        erasure: &Erasure,
        index: u64,
        at: OffsetDateTime,
    ) -> Result<(), LogError> {
        if erasure.origin != self.origin || erasure.size > index || erasure.size > self.head.size()
        {
            return Err(LogError::MayNotErase);
        }
        self.require_power(erasure, at)?;
        let other = TreeHead::new(erasure.size, erasure.root).map_err(|_| LogError::MayNotErase)?;
        let hashes = &mut TiledHashes::new(self.head.size(), self.folder.tiles());
        let proof = ConsistencyProof::prove(erasure.size, self.head.size(), hashes)?;
        proof.check(&other, &self.head).map_err(|_| LogError::MayNotErase)
    }

    /// Checks that the signer may erase in this log at this time.
    pub(super) fn require_power(
        &self,
        erasure: &Erasure,
        at: OffsetDateTime,
    ) -> Result<(), LogError> {
        erasure.require_power(&self.erasers, at).map_err(|why| match why {
            ErasureError::MayNotErase { .. } => LogError::MayNotErase,
            why => why.into(),
        })
    }

    /// Returns what the statements erase that are in the records from this one on, and that count.
    pub(super) fn ranges(&self, first: u64) -> Result<Vec<ErasedRange>, LogError> {
        let mut ranges = Vec::new();
        for_each_line(&self.folder, first, self.head.size(), |index, line| {
            if !str::from_utf8(line).is_ok_and(|line| line.contains(OF_ERASURE)) {
                return Ok(());
            }
            let Some((at, erasure)) = read(line) else { return Ok(()) };
            match self.require(&erasure, index, at) {
                Ok(()) => ranges.extend(erasure.ranges),
                Err(LogError::MayNotErase | LogError::Erasure(_)) => {}
                Err(why) => return Err(why),
            }
            Ok(())
        })?;
        Ok(ranges)
    }
}

/// Reads the statement of a record with its time; `None` if it has none.
fn read(line: &[u8]) -> Option<(OffsetDateTime, Erasure)> {
    let core = RecordCore::parse(line).ok()?;
    let RecordKind::Erasure { statement, .. } = &core.kind else { return None };
    let note = Note::parse(statement.as_bytes()).ok()?;
    Some((core.at, Erasure::parse(&note).ok()?))
}

/// Reads the cores from the first index to the one before `end`. Lines that are not cores are left out.
pub(super) fn for_each_core(
    folder: &Folder,
    first: u64,
    end: u64,
    mut each: impl FnMut(&RecordCore),
) -> Result<(), LogError> {
    for_each_line(folder, first, end, |_, line| {
        if let Ok(core) = RecordCore::parse(line) {
            each(&core);
        }
        Ok(())
    })
}

/// Reads the lines of the cores from the first index to the one before `end`.
fn for_each_line(
    folder: &Folder,
    first: u64,
    end: u64,
    mut each: impl FnMut(u64, &[u8]) -> Result<(), LogError>,
) -> Result<(), LogError> {
    let mut index = first.saturating_sub(first.checked_rem(SEGMENT_RECORDS).unwrap_or_default());
    while index < end {
        let mut lines = Lines::open(folder.cores(index), MAX_CORE_BYTES)?;
        let of_segment = index.saturating_add(SEGMENT_RECORDS).min(end);
        while index < of_segment {
            let Line::Whole(line) = lines.next()? else {
                return Err(damaged(lines.path(), format!("it ends before record {index}")));
            };
            if index >= first {
                each(index, &line)?;
            }
            index = index.saturating_add(1);
        }
    }
    Ok(())
}
