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
pub(crate) const MAX_ENTRY_BUNDLE_BYTES: u64 = 256 * 65_537;

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
/// Records of calls in one minute that went out unpresented while the service observed: as many as of refusals
/// that are charged to nobody.
pub(crate) const UNPRESENTED_IN_A_MINUTE: usize = 60;
/// Bytes of the values of these records together: a stranger can write at most some 400 MB of them a day.
pub(crate) const UNPRESENTED_BYTES_IN_A_MINUTE: usize = 256 * 1024;
/// First hops whose further refusals are counted apart.
pub(crate) const COUNTED_FIRST_HOPS: usize = 64;

/// Records at the end of a log among which the latest time is looked for: threads that decide at once write
/// theirs in any order, and outcomes are later than decisions.
pub(crate) const LATEST_RECORDS: u64 = 1000;

/// Faults of a log that a verdict lists. Further ones are counted.
pub(crate) const MAX_FINDINGS: usize = 1000;

/// Records that are read, and then judged on all cores, before the next are: at most 16 MiB of cores, and
/// some 4 MB of lines of values, or those of [`BYTES_TOGETHER`]. Progress is told after them.
pub(crate) const RECORDS_TOGETHER: usize = 1024;
/// Bytes of lines after which no more are read: as many as 1024 of the longest cores have. A line of
/// values can have 1 MiB, and 1024 of these would take a gigabyte.
pub(crate) const BYTES_TOGETHER: usize = 16 * 1024 * 1024;

/// Refusals that have no record each share one after this time.
pub(crate) const COUNTED_TOGETHER: std::time::Duration = std::time::Duration::from_secs(60);

/// Records that may be missing at the end of a log for its tiles to be read to name them: whoever made
/// a checkpoint of an endless log must not keep a reader busy.
pub(crate) const MAX_MISSING_RECORDS: u64 = 1 << 20;

/// Hops that one review is about: as many as an operator can look through, and some 100 MB.
pub(crate) const MAX_REVIEWED_HOPS: u64 = 10_000;
/// The part below one root key of each bound of a review, as a divisor: a quarter. Hops are cheap to make,
/// and four owners must flood a log together before others are left out.
pub(crate) const REVIEW_SHARES_OF_ROOTS: u64 = 4;
/// The part below one key to which an owner delegates, as a divisor: an eighth, so that an agent that makes
/// many hops leaves room for another agent of its owner.
pub(crate) const REVIEW_SHARES_OF_KEYS: u64 = 8;
/// Keys of which a review names that some of their hops are left out.
pub(crate) const MAX_CROWDED_KEYS: usize = 256;
/// Hops that are left out which a review tells apart for one key, at 32 bytes each.
pub(crate) const MAX_COUNTED_HOPS: usize = 1024;

/// Keys whose observed calls a review tells apart, with the same parts for roots and for keys below them.
pub(crate) const MAX_REVIEWED_KEYS: u64 = 1024;
/// Bytes of values, resources and names that a review keeps of the calls of keys.
pub(crate) const MAX_REVIEWED_KEY_BYTES: u64 = 32 * 1024 * 1024;

/// Operations and resources of unpresented calls that a review lists. A tool server has some dozens of tools;
/// of more, those that the service never answered are forgotten first.
pub(crate) const MAX_UNPRESENTED_TOOLS: usize = 256;
/// Bytes of the arguments of one of them that a review keeps: each has its own, so that none takes the room of
/// another.
pub(crate) const MAX_UNPRESENTED_TOOL_BYTES: usize = 16 * 1024;
/// Unpresented calls that wait for their outcome. Beyond it, those before are taken to have none.
pub(crate) const MAX_UNPRESENTED_WAITING: usize = 4096;

/// Work of a review for the limits of one call, in the unit of `deputize::limits::MAX_DECISION_WORK`. A
/// verifier stops at the first capability that permits a call, and a review looks at all of them. It takes
/// at most as long as about thirty signature checks.
pub(crate) const MAX_REVIEWED_CALL_WORK: usize = 4 * deputize::limits::MAX_DECISION_WORK;
/// Work of a whole review for limits, in the same unit: three or four minutes at most. A million ordinary
/// calls of one agent take half of its part.
pub(crate) const MAX_REVIEW_WORK: u64 = 1 << 35;
/// Bytes of values, resources and names that a review keeps to list and to narrow.
pub(crate) const MAX_REVIEWED_BYTES: u64 = 128 * 1024 * 1024;

/// Calls of each hop that a review presents and decides, in the form of a whole presentation: all those of
/// most reviews, and some seconds of work. For every call beyond, it makes the check of a verifier that
/// depends on the call, which takes a hundredth of the time.
pub(crate) const PRESENTED_CALLS: u64 = 4_096;

