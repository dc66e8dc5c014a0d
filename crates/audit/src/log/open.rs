//! Creating and opening a log.

use std::fs;

use deputize::limits::{MAX_CORE_BYTES, MAX_OPENINGS_BYTES};
use deputize::{Openings, Record, RecordCore, RecordKind};
use time::OffsetDateTime;

use crate::checkpoint::{Checkpoint, CheckpointError, Origin, SignedCheckpoint};
use crate::limits::SEGMENT_RECORDS;
use crate::log::error::{At, LogError, damaged};
use crate::log::folder::Folder;
use crate::log::segment::{Line, Lines, Segment};
use crate::log::settings::LogSettings;
use crate::log::writer::{LogSigner, Writer};
use crate::tiles::{TileWriter, TiledHashes, Written};
use crate::tree::{ConsistencyProof, ReadHash as _, leaf_hash};

/// Makes a new log with its first record and its first checkpoint.
pub(super) fn create(
    folder: Folder,
    signer: LogSigner,
    settings: &LogSettings,
    at: OffsetDateTime,
) -> Result<Writer, LogError> {
    folder.make()?;
    let lock = folder.lock()?;
    if folder.checkpoint()?.is_some() {
        return Err(LogError::Exists { path: folder.path().to_owned() });
    }
    let origin = Origin::generate(signer.public_key())?;
    let LogSettings { service, verifier, erasers, .. } = settings;
    let first = Record::log(origin.to_string(), erasers.clone(), service, verifier, at)?;
    let segment = Segment::open(&folder, 0)?;
    // An earlier attempt can have ended before its checkpoint, with its first record. Any other log
    // has lost its checkpoint, and must not lose its records too.
    let mut lines = Lines::open(folder.cores(0), MAX_CORE_BYTES)?;
    let is_one = lines.next()? == Line::End || lines.next()? == Line::End;
    if !is_one || folder.last_segment()? != Some(0) {
        return Err(damaged(lines.path(), "there are records of a log that has no checkpoint"));
    }
    segment.cut(0, 0)?;
    let (tree, tiles) = (TileWriter::default(), Written::default());
    let mut own = Writer { folder, lock, origin, signer, segment, tree, covered: 0, tiles };
    own.add(&first)?;
    Ok(own)
}

/// Opens a log to go on with it. Whatever is behind its last checkpoint is kept as far as it is whole.
pub(super) fn open(
    folder: Folder,
    signer: LogSigner,
    newest: Option<&SignedCheckpoint>,
    at: OffsetDateTime,
) -> Result<Writer, LogError> {
    let not_a_log = || LogError::NotALog { path: folder.path().to_owned() };
    if !folder.path().is_dir() {
        return Err(not_a_log());
    }
    let lock = folder.lock()?;
    let checkpoint = *folder.checkpoint()?.ok_or_else(not_a_log)?.claimed();
    let origin = *checkpoint.origin();
    if *origin.key() != signer.public_key() {
        let (expected, found) = (Box::new(*origin.key()), Box::new(signer.public_key()));
        return Err(CheckpointError::OtherKey { expected, found }.into());
    }
    let size = checkpoint.head().size();
    // Tiles only save reading: where they are not those of the checkpoint, the records are read.
    let tree = match TileWriter::resume(size, &folder.tiles()) {
        Ok(tree) if tree.head() == *checkpoint.head() => tree,
        _ => rebuild(&folder, &checkpoint)?,
    };
    if let Some(newest) = newest {
        require_extends(&folder, &checkpoint, newest)?;
    }
    let segment = Segment::open(&folder, size.saturating_sub(1))?;
    let tiles = Written::default();
    let mut own = Writer { folder, lock, origin, signer, segment, tree, covered: size, tiles };
    let (kept, cut) = own.recover()?;
    if kept > 0 || cut > 0 {
        own.add(&Record::recovery(kept, cut, at))?;
    }
    own.resume_erasure()?;
    Ok(own)
}

/// Checks that the log has the tree of a checkpoint that was kept elsewhere.
fn require_extends(
    folder: &Folder,
    own: &Checkpoint,
    newest: &SignedCheckpoint,
) -> Result<(), LogError> {
    let other = newest.claimed();
    if other.origin() != own.origin() {
        let (expected, found) = (Box::new(*other.origin()), Box::new(*own.origin()));
        return Err(LogError::OtherLog { expected, found });
    }
    let (expected, found) = (other.head().size(), own.head().size());
    let set_back = LogError::SetBack { expected, found };
    if expected > found {
        return Err(set_back);
    }
    let hashes = &mut TiledHashes::new(found, folder.tiles());
    let proof = ConsistencyProof::prove(expected, found, hashes)?;
    proof.check(other.head(), own.head()).map_err(|_| set_back)
}

