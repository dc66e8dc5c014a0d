//! The hashes of a tree, read from its tiles.

use std::collections::BTreeMap;

use crate::limits::{TILE_HEIGHT, TILE_WIDTH};
use crate::tiles::error::TileError;
use crate::tiles::path::{Level, TilePath};
use crate::tiles::tile::Tile;
use crate::tree::{Hash, ReadHash, TreeError, fold};

/// A store of tiles. [`FolderTiles`](crate::FolderTiles) is one in a folder.
pub trait ReadTile {
    /// Returns the bytes of a tile, `None` if there is none with this path.
    ///
    /// # Errors
    ///
    /// [`TileError::Read`] if the store cannot say.
    fn read_tile(&self, path: &TilePath) -> Result<Option<Vec<u8>>, TileError>;
}

impl<R: ReadTile + ?Sized> ReadTile for &R {
    fn read_tile(&self, path: &TilePath) -> Result<Option<Vec<u8>>, TileError> {
        (**self).read_tile(path)
    }
}

/// Reads the hashes of a tile. Instead of a partial tile, the full one that it became will do.
pub(super) fn read_hashes(tiles: &impl ReadTile, path: &TilePath) -> Result<Vec<Hash>, TileError> {
    for own in [Some(*path), path.is_partial().then(|| path.full()).flatten()].into_iter().flatten()
    {
        if let Some(bytes) = tiles.read_tile(&own)? {
            let mut hashes = Tile { path: own, bytes }.hashes()?;
            hashes.truncate(usize::from(path.width()));
            return Ok(hashes);
        }
    }
    Err(TileError::Missing { tile: *path })
}

/// The hashes of a tree of a given size, from which proofs for it and for smaller ones are made. It
/// keeps the last tile that it read of each level, at most 48 KiB.
///
/// ```
/// use deputize_audit::{FolderTiles, InclusionProof, TileWriter, TiledHashes, leaf_hash};
///
/// let folder = tempfile::tempdir()?;
/// let tiles = FolderTiles::new(folder.path());
/// let mut tree = TileWriter::default();
/// for number in 0..1000 {
///     tiles.write(&tree.push(leaf_hash(format!("record {number}").as_bytes()))?)?;
/// }
/// tiles.write(&tree.partial_tiles())?;
///
/// let proof = InclusionProof::prove(7, 1000, &mut TiledHashes::new(1000, &tiles))?;
/// proof.check(7, leaf_hash(b"record 7"), &tree.head())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TiledHashes<R> {
    tiles: R,
    size: u64,
    /// For each level the index of a tile, and its hashes.
    kept: BTreeMap<u8, (u64, Vec<Hash>)>,
}

impl<R: ReadTile> TiledHashes<R> {
    /// Reads the tree of the first `size` leaves. Proofs for smaller trees can be made from it,
    /// too.
    pub fn new(size: u64, tiles: R) -> Self {
        Self { tiles, size, kept: BTreeMap::new() }
    }
}

impl<R: ReadTile> ReadHash for TiledHashes<R> {
    type Error = TileError;

    fn read_hash(&mut self, height: u8, index: u64) -> Result<Hash, TileError> {
        let none = TreeError::NoSubtree { height, index, size: self.size };
        let subtrees = self.size.checked_shr(u32::from(height)).unwrap_or_default();
        if index >= subtrees {
            return Err(none.into());
        }
        // The subtree is above some hashes of one tile: 2^within, from the `first` in its level on.
        let level = height.checked_div(TILE_HEIGHT).unwrap_or_default();
        let within = height.checked_rem(TILE_HEIGHT).unwrap_or_default();
        let hashes = 1_usize.checked_shl(u32::from(within)).unwrap_or_default();
        let first = index.checked_shl(u32::from(within)).unwrap_or_default();
        let width = u64::from(TILE_WIDTH);
        let tile = first.checked_div(width).unwrap_or_default();
        let start =
            usize::try_from(first.checked_rem(width).unwrap_or_default()).unwrap_or_default();

        let path = TilePath::in_tree(Level::Hashes(level), tile, self.size);
        let path = path.ok_or_else(|| TileError::from(none.clone()))?;
        if self.kept.get(&level).is_none_or(|(kept, _)| *kept != tile) {
            self.kept.insert(level, (tile, read_hashes(&self.tiles, &path)?));
        }
        let kept = self.kept.get(&level).map(|(_, hashes)| hashes.as_slice()).unwrap_or_default();
        let below = kept.get(start..start.saturating_add(hashes));
        below.and_then(fold).ok_or_else(|| none.into())
    }
}
