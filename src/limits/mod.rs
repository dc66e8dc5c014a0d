//! Bounds on the work that untrusted input can cause, each with the reason for its number.
//!
//! The limits of a grant hold for minting, delegating and verifying alike: a block beyond them is
//! not authentic. Those of a request hold when a [`Request`](crate::Request) is made.

mod records;
mod statements;

use time::Duration;

pub use records::{
    DEFAULT_RECORDED_VALUE, MAX_CORE_BYTES, MAX_ERASERS, MAX_OPENINGS_BYTES, MAX_RECORD_FIELDS,
    MAX_RECORDED_CHAIN_BYTES, MAX_RECORDED_VALUE, MAX_RECORDS, MAX_REPEAT_DISTANCE,
    MAX_REPEATED_LINE, MAX_UNPRESENTED_BYTES,
};
pub use statements::{
    AGENTS_KEPT, MAX_AGENTS, MAX_COMPARED_HOPS, MAX_DIRECTORY_BYTES, MAX_ENDED_HEADS, MAX_HEADS,
    MAX_HELD_DIRECTORY_BYTES, MAX_HELD_HOPS, MAX_HELD_SERIES, MAX_LINKED_SUCCESSORS,
    MAX_LISTED_HOPS, MAX_LISTED_LINES, MAX_NOTE_BYTES, MAX_NOTE_LINE, MAX_NOTE_SIGNATURES,
    MAX_POWERS_OF_ROOT, MAX_REJECTED_HEADS, MAX_RESPONSIBILITIES, MAX_SUCCESSORS,
};

/// Default tolerance for a delegator's clock that is ahead. Servers that keep time differ by less.
/// It never lengthens an authority: expiry is exact.
pub const DEFAULT_CLOCK_TOLERANCE: Duration = Duration::seconds(30);

/// Maximum clock tolerance of a verifier. Clocks that differ by more are wrong.
pub const MAX_CLOCK_TOLERANCE: Duration = Duration::minutes(5);

/// Default window in which a presentation may be used, before and after it is made. Clocks of
/// servers that keep time differ by less, and people do not wait longer.
pub const DEFAULT_WINDOW: Duration = Duration::seconds(30);

/// Default freshness: a verifier accepts a presentation this long before and after it is made. As
/// long as [`DEFAULT_WINDOW`], so that neither cuts the other short.
pub const DEFAULT_FRESHNESS: Duration = Duration::seconds(30);

/// Maximum freshness of a verifier. It bounds how long a replay guard remembers: a guard needs room
/// for every call of twice this time.
pub const MAX_FRESHNESS: Duration = Duration::minutes(5);

/// Maximum time from the start of an [`Observer`](crate::Observer) to its end. A quarter of a year
/// shows every monthly task twice. A service that needs longer starts a new observation.
pub const MAX_OBSERVATION: Duration = Duration::days(90);

/// Maximum length of a token's text, in bytes of base64url, unless a verifier raises it.
///
/// HTTP servers commonly refuse a header field beyond 8 to 16 KiB; a chain of eight ordinary hops
/// takes about 3 KiB.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// Maximum length of a field `Authorization` that is read, before its presentation is decoded:
/// [`MAX_TOKEN_BYTES`] and the scheme.
pub const MAX_AUTHORIZATION_BYTES: usize = MAX_TOKEN_BYTES + 16;

/// Maximum length of a field `Authorization` that is sent. nginx, gunicorn and aiohttp refuse a
/// field of more than about 8,100 bytes by default, name included.
pub const MAX_SENT_AUTHORIZATION: usize = 7_500;

/// Maximum to which a verifier may raise [`MAX_TOKEN_BYTES`].
pub const HARD_MAX_TOKEN_BYTES: usize = 64 * 1024;

/// Maximum number of hops in a chain, the owner's own included, unless a verifier raises it.
///
/// Each costs about half a signature check. Chains that people can still follow are shorter.
pub const MAX_HOPS: usize = 8;

