//! The first reading: the cores, against the tree.

use deputize::limits::MAX_CORE_BYTES;
use deputize::{DecisionCore, OutcomeResult, PublicKey, RecordCore, RecordKind};
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use time::OffsetDateTime;

use crate::checkpoint::Checkpoint;
use crate::files::{LogFiles, TilesOf};
use crate::limits::{MAX_MISSING_RECORDS, RECORDS_TOGETHER, TILE_WIDTH};
use crate::log::LogError;
use crate::tiles::{Level, ReadTile as _, Tile, TilePath};
use crate::tree::{Hash, RightEdge, TreeHead, leaf_hash};
use crate::verify::segments::SegmentLines;
use crate::verify::verdict::{Fault, Verdict};

/// Of a record: it is a call that went out.
const WENT_OUT: u8 = 1;
/// It has an outcome that is `unknown`.
const UNKNOWN: u8 = 2;
/// It has an outcome.
const ENDED: u8 = 4;
/// It cannot be read, which is a fault already.
const UNREADABLE: u8 = 8;

/// The findings of the first reading that the second one needs.
#[derive(Debug, Default)]
pub(super) struct Cores {
    /// The number of records that were read.
    pub(super) count: u64,
    /// The keys in the first record, which may erase beside the log's own.
    pub(super) erasers: Vec<PublicKey>,
    /// The records of erasures.
    pub(super) erasures: Vec<ErasureRecord>,
}

/// The record of an erasure.
#[derive(Debug)]
pub(super) struct ErasureRecord {
    pub(super) index: u64,
    pub(super) at: OffsetDateTime,
    pub(super) statement: String,
    /// The fields that were wrong before: the index of the record, and the place of the field.
    pub(super) wrong: Vec<(u64, usize)>,
}

/// The lines whose hashes are not those of the tiles.
#[derive(Debug, Default)]
struct Differing {
    /// The first ones, with the hash of the line.
    first: Vec<(u64, Hash)>,
    more: u64,
    /// A full tile is missing.
    full_missing: bool,
}

impl Cores {
    pub(super) fn read(
        files: &(impl LogFiles + ?Sized),
        checkpoint: &Checkpoint,
        seen: &[TreeHead],
        verdict: &mut Verdict,
        progress: &mut impl FnMut(u64),
    ) -> Result<Self, LogError> {
        let size = checkpoint.head().size();
        let mut own = Self::default();
        let mut lines = SegmentLines::cores(files, MAX_CORE_BYTES);
        let (mut tree, mut tiles) = (RightEdge::default(), LeavesOfTiles::new(files, size));
        let mut of_tiles = RightEdge::default();
        let mut differing = Differing::default();
        let mut calls: Vec<u8> = Vec::new();
        let ends = loop {
            let (together, end) = lines.next_lines(RECORDS_TOGETHER)?;
            let judged = together.par_iter().map(|line| (leaf_hash(line), RecordCore::parse(line)));
            for (leaf, core) in judged.collect::<Vec<_>>() {
                let index = tree.size();
                tree.push(leaf)?;
                if index < size {
                    match tiles.leaf(index)? {
                        Some(hash) => {
                            of_tiles.push(hash)?;
                            if hash != leaf {
                                differing.add(index, leaf);
                            }
                        }
                        None => differing.full_missing |= index < (size & !0xff),
                    }
                }
                if tree.size() == size && tree.head() != *checkpoint.head() {
                    own.name_changed(files, checkpoint, &of_tiles, &differing, verdict)?;
                } else if tree.size() == size && differing.is_fault() {
                    verdict.add(None, Fault::Tiles);
                }
                for other in seen.iter().filter(|other| other.size() == tree.size()) {
                    if *other != tree.head() {
                        verdict.add(None, Fault::Contradicts { size: other.size() });
                    }
                }
                match core {
                    Err(why) => {
                        verdict.add(Some(index), Fault::NotARecord { why: why.to_string() });
                        calls.push(UNREADABLE);
                    }
                    Ok(core) => own.take(index, core, checkpoint, &mut calls, verdict),
                }
            }
            progress(tree.size());
            // Behind the checkpoint, a crash can have left a line that is not whole.
            if end.is_some() {
                break tree.size() < size;
            }
        };
        if ends {
            // The rest of the tiles, to name the records.
            let missing = size.saturating_sub(tree.size());
            let end = if missing <= MAX_MISSING_RECORDS { size } else { tree.size() };
            for index in tree.size()..end {
                match tiles.leaf(index)? {
                    Some(hash) => of_tiles.push(hash)?,
                    None => break,
                }
            }
            own.name_changed(files, checkpoint, &of_tiles, &differing, verdict)?;
            verdict.add(Some(tree.size()), Fault::Ends);
        }
        own.count = tree.size();
        verdict.read = tree.size();
        verdict.behind = tree.size().saturating_sub(size);
        Ok(own)
    }