/// Makes the tree of a checkpoint from the records, and writes its tiles anew.
fn rebuild(folder: &Folder, checkpoint: &Checkpoint) -> Result<TileWriter, LogError> {
    let size = checkpoint.head().size();
    let mut tree = TileWriter::default();
    while tree.size() < size {
        let mut lines = Lines::open(folder.cores(tree.size()), MAX_CORE_BYTES)?;
        let end = tree.size().saturating_add(SEGMENT_RECORDS).min(size);
        while tree.size() < end {
            let Line::Whole(line) = lines.next()? else {
                let fault =
                    format!("it ends before record {}, which the checkpoint covers", tree.size());
                return Err(damaged(lines.path(), fault));
            };
            folder.sync_tiles(&folder.tiles().write(&tree.push(leaf_hash(&line))?)?)?;
        }
    }
    folder.sync_tiles(&folder.tiles().write(&tree.partial_tiles())?)?;
    if tree.head() != *checkpoint.head() {
        let fault = format!("the records 0 to {} are not those of it", size.saturating_sub(1));
        return Err(damaged(&folder.path().join("checkpoint"), fault));
    }
    Ok(tree)
}

impl Writer {
    /// Keeps the whole records behind the last checkpoint, and cuts off the rest. Returns the number
    /// of records that were kept, and of bytes that were cut off.
    fn recover(&mut self) -> Result<(u64, u64), LogError> {
        let covered = self.tree.size();
        let mut cut: u64 = 0;
        // The segment of the last record, which may be full.
        let mut of = covered.saturating_sub(1);
        loop {
            let first = self.tree.size();
            let mut cores = Lines::open(self.folder.cores(of), MAX_CORE_BYTES)?;
            let mut openings = Lines::open(self.folder.openings(of), MAX_OPENINGS_BYTES)?;
            let start = of.saturating_sub(of.checked_rem(SEGMENT_RECORDS).unwrap_or_default());
            for index in start..first {
                let whole = |lines: &mut Lines| match lines.next()? {
                    Line::Whole(line) => Ok(line),
                    Line::Torn | Line::End => {
                        let fault =
                            format!("it ends before record {index}, which a checkpoint covers");
                        Err(damaged(lines.path(), fault))
                    }
                };
                let line = whole(&mut cores)?;
                whole(&mut openings)?;
                // Where lines were inserted before it, what follows is not behind the checkpoint.
                if index.saturating_add(1) == covered {
                    let tiles = self.folder.tiles();
                    let leaf = TiledHashes::new(covered, tiles).read_hash(0, index)?;
                    if leaf != leaf_hash(&line) {
                        let fault =
                            format!("the line of record {index} is not that of the checkpoint");
                        return Err(damaged(cores.path(), fault));
                    }
                }
            }
            let end = start.saturating_add(SEGMENT_RECORDS);
            let mut whole = (cores.offset(), openings.offset());
            while self.tree.size() < end
                && let (Line::Whole(core), Line::Whole(opening)) = (cores.next()?, openings.next()?)
                && is_record(&core, &opening, self.tree.size())
            {
                self.add_leaf(leaf_hash(&core))?;
                whole = (cores.offset(), openings.offset());
            }
            self.segment = Segment::open(&self.folder, of)?;
            cut = cut.saturating_add(self.segment.cut(whole.0, whole.1)?);
            // A next segment is only begun when this one is full.
            if self.tree.size() < end || !self.folder.cores(end).exists() {
                break;
            }
            of = end;
        }
        // Segments behind one that is not full.
        let next = of.checked_div(SEGMENT_RECORDS).unwrap_or_default().saturating_add(1);
        let last = self.folder.last_segment()?.unwrap_or_default();
        for first in (next..=last).map(|number| number.saturating_mul(SEGMENT_RECORDS)) {
            cut = cut
                .saturating_add(fs::metadata(self.folder.cores(first)).map_or(0, |own| own.len()));
            for path in [self.folder.cores(first), self.folder.openings(first)] {
                if path.exists() {
                    fs::remove_file(&path).at(&path)?;
                }
            }
        }
        self.sync()?;
        Ok((self.tree.size().saturating_sub(covered), cut))
    }
}

/// Returns true for a record that a writer can have left here.
fn is_record(core: &[u8], openings: &[u8], index: u64) -> bool {
    let core = RecordCore::parse(core);
    let openings = Openings::parse(openings);
    matches!((core, openings), (Ok(core), Ok(openings))
        if core.index == index && openings.index == index && core.kind != RecordKind::Recovery { kept: 0, cut: 0 })
}