/// Maximum to which a verifier may raise [`MAX_HOPS`]: about 0.6 ms of signature checks, and 1.1 ms
/// if one signature is bad.
pub const HARD_MAX_HOPS: usize = 32;

/// Maximum number of further delegations that a grant may allow. More could never be verified: the
/// hop of the grant itself is one of [`HARD_MAX_HOPS`].
pub const MAX_FURTHER_HOPS: usize = HARD_MAX_HOPS - 1;

/// Maximum number of capabilities in one grant. Each is one alternative of one Datalog check.
pub const MAX_CAPABILITIES: usize = 64;

/// Maximum number of constraints in one capability, over all its arguments. An argument without
/// constraints counts as one.
pub const MAX_CONSTRAINTS: usize = 16;

/// Maximum number of values in one list: `one_of`, an audience, allowed delegates.
pub const MAX_LIST: usize = 256;

/// Maximum length of the name of a principal, an argument, an operation or an audience, in bytes.
/// RFC 1035 host names and RFC 5321 mailbox names fit.
pub const MAX_NAME_BYTES: usize = 256;

/// Maximum length of any other string of a token, in bytes: a resource, a prefix, a value.
///
/// Linux refuses longer paths (`PATH_MAX`).
pub const MAX_STRING_BYTES: usize = 4096;

/// Maximum length of a purpose, in bytes: one or two sentences.
pub const MAX_PURPOSE_BYTES: usize = 512;

/// Maximum length of all strings that a block uses, in bytes, each counted at every use.
///
/// A token holds a string once and refers to it in two bytes, so a short token could be long to
/// read. A grant of 64 capabilities has 1 KiB for each.
pub const MAX_BLOCK_TEXT: usize = 64 * 1024;

/// Maximum number of facts in a block: those of the first block. With those below, the statements
/// of a block are read into arrays, without an allocation. A block with more is not one of
/// Deputize.
pub(crate) const MAX_BLOCK_FACTS: usize = 5;

/// Maximum number of checks in a block: of the time, of the audience, and of the capabilities.
pub(crate) const MAX_BLOCK_CHECKS: usize = 3;

/// Maximum number of terms in a predicate: those of `delegate` behind the first block.
pub(crate) const MAX_PREDICATE_TERMS: usize = 6;

/// Maximum number of predicates, and of expressions, in one query: one for each constraint, and
/// those for the operation, the resource and its path, and the names and values of the arguments.
pub(crate) const MAX_QUERY_PARTS: usize = MAX_CONSTRAINTS + 6;

/// Maximum number of operations in one expression or closure, except the closure below.
pub(crate) const MAX_EXPRESSION_OPS: usize = 6;

/// Maximum number of operations in the closure that checks the name of an argument: three to find
/// it in the set of names, and two for each argument that may have anything below it.
pub(crate) const MAX_NAME_CLOSURE_OPS: usize = 3 + 2 * MAX_CONSTRAINTS;

/// Maximum length of a `glob` pattern, in bytes. Matching takes up to this number times the length
/// of the argument; [`MAX_DECISION_WORK`] bounds the number of matches.
pub const MAX_GLOB_BYTES: usize = 256;

/// Work budget of one decision for `glob`, `subpath`, `url`, `subset_of`, `contains_all` and `each`
/// over all hops, in bytes scanned. Other steps are charged as bytes that take as long.
///
/// A short token can refer to a long pattern many times, and each match scans the whole argument.
/// The budget covers fifteen paths of [`MAX_STRING_BYTES`], or six hundred of 100 bytes, or a
/// quarter as many URLs. Patterns and directories with another beginning or end, and URLs with
/// another host or path, cost little or nothing. It takes at most as long as about seven signature
/// checks; without the bound it was five hundred.
pub const MAX_DECISION_WORK: usize = 64 * 1024;

/// Work budget of one delegation, in the unit of [`MAX_DECISION_WORK`].
///
/// Delegating compares each granted capability and value with those of all earlier hops. The work
/// falls on the holder's own machine, and takes tens of milliseconds at most; without the bound it
/// was seconds.
pub const MAX_DELEGATION_WORK: usize = 256 * MAX_DECISION_WORK;

