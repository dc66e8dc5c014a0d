//! Errors of tiles and bundles.

use std::path::PathBuf;

use thiserror::Error;

use crate::limits::{MAX_ENTRY_BYTES, TILE_WIDTH};
use crate::tiles::path::{TilePath, TilePathError};
use crate::tree::TreeError;

/// The reason why a tile or a bundle cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TileError {
    /// The tree has no such leaf or subtree.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A tree has no such tile.
    #[error(transparent)]
    Path(#[from] TilePathError),
    /// A tile that the tree has is not there.
    #[error("{tile} is missing; make it anew from the records, or restore it")]
    Missing {
        /// The tile.
        tile: TilePath,
    },
    /// A tile is shorter or longer than its hashes.
    #[error(
        "{tile} must have {expected} bytes, and has {found}; make it anew from the records, or restore it"
    )]
    Length {
        /// The tile.
        tile: TilePath,
        /// The number of bytes that its width requires.
        expected: usize,
        /// The number that it has.
        found: usize,
    },
    /// A tile cannot be read.
    #[error("{tile} cannot be read: {why}")]
    Read {
        /// The tile.
        tile: TilePath,
        /// The reason, in the words of the system or of the store.
        why: String,
    },
    /// A tile cannot be written.
    #[error("{}: cannot be written: {why}", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The reason, in the system's words.
        why: String,
    },
    /// An entry is too long for a bundle.
    #[error("entry {entry} of the bundle has {found} bytes, and may have {MAX_ENTRY_BYTES}")]
    EntryLength {
        /// The entry, counted from 0 in its bundle.
        entry: usize,
        /// The number of its bytes.
        found: usize,
    },
    /// A bundle has no entry, or too many.
    #[error("a bundle has 1 to {TILE_WIDTH} entries, not {found}")]
    EntryCount {
        /// The number of entries, or of the first one that is too many.
        found: usize,
    },
    /// A bundle ends within an entry.
    #[error("the bundle ends within entry {entry}; it was cut, or is not a bundle")]
    Cut {
        /// The entry, counted from 0 in its bundle.
        entry: usize,
    },
}