    /// Names the records that are not those of the checkpoint, if the tiles are.
    fn name_changed(
        &self,
        files: &(impl LogFiles + ?Sized),
        checkpoint: &Checkpoint,
        of_tiles: &RightEdge,
        differing: &Differing,
        verdict: &mut Verdict,
    ) -> Result<(), LogError> {
        if of_tiles.head() != *checkpoint.head() {
            verdict.add(None, Fault::OtherRoot);
            return Ok(());
        }
        let mut tiles = LeavesOfTiles::new(files, checkpoint.head().size());
        for (index, leaf) in &differing.first {
            let is_at = |place: Option<u64>, tiles: &mut LeavesOfTiles<'_, _>| match place {
                Some(place) => tiles.leaf(place).map(|hash| hash.as_ref() == Some(leaf)),
                None => Ok(false),
            };
            let (next, before) = (index.checked_add(1), index.checked_sub(1));
            let fault = if is_at(next, &mut tiles)? {
                Fault::MissingBefore { place: index.saturating_add(1) }
            } else if is_at(before, &mut tiles)? {
                Fault::Inserted { place: index.saturating_sub(1) }
            } else {
                Fault::Changed
            };
            verdict.add(Some(*index), fault);
        }
        verdict.more_findings = verdict.more_findings.saturating_add(differing.more);
        Ok(())
    }

    /// Checks a record against its place and the records before it.
    fn take(
        &mut self,
        index: u64,
        core: RecordCore,
        checkpoint: &Checkpoint,
        calls: &mut Vec<u8>,
        verdict: &mut Verdict,
    ) {
        if core.index != index {
            verdict.add(Some(index), Fault::OtherIndex { found: core.index });
        }
        let mut state = 0;
        match core.kind {
            RecordKind::Log { origin, erasers } => {
                if origin != checkpoint.origin().to_string() {
                    verdict.add(Some(index), Fault::OtherLog);
                }
                self.erasers.extend(erasers);
            }
            RecordKind::Decision(DecisionCore { allowed, enforced, .. })
                if allowed || !enforced =>
            {
                state = WENT_OUT;
            }
            RecordKind::Unpresented(_) => {
                verdict.unpresented = verdict.unpresented.saturating_add(1);
                state = WENT_OUT;
            }
            RecordKind::MoreUnpresented(own) => {
                let more = own.counted.values().copied().fold(0, u64::saturating_add);
                verdict.more_unpresented = verdict.more_unpresented.saturating_add(more);
            }
            RecordKind::Outcome { of, result } => {
                let call = usize::try_from(of).ok().and_then(|of| calls.get_mut(of));
                match call {
                    Some(call) if *call == UNREADABLE => {}
                    // A true result can follow one that was unknown.
                    Some(call) if *call == WENT_OUT => {
                        let is_unknown = result == OutcomeResult::Unknown;
                        *call |= if is_unknown { UNKNOWN } else { ENDED };
                    }
                    Some(call)
                        if *call == WENT_OUT | UNKNOWN && result != OutcomeResult::Unknown =>
                    {
                        *call |= ENDED;
                    }
                    _ => verdict.add(Some(index), Fault::Outcome { of }),
                }
            }
            RecordKind::Recovery { kept, .. } => {
                verdict.recovered = verdict.recovered.saturating_add(kept);
            }
            // One behind the checkpoint erases nothing: nobody vouches for it.
            RecordKind::Erasure { statement, wrong } if index < checkpoint.head().size() => {
                self.erasures.push(ErasureRecord { index, at: core.at, statement, wrong });
            }
            _ => {}
        }
        calls.push(state);
    }
}

impl Differing {
    /// Returns true if tiles are not those of the records, which are right. While a log is written, the
    /// partial tile of a checkpoint can be gone; a full one cannot.
    fn is_fault(&self) -> bool {
        !self.first.is_empty() || self.more > 0 || self.full_missing
    }

    fn add(&mut self, index: u64, leaf: Hash) {
        if self.first.len() < crate::limits::MAX_FINDINGS {
            self.first.push((index, leaf));
        } else {
            self.more = self.more.saturating_add(1);
        }
    }
}

/// The hashes of the leaves, from the tiles of the lowest level.
struct LeavesOfTiles<'f, F: ?Sized> {
    tiles: TilesOf<'f, F>,
    size: u64,
    kept: Option<(u64, Vec<Hash>)>,
}

impl<'f, F: LogFiles + ?Sized> LeavesOfTiles<'f, F> {
    fn new(files: &'f F, size: u64) -> Self {
        Self { tiles: TilesOf(files), size, kept: None }
    }

    /// Returns the hash of a leaf, `None` if there is no tile with it.
    fn leaf(&mut self, index: u64) -> Result<Option<Hash>, LogError> {
        let width = u64::from(TILE_WIDTH);
        let (tile, at) = (index.checked_div(width), index.checked_rem(width));
        let (Some(tile), Some(at)) = (tile, at.and_then(|at| usize::try_from(at).ok())) else {
            return Ok(None);
        };
        if self.kept.as_ref().is_none_or(|(kept, _)| *kept != tile) {
            let Some(path) = TilePath::in_tree(Level::Hashes(0), tile, self.size) else {
                return Ok(None);
            };
            let bytes = self.tiles.read_tile(&path)?.unwrap_or_default();
            // A tile of another length has no hash that counts.
            self.kept = Some((tile, Tile { path, bytes }.hashes().unwrap_or_default()));
        }
        Ok(self.kept.as_ref().and_then(|(_, hashes)| hashes.get(at).copied()))
    }
}