/// Maximum number of segments of a resource, an operation or a path. It bounds the work of
/// matching.
pub const MAX_SEGMENTS: usize = 64;

/// Maximum length of a host name in a URL, in bytes (RFC 1035, section 2.3.4: 255 bytes on the wire
/// are 253 of text).
pub(crate) const MAX_HOST_BYTES: usize = 253;

/// Maximum length of one label of a host name, in bytes (RFC 1035, section 2.3.4).
pub(crate) const MAX_HOST_LABEL_BYTES: usize = 63;

/// The widest range of integers, from the lowest to the highest, whose integers are compared one by
/// one with a parent's constraints: about as many as [`MAX_LIST`].
pub(crate) const MAX_SPAN: i64 = 256;

/// Maximum nesting depth of the arguments of a request.
pub const MAX_ARGUMENT_DEPTH: usize = 16;

/// Maximum number of leaves (values that are neither objects nor lists of objects) in the arguments
/// of a request, and separately of the objects and lists of objects around them.
///
/// Each of these has a name of its own, which is as long as the path to it, so it bounds the work
/// of reading.
pub const MAX_ARGUMENTS: usize = 256;

/// Maximum length of the arguments of a request, in bytes, both as read and in canonical JSON.
///
/// All of it is parsed, copied and hashed before the decision. Files that agents write are
/// arguments: ten megabytes have occurred in practice, and took half a second.
pub const MAX_ARGUMENT_BYTES: usize = 16 * 1024 * 1024;

/// Maximum number of elements and members in a JSON text that is read: of the arguments of a request,
/// of a report.
///
/// An object of one member takes 6 bytes of text and 350 of memory, so a text of
/// [`MAX_ARGUMENT_BYTES`] could take a gigabyte. This many take 50 MB; a table of ten thousand rows
/// and twenty columns fits.
pub const MAX_JSON_VALUES: usize = 256 * 1024;

/// Maximum length of a message about malformed input, in characters: a sentence with its
/// quotations, and not the input.
pub const MAX_INPUT_MESSAGE: usize = 300;

/// The largest integer that RFC 8785 carries exactly: 2^53 − 1. Send larger integers as strings.
pub const MAX_INTEGER: i64 = 9_007_199_254_740_991;

/// The part of a [`MemoryReplayGuard`](crate::MemoryReplayGuard) that the chains with one first hop
/// may fill, as a divisor: a quarter. Four owners' grants must be abused together before others are
/// kept out, and a busy agent needs only four times the room.
pub const REPLAY_SHARES: usize = 4;

/// Maximum length of a report or a denial that is received as JSON, in bytes. A report repeats the
/// arguments of its call, up to [`MAX_ARGUMENT_BYTES`], on several lines.
pub const MAX_RECEIVED_BYTES: usize = 2 * MAX_ARGUMENT_BYTES;

/// Reasons of a received denial that its text shows. Each hop of a chain may have one or two.
pub(crate) const MAX_RECEIVED_SHOWN: usize = 16;

/// Characters of the sentence of a received report: the names of [`HARD_MAX_HOPS`] hops with their
/// keys, a call and a reason.
pub(crate) const MAX_RECEIVED_SUMMARY: usize = 16 * 1024;

/// Maximum number of rows in a [`Summary`](crate::Summary): different calls by different holders. It
/// takes at most some 25 MiB with the longest names.
pub const MAX_SUMMARY_ROWS: usize = 16_384;

/// The part of [`MAX_SUMMARY_ROWS`] that the calls under one root key may fill, as a divisor: a
/// quarter. An agent can make any number of keys and delegate to them, and an owner any number of
/// names; this takes room only from chains under the same root key.
pub const SUMMARY_SHARES: usize = 4;

/// Maximum number of names of one holder in a [`Summary`](crate::Summary). Each delegator may name a
/// key as it likes.
pub(crate) const MAX_SUMMARY_NAMES: usize = 4;

