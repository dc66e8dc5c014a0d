//! A log as files that any static file server can publish (C2SP `tlog-tiles`).

use std::fs;
use std::path::{Path, PathBuf};

use deputize::limits::MAX_CORE_BYTES;

use crate::checkpoint::SignedCheckpoint;
use crate::files::LogFiles;
use crate::limits::TILE_WIDTH;
use crate::log::{At as _, LogError};
use crate::tiles::{FolderTiles, Level, Tile, TilePath, TileWriter, encode_bundle};
use crate::tree::leaf_hash;
use crate::verify::{SegmentLine, SegmentLines, read_checkpoint};

/// Writes a log into an empty or a new folder as C2SP `tlog-tiles` has it: the tiles of its tree, the cores
/// of its records in entry bundles (`tile/entries/N`), and its `checkpoint`. Returns the checkpoint.
///
/// The openings stay where they are, so no value is published. The checkpoint is written last: an export
/// that was interrupted has none. Nothing is synced; whoever needs an export after a loss of power exports
/// the log again. The memory is that of 256 cores, at most 4 MiB. The service may write the log meanwhile.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use deputize::SigningKey;
/// # use deputize_audit::{FolderFiles, Log, LogSettings, export_tiles};
/// # let (folder, now) = (tempfile::tempdir()?, time::OffsetDateTime::now_utc());
/// # let (log, public) = (folder.path().join("log"), folder.path().join("public"));
/// # let settings = LogSettings::new("crm.acme.com", "crm-1");
/// # Log::create(&log, SigningKey::from_bytes(&[7; 32]), settings, now)?.close()?;
/// let checkpoint = export_tiles(&FolderFiles::new(&log), &public)?;
/// assert_eq!(checkpoint.claimed().head().size(), 1);
/// assert!(public.join("tile/entries/000.p/1").exists());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`LogError::NotEmpty`] if there is something in the folder, [`LogError::Damaged`] if the records are not
/// those of the checkpoint, and others if a file cannot be read or written. There is no checkpoint then.
pub fn export_tiles(
    files: &(impl LogFiles + ?Sized),
    folder: impl Into<PathBuf>,
) -> Result<SignedCheckpoint, LogError> {
    let folder = folder.into();
    let checkpoint = read_checkpoint(files)?;
    let head = checkpoint.claimed().head();
    make_empty(&folder)?;
    let (tiles, mut tree) = (FolderTiles::new(&folder), TileWriter::default());
    let mut lines = SegmentLines::cores(files, MAX_CORE_BYTES);
    let mut bundle: Vec<Vec<u8>> = Vec::new();
    while tree.size() < head.size()
        && let SegmentLine::Whole(line) = lines.next()?
    {
        tiles.write(&tree.push(leaf_hash(&line))?)?;
        bundle.push(line);
        if bundle.len() >= usize::from(TILE_WIDTH) {
            write_bundle(&tiles, &mut bundle, tree.size())?;
        }
    }
    if !bundle.is_empty() {
        write_bundle(&tiles, &mut bundle, tree.size())?;
    }
    tiles.write(&tree.partial_tiles())?;
    if tree.head() != *head {
        let fault = match tree.size() == head.size() {
            true => "its records have another root than the checkpoint".to_owned(),
            false => {
                format!("it has {} records, and the checkpoint {}", tree.size(), head.size())
            }
        };
        return Err(LogError::Damaged { path: "segments".into(), fault });
    }
    let path = folder.join("checkpoint");
    let temporary = folder.join("checkpoint.new");
    fs::write(&temporary, checkpoint.to_string()).at(&temporary)?;
    fs::rename(&temporary, &path).at(&path)?;
    Ok(checkpoint)
}

/// Writes the entries that end a tree of `size` leaves.
fn write_bundle(
    tiles: &FolderTiles,
    entries: &mut Vec<Vec<u8>>,
    size: u64,
) -> Result<(), LogError> {
    let index = size.saturating_sub(1).checked_div(TILE_WIDTH.into()).unwrap_or_default();
    let Some(path) = TilePath::in_tree(Level::Entries, index, size) else { return Ok(()) };
    tiles.write(&[Tile { path, bytes: encode_bundle(entries)? }])?;
    entries.clear();
    Ok(())
}

/// Makes the folder, unless there is an empty one.
fn make_empty(folder: &Path) -> Result<(), LogError> {
    fs::create_dir_all(folder).at(folder)?;
    match fs::read_dir(folder).at(folder)?.next() {
        Some(_) => Err(LogError::NotEmpty { path: folder.to_owned() }),
        None => Ok(()),
    }
}
