//! Bounds on sizes, with their reasons.

/// Maximum number of leaves of a tree. At a million records a second it lasts for nine years, and
/// every index, and every count of bytes in tiles, fits in 64 bits with room for arithmetic.
pub const MAX_TREE_SIZE: u64 = (1 << 48) - 1;

/// Number of hashes of a full tile, and of entries of a full bundle (C2SP `tlog-tiles`).
pub const TILE_WIDTH: u16 = 256;

/// The number of levels of a tree that a tile spans: its hashes are 2^8.
pub(crate) const TILE_HEIGHT: u8 = 8;

/// Maximum length of an entry in bytes: bundles state it in 16 bits (C2SP `tlog-tiles`).
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// Maximum length in bytes of a file that is read as a tile or a bundle: a bundle of 256 entries of
/// [`MAX_ENTRY_BYTES`], each with its length.
pub(crate) const MAX_BUNDLE_BYTES: u64 = 256 * 65_537;