/// Maximum number of rows of one holder in a [`Summary`](crate::Summary): a screen or two.
pub const MAX_SUMMARY_CALLS: usize = 64;

/// Default time in which an [`Ask`](crate::Ask) may be answered: long enough for a person to decide.
pub const DEFAULT_ASK_WINDOW: Duration = Duration::minutes(10);

/// Maximum time in which an ask may be answered. It bounds how long a delegator remembers that it
/// answered one.
pub const MAX_ASK_WINDOW: Duration = Duration::hours(24);

/// Maximum number of answered asks that a delegator remembers, at some 100 bytes each. When it has
/// that many, it answers no more until some end.
pub const MAX_ANSWERED_ASKS: usize = 100_000;

/// Maximum number of open asks of one asker.
pub const MAX_OPEN_ASKS: usize = 1_000;

/// Maximum number of tokens in a [`Wallet`](crate::Wallet). Each is looked at for each call, for some
/// microseconds.
pub const MAX_WALLET_TOKENS: usize = 1_000;

/// Maximum number of series that one [`Counter`](crate::Counter) keeps: about 16 MiB with long
/// audiences. When there are more, all begin anew.
pub const MAX_SERIES: usize = 32_768;

/// Bytes of memory that each chain of `ChainCache::new(chains)` may take. Ordinary chains of one
/// hop take 4 KiB, of eight hops 20 to 27 KiB.
pub const CACHE_SLOT_BYTES: usize = 64 * 1024;

/// Maximum bytes of memory for one byte of a cached block, apart from its text, which is in a token
/// once and in memory as often as it is used.
#[cfg(feature = "cache")]
pub(crate) const CACHE_BYTES_PER_BLOCK_BYTE: usize = 40;

/// Facts that a policy in Datalog may have and derive: twice those of a call with [`MAX_ARGUMENTS`]
/// arguments and a chain of [`HARD_MAX_HOPS`].
#[cfg(feature = "biscuit")]
pub const MAX_POLICY_FACTS: u64 = 1_000;

/// Rounds in which the rules of a policy in Datalog may derive facts. Rules that build on each
/// other need one each.
#[cfg(feature = "biscuit")]
pub const MAX_POLICY_ITERATIONS: u64 = 100;

/// The time that a policy in Datalog may take. The engine looks at it between rounds and queries,
/// so one query can take longer before the call is refused. A policy of some ten rules takes a
/// fraction of a millisecond.
#[cfg(feature = "biscuit")]
pub const MAX_POLICY_TIME: std::time::Duration = std::time::Duration::from_millis(50);

/// Maximum to which a service may raise [`MAX_POLICY_TIME`]. No caller waits longer.
#[cfg(feature = "biscuit")]
pub const HARD_MAX_POLICY_TIME: std::time::Duration = std::time::Duration::from_secs(60);

/// Maximum number of values in the arguments of a call that a policy in Datalog gets: arguments,
/// the objects and lists around them, and the elements of lists.
///
/// The engine compares each string with all before it, and looks at no clock meanwhile: 1,000 take
/// 2 ms, and 80,000 took 13 s. [`MAX_ARGUMENTS`] arguments in as many objects leave half of it for
/// the elements of lists.
#[cfg(feature = "biscuit")]
pub const MAX_POLICY_VALUES: usize = 1_000;

/// Maximum length of the names and strings in the arguments of a call that a policy in Datalog
/// gets, in bytes.
///
/// The engine copies them a few times. [`MAX_POLICY_VALUES`] strings of 1 KiB that differ in their
/// last bytes take it 10 ms to compare.
#[cfg(feature = "biscuit")]
pub const MAX_POLICY_TEXT: usize = 1024 * 1024;

/// A grant that is valid for longer gets a lint ([`LintCode::LongLifetime`]). A working day and a
/// run over night fit, and a lost key is worth little after it.
///
/// [`LintCode::LongLifetime`]: crate::LintCode::LongLifetime
pub const LONG_LIFETIME: Duration = Duration::days(1);

