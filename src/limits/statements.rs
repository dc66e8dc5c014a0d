//! Bounds on signed statements, and on the statements that a verifier holds.

use time::Duration;

use crate::limits::HARD_MAX_TOKEN_BYTES;

/// Maximum length of a signed note, in bytes, without the body that may follow it. Go's reader of
/// notes accepts as much.
pub const MAX_NOTE_BYTES: usize = 1_000_000;

/// Maximum length of one line of a signed note, in bytes: a token of [`HARD_MAX_TOKEN_BYTES`] fits.
pub const MAX_NOTE_LINE: usize = HARD_MAX_TOKEN_BYTES + 1024;

/// Maximum number of signatures of a note, as in Go's reader. A checkpoint of a log may have one by
/// each witness.
pub const MAX_NOTE_SIGNATURES: usize = 100;

/// Maximum number of heads of a fork that one statement ends. [`MAX_HEADS`] heads and the
/// statements before them take half of it. The rest is for forks that ended earlier, for verifiers
/// that missed the end.
pub const MAX_ENDED_HEADS: u64 = 16;

/// Maximum number of heads of a series that are kept during a fork. All of them refuse, and a
/// further head changes nothing: the series is not fresh in any case.
pub const MAX_HEADS: usize = 4;

/// Maximum number of heads of one series that an operator decided against: those of five forks.
/// After more forks, the issuer's key must be in other hands, and the root ends its series.
pub const MAX_REJECTED_HEADS: usize = 16;

/// Maximum number of hops in a revocation list: two million, in 48 MB. A list has only hops that
/// have not expired; an owner that revokes a million short-lived ones a day has room for two days.
pub const MAX_LISTED_HOPS: u64 = 1 << 21;

/// Maximum number of hops in a list that are compared one by one with the grants of the power to
/// issue it, at up to about 40 µs each. A power over `hop/**` needs no comparison.
pub const MAX_COMPARED_HOPS: usize = 10_000;

/// Maximum number of series by issuers that are neither root keys nor named by a trust anchor:
/// delegators, and revokers by a token.
pub const MAX_HELD_SERIES: usize = 1_024;

/// Maximum number of hops in all lists of these series, in 100 MB. The lists of root keys do not
/// compete with them for room.
pub const MAX_HELD_HOPS: usize = 1 << 22;

/// Maximum length of all held directories by a power, in bytes: four of the maximum length.
pub const MAX_HELD_DIRECTORY_BYTES: usize = 4 * MAX_DIRECTORY_BYTES;

/// Maximum number of lines with tokens, owners, keys and their exceptions in a revocation list.
/// Such lines are few, and stay until their author removes them. [`MAX_NOTE_BYTES`] bounds them,
/// too.
pub const MAX_LISTED_LINES: u64 = 4_096;
/// Maximum number of statements in [`Successions`](crate::Successions). Reading a statement checks two
/// signatures, so reading this many takes about two seconds; they take some 16 MiB. A hundred
/// agents that change their keys every week fill it in three years.
pub const MAX_SUCCESSORS: usize = 16_384;

/// Maximum number of successor statements that a verifier follows from one key, in a decision about
/// two agents with one name. A key has one successor, so few are ever linked; if there are more,
/// none of them counts.
pub const MAX_LINKED_SUCCESSORS: usize = 64;

/// Maximum number of series by powers of one root key that are held: one for each of 64 officers.
pub const MAX_POWERS_OF_ROOT: usize = 64;

/// Maximum number of entries in a [`Directory`](crate::Directory). A large company has about as
/// many agents. Ordinary entries of that number take about 40 MB in a file and three times as much
/// in memory. Reading them takes about a second, most of it for decoding the keys.
pub const MAX_AGENTS: usize = 100_000;

/// Maximum length of the entries of a directory, in bytes: [`MAX_AGENTS`] of 670 bytes. An ordinary
/// entry has 400.
pub const MAX_DIRECTORY_BYTES: usize = 64 * 1024 * 1024;

/// The time for which a directory keeps an entry after its `valid_until`. Few grants are valid for
/// a year. While one is valid, the key of an agent that ended must not return as the key of an
/// unknown agent.
pub const AGENTS_KEPT: Duration = Duration::days(365);

/// Maximum number of responsibilities of an agent. A report lists them.
pub const MAX_RESPONSIBILITIES: usize = 16;
