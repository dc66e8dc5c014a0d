//! The newest checkpoint of a log, and the tree that it covers, while the log is written.

use std::collections::BTreeMap;

use crate::checkpoint::SignedCheckpoint;
use crate::files::{LogFiles, TilesOf};
use crate::log::LogError;
use crate::tiles::{ReadTile, TileError, TilePath, TiledHashes};
use crate::verify::read_checkpoint;

/// How often a log can have a new checkpoint while the partial tiles of the last one are read. There are at
/// most six, and a checkpoint is signed each second.
const ATTEMPTS: usize = 5;

/// The tiles of a tree that may grow. Its partial tiles are deleted when it does, so they are held.
#[derive(Debug)]
pub(crate) struct NewestTiles<'f, F: ?Sized> {
    files: TilesOf<'f, F>,
    partial: BTreeMap<TilePath, Vec<u8>>,
}

/// Reads the newest checkpoint, and the hashes of its tree.
pub(crate) fn newest<F: LogFiles + ?Sized>(
    files: &F,
) -> Result<(SignedCheckpoint, TiledHashes<NewestTiles<'_, F>>), LogError> {
    let mut checkpoint = read_checkpoint(files)?;
    for _ in 1..ATTEMPTS {
        if let Some(hashes) = hashes_of(files, &checkpoint, true)? {
            return Ok((checkpoint, hashes));
        }
        let again = read_checkpoint(files)?;
        if again == checkpoint {
            break;
        }
        checkpoint = again;
    }
    // Which tile is missing is said where it is needed.
    let hashes = hashes_of(files, &checkpoint, false)?;
    let empty = NewestTiles { files: TilesOf(files), partial: BTreeMap::new() };
    let size = checkpoint.claimed().head().size();
    Ok((checkpoint, hashes.unwrap_or_else(|| TiledHashes::new(size, empty))))
}

/// Reads the partial tiles. Returns `None` if one is missing that must be there.
fn hashes_of<'f, F: LogFiles + ?Sized>(
    files: &'f F,
    checkpoint: &SignedCheckpoint,
    must: bool,
) -> Result<Option<TiledHashes<NewestTiles<'f, F>>>, LogError> {
    let size = checkpoint.claimed().head().size();
    let mut tiles = NewestTiles { files: TilesOf(files), partial: BTreeMap::new() };
    for path in TilePath::partial(size) {
        match tiles.files.read_tile(&path)? {
            Some(bytes) => drop(tiles.partial.insert(path, bytes)),
            None if must => return Ok(None),
            None => {}
        }
    }
    Ok(Some(TiledHashes::new(size, tiles)))
}

impl<F: LogFiles + ?Sized> ReadTile for NewestTiles<'_, F> {
    fn read_tile(&self, path: &TilePath) -> Result<Option<Vec<u8>>, TileError> {
        match self.partial.get(path) {
            Some(bytes) => Ok(Some(bytes.clone())),
            None => self.files.read_tile(path),
        }
    }
}