// Bounds of display. A short token can have long contents, and a report of it must stay readable:
// it truncates long texts and counts the parts that it leaves out. These bounds are for people; no
// decision depends on them.

/// Characters of the message of an error: two quotations of [`MAX_NAME_BYTES`] fit.
pub(crate) const MAX_SHOWN_MESSAGE: usize = 1_000;

/// Characters of the message of a [`Reason`](crate::Reason). All of its facts fit, each of
/// [`MAX_SHOWN_FACT`] characters. Each of [`HARD_MAX_HOPS`] hops may refuse a call and quote from
/// it.
pub(crate) const MAX_SHOWN_REASON: usize = 2_000;

/// Permitted alternatives in a [`Reason`](crate::Reason). It counts the others. A list of this
/// length can be read in a sentence.
pub(crate) const MAX_SHOWN_ALTERNATIVES: usize = 8;

/// Characters of each fact of a [`Reason`](crate::Reason): two lines of a terminal.
pub(crate) const MAX_SHOWN_FACT: usize = 200;

/// Characters of a name or a value in a line of a report: one line of a terminal. A longer one
/// would hide those behind it.
pub(crate) const MAX_SHOWN_VALUE: usize = 100;

/// The same on a page, which has room to scroll.
pub(crate) const MAX_SHOWN_PAGE_VALUE: usize = 1_000;

/// Maximum length of two texts that are searched for parts that look alike, in bytes. Longer texts
/// are not shown in full.
pub(crate) const MAX_SHOWN_CONTRAST: usize = 1024;

/// Arguments of a call in a line of a report. A page shows all [`MAX_ARGUMENTS`].
pub(crate) const MAX_SHOWN_ARGUMENTS: usize = 16;

/// Capabilities in a sentence: a longer list is read where each has a line of its own.
pub(crate) const MAX_SHOWN_CAPABILITIES: usize = 8;

/// Characters of a remark. [`MAX_SHOWN_CAPABILITIES`] of [`MAX_SHOWN_VALUE`] characters fit.
pub(crate) const MAX_SHOWN_REMARK: usize = 1_000;

/// Characters of each part of a removal, before and after: a limit with its argument's name.
pub(crate) const MAX_SHOWN_REMOVAL: usize = 150;

/// Removals of one hop: one for each of [`MAX_CAPABILITIES`].
pub(crate) const MAX_SHOWN_REMOVALS: usize = 64;

/// Pairs of a parent's and a hop's capabilities that are compared to list the removed ones: eight
/// against eight. A longer list of differences says little, and costs the square of its length.
pub(crate) const MAX_SHOWN_COMPARISONS: usize = 64;

/// Capabilities in a box of a picture, and as many removals and notes: a box fits on a screen.
pub(crate) const MAX_SHOWN_BOX_LINES: usize = 8;

/// Characters in a line of a box: two boxes fit beside each other on a screen.
pub(crate) const MAX_SHOWN_BOX_WIDTH: usize = 64;

/// Reasons and remarks in the box of the verdict. The codes of three reasons are enough to see the
/// problem; the other formats have all.
pub(crate) const MAX_SHOWN_BOX_REASONS: usize = 3;

/// Characters that a reason has in that box beyond the width of other lines, because the reader
/// looks for it.
pub(crate) const MAX_SHOWN_BOX_REASON_EXTRA: usize = 32;

/// Characters of a Mermaid diagram. Mermaid draws none that is longer (its setting `maxTextSize`).
pub(crate) const MAX_SHOWN_DIAGRAM: usize = 50_000;

/// Characters of each part of a text for a language model. Longer parts would cost it more than
/// they say.
pub(crate) const MAX_MODEL_FACT: usize = 300;

/// Reasons in a text for a language model. The first ones are about the presentation and the chain,
/// so a call with more of them is wrong from the ground up.
pub(crate) const MAX_MODEL_REASONS: usize = 6;
