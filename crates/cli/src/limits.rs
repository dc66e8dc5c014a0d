//! Bounds on what the command reads and holds at one time. The bounds of the library are in
//! [`deputize::limits`].

use std::time::Duration;

/// Maximum length of a key file, in bytes. A key has about a hundred; the rest is for comments.
pub const MAX_KEY_FILE_BYTES: u64 = 64 * 1024;

/// Maximum length of a file of JSON, in bytes. The largest grant, with 64 capabilities, is shorter.
pub const MAX_JSON_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// Maximum length of the configuration of an MCP client, in bytes. One has some kilobytes; the file in which
/// a client keeps what it did as well can have megabytes.
pub const MAX_CLIENT_CONFIG_BYTES: u64 = 16 * 1024 * 1024;

/// Maximum length of the file with the originals of one configuration, in bytes: some hundred bytes for
/// each server.
pub const MAX_ORIGINALS_BYTES: u64 = 1024 * 1024;

/// The time before its end from which on a token ends soon: enough to ask its delegator.
pub(crate) const ENDS_SOON: Duration = Duration::from_secs(60 * 60);

/// Maximum length of a file with a revocation list or a delta, in bytes. The longest list, with two
/// million hops in 23 bytes each and a note of 1 MB, has 49 MB; a delta that replaces all of them
/// has 34 MB more.
pub const MAX_LIST_FILE_BYTES: u64 = 96 * 1024 * 1024;

/// Maximum length of a file with an agent directory, in bytes: its note, and entries of 64 MiB.
pub const MAX_DIRECTORY_FILE_BYTES: u64 = 66 * 1024 * 1024;

/// Maximum length of a file with agents in JSON, in bytes. With line breaks and blanks, as they are
/// exported, they have up to twice the bytes that they have in a directory.
pub const MAX_AGENTS_FILE_BYTES: u64 = 160 * 1024 * 1024;

/// Maximum length of a file with a successor statement, in bytes. One has less than a thousand.
pub const MAX_SUCCESSOR_FILE_BYTES: u64 = 64 * 1024;

/// Maximum length of a file with a checkpoint of a log, in bytes: as long as a note can be.
pub const MAX_CHECKPOINT_BYTES: u64 = 1_000_000;

/// Time between two looks at a log that is followed: short for a person, and four small reads a
/// second disturb no service.
pub const TAIL_INTERVAL: Duration = Duration::from_millis(250);

/// Maximum length of a line of `--batch`, in bytes: a token of 64 KiB, and its request.
pub const MAX_LINE_BYTES: usize = 1024 * 1024;

/// Bytes of the input that one read takes: about a hundred ordinary lines, enough for all cores.
pub(crate) const READ_BYTES: usize = 256 * 1024;

/// Blocks that are read ahead, so that the next is ready when one is answered.
pub(crate) const BLOCKS_AHEAD: usize = 4;

/// Maximum number of lines of a block whose answers are held until they are written. A block can
/// have many short lines, and each answer is longer than its line.
pub(crate) const LINES_TOGETHER: usize = 512;

/// Chains that `--batch` remembers: 4 to 30 MB of ordinary chains, 64 MB at most.
pub(crate) const CACHED_CHAINS: usize = 1_000;

/// The time for which a command waits for others that change the same file. A change takes some
/// milliseconds, and up to a second for the longest list.
pub(crate) const LOCK_WAIT: Duration = Duration::from_secs(60);

/// The time between two attempts to lock a file.
pub(crate) const LOCK_PAUSE: Duration = Duration::from_millis(2);

/// Entries that are shown to a person unless all are asked for.
pub(crate) const SHOWN_ENTRIES: usize = 50;

/// Maximum length of the tokens of `report --ends`, in bytes: ten thousand long ones.
pub const MAX_TOKENS_BYTES: u64 = 256 * 1024 * 1024;
