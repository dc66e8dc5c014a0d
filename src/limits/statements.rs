//! Bounds on signed statements, and on what a verifier holds of them.

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

/// Maximum number of heads of a fork that one statement ends. [`MAX_HEADS`] and the statements before
/// them are half of it; the rest is for forks that ended earlier, for verifiers that missed it.
pub const MAX_ENDED_HEADS: u64 = 16;

/// Maximum number of heads of a series that are kept while it has a fork. Its statements count
/// together, and one head more changes nothing: the series is not fresh.
pub const MAX_HEADS: usize = 4;

/// Maximum number of heads of one series that an operator decided against: those of five forks. Where
/// there are more, somebody else has the issuer's key, and the root ends its series.
pub const MAX_REJECTED_HEADS: usize = 16;

/// Maximum number of hops in a revocation list: two million, in 48 MB. A list has the hops that have
/// not expired yet; an owner who revokes a million short-lived ones a day has room for two days.
pub const MAX_LISTED_HOPS: u64 = 1 << 21;

/// Maximum number of hops in a list that are compared one by one with the grants of the power to issue
/// it, which takes up to some 40 µs for each. A power over `hop/**` needs no
/// comparison.
pub const MAX_COMPARED_HOPS: usize = 10_000;

/// Maximum number of series by issuers that are neither root keys nor named by a trust anchor:
/// delegators, and revokers by a token.
pub const MAX_HELD_SERIES: usize = 1_024;

/// Maximum number of hops in all lists of these series, in 100 MB. The lists of root keys never give
/// way to them.
pub const MAX_HELD_HOPS: usize = 1 << 22;

/// Maximum length of all directories by a power that are held, in bytes: four of the greatest.
pub const MAX_HELD_DIRECTORY_BYTES: usize = 4 * MAX_DIRECTORY_BYTES;

/// Maximum number of lines with tokens, owners, keys and their exceptions in a revocation list.
/// They stay until their author removes them, and are few. [`MAX_NOTE_BYTES`] bounds them, too.
pub const MAX_LISTED_LINES: u64 = 4_096;
/// Maximum number of statements in [`Successions`](crate::Successions). Reading a statement checks two
/// signatures, so reading this many takes about two seconds; they take some 16 MiB. A hundred
/// agents that change their keys every week fill it in three years.
pub const MAX_SUCCESSORS: usize = 16_384;

/// Maximum number of successor statements that a verifier follows from one key to others, in a decision
/// about two agents of one name. A key has one successor, so few are ever linked; where more are, none
/// counts.
pub const MAX_LINKED_SUCCESSORS: usize = 64;

/// Maximum number of series by powers of one root key that are held: as many officers.
pub const MAX_POWERS_OF_ROOT: usize = 64;

/// Maximum number of entries in a [`Directory`](crate::Directory). A large company has as many agents;
/// with ordinary entries, they take some 40 MB in a file and three times as much in memory. Reading
/// them takes about a second, most of it for checking that the keys are keys.
pub const MAX_AGENTS: usize = 100_000;

/// Maximum length of the entries of a directory, in bytes: [`MAX_AGENTS`] of 670 bytes. An ordinary
/// entry has 400.
pub const MAX_DIRECTORY_BYTES: usize = 64 * 1024 * 1024;

/// How long a directory keeps an entry after its `valid_until`. Few grants are valid for a year. As
/// long as one is, the key of an agent that ended must not come back as that of an unknown one.
pub const AGENTS_KEPT: Duration = Duration::days(365);

/// Maximum number of responsibilities of an agent. A report lists them.
pub const MAX_RESPONSIBILITIES: usize = 16;
