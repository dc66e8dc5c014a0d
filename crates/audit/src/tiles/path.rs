//! The paths of tiles and bundles.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use deputize::text::Backticked;
use thiserror::Error;

use crate::limits::{MAX_TREE_SIZE, TILE_HEIGHT, TILE_WIDTH};

/// The content of a file of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Hashes of complete subtrees of `256^level` leaves. At level 0 they are those of leaves.
    Hashes(u8),
    /// The entries themselves, in a bundle.
    Entries,
}

impl Level {
    /// Returns the number of bits by which a number of leaves is shifted to count these subtrees.
    fn shift(self) -> u32 {
        match self {
            Self::Hashes(level) => u32::from(level).saturating_mul(u32::from(TILE_HEIGHT)),
            Self::Entries => 0,
        }
    }
}

/// The path of a tile or of a bundle: `tile/LEVEL/INDEX`, and `.p/WIDTH` behind it if the tile is
/// partial, that is, has less than 256 hashes.
///
/// ```
/// use deputize_audit::{Level, TilePath};
///
/// let path: TilePath = "tile/0/x001/x234/067.p/8".parse()?;
/// assert_eq!((path.level(), path.index(), path.width()), (Level::Hashes(0), 1_234_067, 8));
/// // The tiles of 70,000 leaves that are not full.
/// let partial: Vec<_> = TilePath::partial(70_000).map(|path| path.to_string()).collect();
/// assert_eq!(partial, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
/// # Ok::<(), deputize_audit::TilePathError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TilePath {
    level: Level,
    index: u64,
    /// From 1 to [`TILE_WIDTH`].
    width: u16,
}

impl TilePath {
    /// Names the tile with this index in its level, counted from 0, of this many hashes or entries.
    ///
    /// # Errors
    ///
    /// [`TilePathError`] if the width is not from 1 to 256, or no tree of at most
    /// [`MAX_TREE_SIZE`] leaves has the tile.
    pub fn new(level: Level, index: u64, width: u16) -> Result<Self, TilePathError> {
        let path = Self { level, index, width };
        // The number of leaves up to the end of the tile.
        let end = index
            .checked_mul(u64::from(TILE_WIDTH))
            .and_then(|hashes| hashes.checked_add(u64::from(width)))
            .filter(|hashes| {
                *hashes <= MAX_TREE_SIZE.checked_shr(level.shift()).unwrap_or_default()
            });
        match end.is_some() && (1..=TILE_WIDTH).contains(&width) {
            true => Ok(path),
            false => Err(TilePathError { found: path.to_string() }),
        }
    }

    /// Returns the path that the tile with this index has in a tree of `size` leaves, if the tree
    /// has it.
    pub fn in_tree(level: Level, index: u64, size: u64) -> Option<Self> {
        let hashes = size.checked_shr(level.shift())?;
        let left = hashes.checked_sub(index.checked_mul(u64::from(TILE_WIDTH))?)?;
        let width = u16::try_from(left.min(u64::from(TILE_WIDTH))).ok()?;
        Self::new(level, index, width).ok()
    }

    /// Returns the paths of the partial tiles of hashes of a tree, from level 0 up.
    pub fn partial(size: u64) -> impl Iterator<Item = Self> {
        (0_u8..)
            .map(Level::Hashes)
            .map_while(move |level| {
                let hashes = size.checked_shr(level.shift()).filter(|hashes| *hashes > 0)?;
                Some(Self::in_tree(level, hashes.checked_div(u64::from(TILE_WIDTH))?, size))
            })
            .flatten()
    }

    /// Returns the level, or that it is a bundle.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Returns the number of tiles before it in its level.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Returns the number of hashes or entries, from 1 to 256.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Returns true if it has less than 256 hashes or entries.
    pub fn is_partial(&self) -> bool {
        self.width < TILE_WIDTH
    }

    /// Returns the path of the full tile that a partial one becomes.
    pub(super) fn full(&self) -> Option<Self> {
        Self::new(self.level, self.index, TILE_WIDTH).ok()
    }
}

impl Display for TilePath {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.level {
            Level::Hashes(level) => write!(f, "tile/{level}/")?,
            Level::Entries => f.write_str("tile/entries/")?,
        }
        // Three digits for each folder, so that no folder has more than 1,000 others.
        let digits = self.index.to_string();
        let padded = digits.len().div_ceil(3).saturating_mul(3);
        let digits = format!("{digits:0>padded$}");
        let (groups, _) = digits.as_bytes().as_chunks::<3>();
        for (at, [a, b, c]) in (1..).zip(groups) {
            let is_last = at == groups.len();
            let (before, after) = if is_last { ("", "") } else { ("x", "/") };
            write!(f, "{before}{}{}{}{after}", char::from(*a), char::from(*b), char::from(*c))?;
        }
        if self.is_partial() { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl FromStr for TilePath {
    type Err = TilePathError;

    /// Reads what [`Display`] writes, in its one spelling.
    fn from_str(text: &str) -> Result<Self, TilePathError> {
        // Other spellings, such as leading zeros, or a full tile with its width, are not written
        // alike.
        let path = read(text).filter(|path| path.to_string() == text);
        path.ok_or_else(|| TilePathError { found: text.to_owned() })
    }
}

fn read(text: &str) -> Option<TilePath> {
    let (level, rest) = text.strip_prefix("tile/")?.split_once('/')?;
    let level = match level {
        "entries" => Level::Entries,
        level => Level::Hashes(level.parse().ok()?),
    };
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, width.parse().ok()?),
        None => (rest, TILE_WIDTH),
    };
    let digits: String = index.chars().filter(char::is_ascii_digit).collect();
    TilePath::new(level, digits.parse().ok()?, width).ok()
}

/// A text is not the path of a tile, or of one that no tree has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{} is not the path of a tile; it must be `tile/LEVEL/INDEX` or `tile/entries/INDEX`, with the index as in `x001/x234/067`, and `.p/WIDTH` from 1 to 255 if it is partial",
    Backticked(found)
)]
#[non_exhaustive]
pub struct TilePathError {
    /// The text.
    pub found: String,
}