/// Bytes of the capabilities of the reviewed hops, as they are written. A grant can have 64 KiB of them.
pub(crate) const MAX_REVIEWED_GRANT_BYTES: u64 = 32 * 1024 * 1024;

/// Presentations that a review remembers, to count each once: 32 bytes each, and at most twice as many are
/// kept. A verifier accepts a presentation for some minutes, and so a repetition follows soon.
pub(crate) const MAX_SEEN_PRESENTATIONS: usize = 1 << 19;

/// Operations under one capability, and arguments of one operation, that a review tells apart: a
/// capability limits at most 16 arguments, and a tool server has some dozens of tools.
pub(crate) const MAX_REVIEWED_NAMES: usize = 64;

/// Different values of an argument, and different resources, that a review lists and a proposal grants
/// one by one. A person reads them; beyond it, ranges and folders say more.
pub(crate) const MAX_LISTED_VALUES: usize = 16;

/// Longest value or resource, in bytes, that a review lists.
pub(crate) const MAX_LISTED_BYTES: usize = 256;

/// Records that a review lists of each kind. Further ones are counted.
pub(crate) const MAX_LISTED_RECORDS: usize = 100;

/// Most denials that a [`StrikePolicy`](crate::StrikePolicy) waits for: twice as many ids are
/// kept for each key.
pub const MAX_STRIKES: usize = 32;

/// First hops that a monitor remembers. Beyond it, the root key that has most of them loses its oldest, so
/// that an owner who mints many pushes out its own. With all tables full, a monitor takes some 290 MB;
/// an ordinary first hop, with a few agents, takes some kilobytes.
pub(crate) const WATCHED_FIRST_HOPS: usize = 1024;
/// Keys that a monitor remembers below one first hop: as many as [`MAX_STRIKES`], so that the keys that an
/// agent spawns to have a strike each are noticed.
pub(crate) const WATCHED_KEYS: usize = 32;
/// Hops of earlier streaks that are kept for one key: as many as one streak can have. Of a key with more,
/// the hook runs again for the oldest.
pub(crate) const WATCHED_ENDED_HOPS: usize = MAX_STRIKES;
/// Last hops below one first hop whose end was told.
pub(crate) const WATCHED_LAST_HOPS: usize = 64;
/// Used capabilities of last hops below one first hop.
pub(crate) const WATCHED_RIGHTS: usize = 256;
/// Root keys with a statement that is stale or missing: one for each of four codes.
pub(crate) const WATCHED_STATEMENTS: usize = 1024;

/// Seconds after which it is told again that a share of a replay guard is full: as for refusals that are
/// counted, an operator sees each minute that it goes on.
pub(crate) const SHARE_TOLD_AGAIN: u64 = 60;

/// Seconds by which the clocks of threads and machines that decide may differ, as in a verifier.
pub(crate) const CLOCK_TOLERANCE: i64 = 30;

/// Longest checkpoint that is read, in bytes: with some thousand cosignatures.
pub(crate) const MAX_CHECKPOINT_BYTES: u64 = 1_000_000;
/// Maximum length of a proof of one record in bytes: its core in base64, 48 hashes of a tree, and a
/// checkpoint of 1,000,000 bytes.
pub const MAX_PROOF_BYTES: usize = 1_030_000;

/// Maximum length of a bundle in bytes. The longest revocation list has 66 MB in base64; the rest is room
/// for all the records that a bundle can have, of some 4 KB each.
pub const MAX_BUNDLE_BYTES: usize = 128 * 1024 * 1024;

/// Maximum number of records of a bundle. Whoever needs more of a log is better served with the folder.
pub const MAX_BUNDLE_RECORDS: usize = 1 << 14;

/// Maximum number of older checkpoints, of lists, and of directories of a bundle, each.
pub const MAX_BUNDLE_PARTS: usize = 64;

/// Maximum length of a line in which a holder notes a presentation, in bytes: its ids, and an audience.
pub const MAX_PRESENTED_LINE_BYTES: usize = 4096;

/// Numbers of series that a matcher holds: about a million, in some 200 MB.
pub(crate) const MAX_MATCHED_NUMBERS: usize = 1 << 20;
/// Bytes of the name of an agent and of a service that are kept of a series: hostile ones could have a
/// megabyte each, and there can be half a million series.
pub(crate) const MAX_MATCHED_TEXT_BYTES: usize = 256;

/// Bytes of the record of an erasure beside the text of its statement and its wrong fields: the members of
/// JSON have some 110, and the signature with the name of its key some 180.
pub(crate) const ERASURE_FRAME_BYTES: usize = 512;

/// Records of one erasure that wait to be written: 256 KiB. An erasure can need thousands.
pub(crate) const ERASURES_TOGETHER: usize = 16;
