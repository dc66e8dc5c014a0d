//! The tiles of a tree that grows.

use crate::limits::{TILE_HEIGHT, TILE_WIDTH};
use crate::tiles::error::TileError;
use crate::tiles::path::{Level, TilePath};
use crate::tiles::read::{ReadTile, read_hashes};
use crate::tiles::tile::Tile;
use crate::tree::{Hash, RightEdge, TreeError, TreeHead, fold};

/// A tree that grows, with the tiles that its leaves make. It does no I/O, and keeps the right edge
/// and the partial tile of each level, at most 50 KiB.
///
/// Write full tiles as they come, and [`partial_tiles`](Self::partial_tiles) once for each
/// checkpoint, before the checkpoint. After a restart, [`resume`](Self::resume) goes on from these.
///
/// ```
/// use deputize_audit::{FolderTiles, TileWriter, leaf_hash};
///
/// let folder = tempfile::tempdir()?;
/// let tiles = FolderTiles::new(folder.path());
/// let mut tree = TileWriter::default();
/// for number in 0..300 {
///     tiles.write(&tree.push(leaf_hash(format!("record {number}").as_bytes()))?)?;
/// }
/// tiles.write(&tree.partial_tiles())?;
///
/// let resumed = TileWriter::resume(300, &tiles)?;
/// assert_eq!(resumed.root(), tree.root());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TileWriter {
    edge: RightEdge,
    /// For each level, from 0 up, the hashes of its tile that is not full.
    rows: Vec<Vec<Hash>>,
}

impl TileWriter {
    /// Restores a tree of `size` leaves from its partial tiles. Whether they are those of the tree
    /// is seen from its [`root`](Self::root): compare it with that of the checkpoint.
    ///
    /// # Errors
    ///
    /// [`TileError`] if the tree is too large, or a tile is missing, has another length, or cannot
    /// be read.
    pub fn resume(size: u64, tiles: &impl ReadTile) -> Result<Self, TileError> {
        let mut rows: Vec<Vec<Hash>> = Vec::new();
        for path in TilePath::partial(size) {
            let Level::Hashes(level) = path.level() else { continue };
            // Levels without a partial tile are empty.
            rows.resize_with(usize::from(level), Vec::new);
            rows.push(read_hashes(tiles, &path)?);
        }
        let edge = rows.iter().rev().flat_map(|row| subtrees(row)).collect();
        Ok(Self { edge: RightEdge::from_parts(size, edge)?, rows })
    }

    /// Adds a leaf. Returns the tiles that it makes full: none for most leaves, one for every
    /// 256th, and one of each higher level that becomes full with it.
    ///
    /// # Errors
    ///
    /// [`TreeError::TooLarge`] if the tree has [`MAX_TREE_SIZE`](crate::MAX_TREE_SIZE) leaves.
    #[must_use = "the tiles are not kept"]
    pub fn push(&mut self, leaf: Hash) -> Result<Vec<Tile>, TreeError> {
        let Self { edge, rows } = self;
        let size = edge.size().saturating_add(1);
        let mut full = Vec::new();
        edge.push_with(leaf, |height, hash| {
            let height = u8::try_from(height).unwrap_or(u8::MAX);
            if height.checked_rem(TILE_HEIGHT) != Some(0) {
                return;
            }
            let level = height.checked_div(TILE_HEIGHT).unwrap_or_default();
            let at = usize::from(level);
            if rows.len() <= at {
                rows.resize_with(at.saturating_add(1), Vec::new);
            }
            let Some(row) = rows.get_mut(at) else { return };
            row.push(hash);
            if row.len() < usize::from(TILE_WIDTH) {
                return;
            }
            let hashes = size.checked_shr(u32::from(height)).unwrap_or_default();
            let index = hashes.checked_div(u64::from(TILE_WIDTH)).unwrap_or_default();
            // A tree of the size that was checked has this tile.
            let path = TilePath::new(Level::Hashes(level), index.saturating_sub(1), TILE_WIDTH);
            full.extend(path.map(|path| Tile::of_hashes(path, row)));
            row.clear();
        })?;
        Ok(full)
    }

    /// Returns the partial tiles that the tree has now, from level 0 up.
    pub fn partial_tiles(&self) -> Vec<Tile> {
        let paths = TilePath::partial(self.size());
        // Both leave out the levels whose last tile is full.
        let rows = self.rows.iter().filter(|row| !row.is_empty());
        paths.zip(rows).map(|(path, row)| Tile::of_hashes(path, row)).collect()
    }

    /// Returns the number of leaves.
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// Returns the root of the tree.
    pub fn root(&self) -> Hash {
        self.edge.root()
    }

    /// Returns the size and the root of the tree.
    pub fn head(&self) -> TreeHead {
        self.edge.head()
    }

    /// Returns the right edge of the tree.
    pub fn edge(&self) -> &RightEdge {
        &self.edge
    }
}

/// Returns the roots of the complete subtrees above the hashes of a partial tile, the largest
/// first.
fn subtrees(row: &[Hash]) -> impl Iterator<Item = Hash> {
    let mut rest = row;
    (0..TILE_HEIGHT).rev().filter_map(move |height| {
        let width = 1_usize.checked_shl(u32::from(height))?;
        // The rest is shorter than twice the width.
        let (subtree, after) = rest.split_at_checked(width)?;
        rest = after;
        fold(subtree)
    })
}
