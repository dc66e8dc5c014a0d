//! Creating and opening a log.

use std::fs;

use deputize::limits::{MAX_CORE_BYTES, MAX_OPENINGS_BYTES};
use deputize::{OpeningsLine, Record, RecordCore};
use time::OffsetDateTime;

use crate::checkpoint::{Checkpoint, CheckpointError, Origin, SignedCheckpoint};
use crate::limits::SEGMENT_RECORDS;
use crate::log::error::{At, LogError, damaged};
use crate::log::folder::Folder;
use crate::log::segment::{Line, Lines, Segment};
use crate::log::settings::LogSettings;
use crate::log::writer::{LogSigner, Writer};
use crate::tiles::{TileWriter, TiledHashes, Written};
use crate::tree::{ConsistencyProof, Hash, ReadHash as _, RightEdge, leaf_hash};

/// Makes a new log with its first record and its first checkpoint.
pub(super) fn create(
    folder: Folder,
    signer: LogSigner,
    settings: &LogSettings,
    at: OffsetDateTime,
) -> Result<Writer, LogError> {
    folder.make()?;
    let lock = folder.lock()?;
    match checkpoint(&folder) {
        Ok(_) => return Err(LogError::Exists { path: folder.path().to_owned() }),
        Err(LogError::NotALog { .. }) => {}
        Err(why) => return Err(why),
    }
    let origin = Origin::generate(signer.public_key())?;
    let LogSettings { service, verifier, erasers, .. } = settings;
    let first = Record::log(origin.to_string(), erasers.clone(), service, verifier, at)?;
    let segment = Segment::make(&folder, 0)?;
    // An earlier attempt can have ended before its checkpoint. No record of it was acknowledged.
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
    if !folder.path().is_dir() {
        return Err(LogError::NotALog { path: folder.path().to_owned() });
    }
    // Before a lock is made where there is no log.
    checkpoint(&folder)?;
    let lock = folder.lock()?;
    let checkpoint = checkpoint(&folder)?;
    let origin = *checkpoint.origin();
    if *origin.key() != signer.public_key() {
        let (expected, found) = (Box::new(*origin.key()), Box::new(signer.public_key()));
        return Err(CheckpointError::OtherKey { expected, found }.into());
    }
    let size = checkpoint.head().size();
    // Tiles only save reading: where they are not those of the checkpoint and of the records that are
    // read anyway, all records are read.
    let tree = match TileWriter::resume(size, &folder.tiles()) {
        Ok(tree) if tree.head() == *checkpoint.head() && has_tiles(&folder, size)? => tree,
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
    own.finish_erasures()?;
    Ok(own)
}

/// Returns the newest checkpoint of the log.
pub(super) fn checkpoint(folder: &Folder) -> Result<Checkpoint, LogError> {
    if let Some(checkpoint) = folder.checkpoint()? {
        return Ok(*checkpoint.claimed());
    }
    if has_records(folder)? {
        let fault = "it is missing, and there are records";
        return Err(damaged(&folder.path().join("checkpoint"), fault));
    }
    Err(LogError::NotALog { path: folder.path().to_owned() })
}

/// Returns true if there are more records than an attempt to create a log leaves that ended before its
/// checkpoint: the first one.
fn has_records(folder: &Folder) -> Result<bool, LogError> {
    for (path, most) in
        [(folder.cores(0), MAX_CORE_BYTES), (folder.openings(0), MAX_OPENINGS_BYTES)]
    {
        let mut lines = Lines::open(path, most)?;
        if matches!(lines.next()?, Line::Whole(_)) && lines.next()? != Line::End {
            return Ok(true);
        }
    }
    Ok(folder.cores(SEGMENT_RECORDS).exists())
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
    let extends = |folder: &Folder| {
        let hashes = &mut TiledHashes::new(found, folder.tiles());
        let proof = ConsistencyProof::prove(expected, found, hashes)?;
        proof.check(other.head(), own.head()).map_err(LogError::from)
    };
    if extends(folder).is_err() {
        rebuild(folder, own)?;
        extends(folder).map_err(|_| set_back)?;
    }
    Ok(())
}

/// Returns true if the records of the last segment that the checkpoint covers are those of the tiles.
fn has_tiles(folder: &Folder, size: u64) -> Result<bool, LogError> {
    let start = start_of(size.saturating_sub(1));
    let mut lines = Lines::open(folder.cores(start), MAX_CORE_BYTES)?;
    let mut hashes = TiledHashes::new(size, folder.tiles());
    for index in start..size {
        match lines.next()? {
            Line::Whole(line) if hashes.read_hash(0, index).ok() == Some(leaf_hash(&line)) => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// Makes the tree of a checkpoint from the records, and writes its tiles anew.
fn rebuild(folder: &Folder, checkpoint: &Checkpoint) -> Result<TileWriter, LogError> {
    let size = checkpoint.head().size();
    let mut edge = RightEdge::default();
    read_covered(folder, size, |leaf| Ok(edge.push(leaf)?))?;
    // Nothing is written before: with the tiles that are there, a record that was changed can be named.
    if edge.head() != *checkpoint.head() {
        let fault = format!("the records 0 to {} are not those of it", size.saturating_sub(1));
        return Err(damaged(&folder.path().join("checkpoint"), fault));
    }
    let (mut tree, tiles) = (TileWriter::default(), folder.tiles());
    read_covered(folder, size, |leaf| {
        let full = tree.push(leaf)?;
        folder.sync_tiles(&tiles.write(&full)?)
    })?;
    folder.sync_tiles(&tiles.write(&tree.partial_tiles())?)?;
    Ok(tree)
}

/// Reads the leaves that a checkpoint of this size covers.
fn read_covered(
    folder: &Folder,
    size: u64,
    mut leaf: impl FnMut(Hash) -> Result<(), LogError>,
) -> Result<(), LogError> {
    let mut lines = Lines::open(folder.cores(0), MAX_CORE_BYTES)?;
    for index in 0..size {
        if index > 0 && start_of(index) == index {
            lines = Lines::open(folder.cores(index), MAX_CORE_BYTES)?;
        }
        let Line::Whole(line) = lines.next()? else {
            return Err(ends_before(&lines, index));
        };
        leaf(leaf_hash(&line))?;
    }
    Ok(())
}

fn ends_before(lines: &Lines, index: u64) -> LogError {
    damaged(lines.path(), format!("it ends before record {index}, which the checkpoint covers"))
}

/// Returns the first record of the segment that has this one.
fn start_of(index: u64) -> u64 {
    index.saturating_sub(index.checked_rem(SEGMENT_RECORDS).unwrap_or_default())
}

impl Writer {
    /// Keeps the whole records behind the last checkpoint, and cuts off the rest. Returns the number
    /// of records that were kept, and of bytes that were cut off.
    fn recover(&mut self) -> Result<(u64, u64), LogError> {
        let covered = self.tree.size();
        let mut start = start_of(covered.saturating_sub(1));
        let mut cut: u64 = 0;
        loop {
            let end = start.saturating_add(SEGMENT_RECORDS);
            let mut cores = Lines::open(self.folder.cores(start), MAX_CORE_BYTES)?;
            let mut openings = Lines::open(self.folder.openings(start), MAX_OPENINGS_BYTES)?;
            // The cores are those of the tree.
            for index in start..covered {
                cores.next()?;
                let Line::Whole(line) = openings.next()? else {
                    return Err(ends_before(&openings, index));
                };
                // Or lines were added or joined before it, and what is behind it is not a tail.
                if index.saturating_add(1) == covered
                    && !OpeningsLine::parse(&line).is_ok_and(|own| own.index() == index)
                {
                    let fault = format!("the openings of record {index} are not in their place");
                    return Err(damaged(openings.path(), fault));
                }
            }
            let mut whole = (cores.offset(), openings.offset());
            while self.tree.size() < end
                && let (Line::Whole(core), Line::Whole(opening)) = (cores.next()?, openings.next()?)
                && is_record(&core, &opening, self.tree.size())
            {
                self.add_leaf(leaf_hash(&core))?;
                whole = (cores.offset(), openings.offset());
            }
            if start >= covered {
                self.segment = Segment::make(&self.folder, start)?;
            }
            cut = cut.saturating_add(self.segment.cut(whole.0, whole.1)?);
            // A next segment is only begun when this one is full.
            if self.tree.size() < end || !self.folder.cores(end).exists() {
                break;
            }
            start = end;
        }
        // Segments behind one that is not full.
        for path in self.folder.segments_behind(start)? {
            cut = cut.saturating_add(fs::metadata(&path).at(&path)?.len());
            fs::remove_file(&path).at(&path)?;
        }
        self.sync()?;
        Ok((self.tree.size().saturating_sub(covered), cut))
    }
}

/// Returns true for a record that a writer can have left here.
fn is_record(core: &[u8], openings: &[u8], index: u64) -> bool {
    RecordCore::parse(core).is_ok_and(|own| own.index == index)
        && OpeningsLine::parse(openings).is_ok_and(|own| own.index() == index)
}
