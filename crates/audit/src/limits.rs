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

/// Number of records of a segment of a log: the unit in which openings are written anew when a value
/// is erased, some 100 MB.
pub(crate) const SEGMENT_RECORDS: u64 = 1 << 16;

/// Longest time from a record to the checkpoint that covers it.
pub(crate) const CHECKPOINT_INTERVAL: std::time::Duration = std::time::Duration::from_secs(1);

/// Room on the disk that refused calls leave to allowed ones, in bytes: some 40,000 records.
pub(crate) const DEFAULT_RESERVE: u64 = 64 * 1024 * 1024;

/// Number of records of refused calls that wait to be written. Beyond it, they are counted.
pub(crate) const MAX_WAITING_REFUSALS: usize = 4096;

/// Bounds on the records of refused calls in one minute (docs/EVIDENCE.md §4).
pub(crate) const REFUSALS_OF_ROOT: usize = 600;
/// Of these, those of one first hop; and as many more that are the first of their kind.
pub(crate) const REFUSALS_OF_FIRST_HOP: usize = 60;
/// Of these, those of one last hop.
pub(crate) const REFUSALS_OF_LAST_HOP: usize = 15;
/// Those that are charged to nobody.
pub(crate) const REFUSALS_OF_NOBODY: usize = 60;
/// First hops whose further refusals are counted apart.
pub(crate) const COUNTED_FIRST_HOPS: usize = 64;

/// Faults of a log that a verdict lists. Further ones are counted.
pub(crate) const MAX_FINDINGS: usize = 1000;

/// Records that are read, and then judged on all cores, before the next are: at most 16 MB of cores, and
/// some 4 MB of values, unless they are as long as a service can make them. Progress is told after them.
pub(crate) const RECORDS_TOGETHER: usize = 1024;

/// Refusals that have no record each share one after this time.
pub(crate) const COUNTED_TOGETHER: std::time::Duration = std::time::Duration::from_secs(60);

/// Records that may be missing at the end of a log for its tiles to be read to name them: whoever made
/// a checkpoint of an endless log must not keep a reader busy.
pub(crate) const MAX_MISSING_RECORDS: u64 = 1 << 20;
