//! Every bound on what a stranger can make us do, each with the reason for its number.

use time::Duration;

/// How far another clock may be ahead, unless a verifier says otherwise. Servers that keep time
/// differ by less. It never lengthens an authority: expiry is exact.
pub const DEFAULT_CLOCK_TOLERANCE: Duration = Duration::seconds(30);

/// The most that a verifier may set for the clock tolerance. Clocks that differ by more are wrong.
pub const MAX_CLOCK_TOLERANCE: Duration = Duration::minutes(5);

/// How long before and after it was made a presentation may be used, unless its maker says
/// otherwise: clocks of servers that keep time differ by less, people do not wait longer.
pub const DEFAULT_WINDOW: Duration = Duration::seconds(30);

/// How long before and after it was made a verifier accepts a presentation, unless it is set
/// otherwise. As long as [`DEFAULT_WINDOW`], so that neither of the two cuts the other short.
pub const DEFAULT_FRESHNESS: Duration = Duration::seconds(30);

/// The most that a verifier may set for freshness. It bounds how long a replay guard remembers: a
/// guard needs room for every call of twice this time.
pub const MAX_FRESHNESS: Duration = Duration::minutes(5);

/// Longest token text that is accepted unless a verifier says otherwise, in bytes of base64url.
///
/// HTTP servers commonly refuse a header field beyond 8 to 16 KiB; a chain of eight ordinary hops
/// takes about 3 KiB.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The most that a verifier may raise [`MAX_TOKEN_BYTES`] to.
pub const HARD_MAX_TOKEN_BYTES: usize = 64 * 1024;

/// Delegations in a chain, the owner's own included, unless a verifier says otherwise.
///
/// Each costs about half a signature check. Chains of agents that people can still follow are shorter.
pub const MAX_HOPS: usize = 8;

/// The most that a verifier may raise [`MAX_HOPS`] to: about 0.6 ms of signature checks, and 1.1 ms
/// if one is bad.
pub const HARD_MAX_HOPS: usize = 32;

/// The most further delegations that a grant may allow. More could never be verified: the hop of the
/// grant itself is one of [`HARD_MAX_HOPS`].
pub const MAX_FURTHER_HOPS: usize = HARD_MAX_HOPS - 1;

/// Capabilities in one grant. Each is one alternative of one Datalog check.
pub const MAX_CAPABILITIES: usize = 64;

/// Constraints in one capability, counted over all its arguments.
pub const MAX_CONSTRAINTS: usize = 16;

/// Values in one list: `one_of`, an audience, allowed delegates.
pub const MAX_LIST: usize = 256;

/// Bytes in the name of a principal, an argument, an operation or an audience. RFC 1035 host names
/// and RFC 5321 mailbox names fit.
pub const MAX_NAME_BYTES: usize = 256;

/// Bytes in any other string of a token: a resource, a prefix, a value.
///
/// Linux refuses longer paths (`PATH_MAX`).
pub const MAX_STRING_BYTES: usize = 4096;

/// Bytes in a purpose: a sentence or two, not a document.
pub const MAX_PURPOSE_BYTES: usize = 512;

/// Bytes of all the strings that a block uses, each counted as often as it is used: a string stands
/// once in a token and can be named in two bytes, so that a short token could be made long to read.
/// A grant of 64 capabilities has 1 KiB for each.
pub const MAX_BLOCK_TEXT: usize = 64 * 1024;

/// Bytes in a `glob` pattern. Matching one may take this times the length of the argument;
/// [`MAX_DECISION_WORK`] bounds how often.
pub const MAX_GLOB_BYTES: usize = 256;

/// What the `glob`, `subpath`, `url`, `subset_of` and `contains_all` of all hops may look at for one
/// decision, in bytes or what takes as long: a short token can name a long pattern many times, and
/// each time it takes the whole argument. Fifteen paths of [`MAX_STRING_BYTES`] can be read for it or
/// six hundred of a hundred bytes, and a fourth as many URLs; patterns and directories that begin or
/// end with something else, and URLs of another host or path, cost nothing or little. So much takes
/// about as long as seven signature checks at most; without the bound it was five hundred.
pub const MAX_DECISION_WORK: usize = 64 * 1024;

/// The same for one delegation, where each capability and each value that is granted is compared
/// with those of all hops before it. It is the holder's own machine that is kept busy, for the token
/// that it was given: so much takes tens of milliseconds; without the bound it was seconds.
pub const MAX_DELEGATION_WORK: usize = 256 * MAX_DECISION_WORK;

/// Segments of a resource, an operation or a path in an argument. Deeper trees are rare, and each
/// segment is looked at by itself.
pub const MAX_SEGMENTS: usize = 64;

/// Bytes of a host name in a URL (RFC 1035, section 2.3.4: 255 bytes on the wire are 253 of text).
pub(crate) const MAX_HOST_BYTES: usize = 253;

/// Bytes of one label of a host name (RFC 1035, section 2.3.4).
pub(crate) const MAX_HOST_LABEL_BYTES: usize = 63;

/// The widest range of integers, from the lowest to the highest, whose integers are compared one by
/// one with a parent's constraints: about as many as [`MAX_LIST`].
pub(crate) const MAX_SPAN: i64 = 256;

/// How deep the arguments of a request may nest.
pub const MAX_ARGUMENT_DEPTH: usize = 16;

/// Leaves (values that are neither objects nor lists of objects) in the arguments of a request; and
/// objects and lists around them, each of which has a name of its own too, as long as what it lies
/// in is deep.
pub const MAX_ARGUMENTS: usize = 256;

/// Bytes of the arguments of a request, in the text that is read and in canonical JSON. All of it is
/// parsed, copied and hashed before anything is decided. Files that agents write are arguments: ten
/// megabytes were seen, which took half a second.
pub const MAX_ARGUMENT_BYTES: usize = 16 * 1024 * 1024;

/// The largest integer that RFC 8785 carries exactly: 2^53 − 1.
pub const MAX_INTEGER: i64 = 9_007_199_254_740_991;

/// The part of a [`MemoryReplayGuard`](crate::MemoryReplayGuard) that the chains with one first hop
/// may fill, as a divisor: a quarter. Four owners' grants must be abused together before others are
/// kept out, and a busy agent needs only four times the room.
pub const REPLAY_SHARES: usize = 4;

/// Series that one [`Counter`](crate::Counter) keeps: about 16 MiB with long audiences. When there
/// are more, all begin anew.
pub const MAX_SERIES: usize = 32_768;

/// Bytes of memory that each chain of `ChainCache::new(chains)` may take. Ordinary chains of one hop
/// take 4 KiB, of eight hops 20 to 27 KiB.
pub const CACHE_SLOT_BYTES: usize = 64 * 1024;

/// How many bytes of memory one byte of a cached block becomes at most, apart from its text, which
/// is in a token once and in memory as often as it is used.
#[cfg(feature = "cache")]
pub(crate) const CACHE_BYTES_PER_BLOCK_BYTE: usize = 40;
