//! A tile with its bytes.

use crate::limits::MAX_ENTRY_BUNDLE_BYTES;
use crate::tiles::error::TileError;
use crate::tiles::path::{Level, TilePath};
use crate::tree::Hash;

/// A file of a log: hashes of 32 bytes each, or a bundle of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Its place.
    pub path: TilePath,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Tile {
    /// Makes the tile of these hashes.
    pub(super) fn of_hashes(path: TilePath, hashes: &[Hash]) -> Self {
        Self { path, bytes: hashes.iter().flat_map(|hash| hash.to_bytes()).collect() }
    }

    /// Returns the hashes of a tile.
    pub(crate) fn hashes(&self) -> Result<Vec<Hash>, TileError> {
        let (expected, found) =
            (usize::from(self.path.width()).saturating_mul(32), self.bytes.len());
        if expected != found {
            return Err(TileError::Length { tile: self.path, expected, found });
        }
        let (hashes, _) = self.bytes.as_chunks();
        Ok(hashes.iter().map(|hash| Hash::from_bytes(*hash)).collect())
    }
}

/// Returns the number of bytes that a file at this path can have at most.
pub(super) fn most_bytes(path: &TilePath) -> u64 {
    match path.level() {
        Level::Hashes(_) => u64::from(path.width()).saturating_mul(32),
        Level::Entries => MAX_ENTRY_BUNDLE_BYTES,
    }
}
