//! Every bound on what a stranger can make us do, each with the reason for its number.

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

/// Segments of a resource or an operation.
pub const MAX_SEGMENTS: usize = 64;

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

// What is shown. A short token can say much, and a report of it must stay readable: it cuts long
// texts and counts what it leaves out. These bounds are about people; no decision depends on them.

/// Characters of the message of a [`Reason`](crate::Reason). Both of its facts and two names of
/// [`MAX_NAME_BYTES`] fit. Each of [`HARD_MAX_HOPS`] hops may refuse a call and quote from it.
pub(crate) const MAX_SHOWN_MESSAGE: usize = 1_000;

/// Characters of each of the two facts of a [`Reason`](crate::Reason): two lines of a terminal.
pub(crate) const MAX_SHOWN_FACT: usize = 200;

/// Characters of a name or a value in a line of a report: one line of a terminal. A longer one would
/// hide those behind it.
pub(crate) const MAX_SHOWN_VALUE: usize = 100;

/// The same on a page, which has room to scroll.
#[cfg(feature = "html")]
pub(crate) const MAX_SHOWN_PAGE_VALUE: usize = 1_000;

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

/// Pairs of a parent's and a hop's capabilities that are compared for what the hop removed: eight
/// against eight. A longer list of differences says little, and costs the square of its length.
pub(crate) const MAX_SHOWN_COMPARISONS: usize = 64;

/// Capabilities in a box of a picture, and as many removals and notes: a box fits on a screen.
pub(crate) const MAX_SHOWN_BOX_LINES: usize = 8;

/// Characters in a line of a box: two boxes fit beside each other on a screen.
pub(crate) const MAX_SHOWN_BOX_WIDTH: usize = 64;

/// Reasons and remarks in the box of the verdict. The codes of three reasons are enough to see what
/// is wrong; the other forms have all.
pub(crate) const MAX_SHOWN_BOX_REASONS: usize = 3;

/// Characters that a reason has in that box beyond the width of other lines, since it is what the
/// reader looks for.
pub(crate) const MAX_SHOWN_BOX_REASON_EXTRA: usize = 32;

/// Characters of a Mermaid diagram. Mermaid draws none that is longer (its setting `maxTextSize`).
pub(crate) const MAX_SHOWN_DIAGRAM: usize = 50_000;

/// Lines of one kind in a card of a page's drawing. The table beneath has all.
#[cfg(feature = "html")]
pub(crate) const MAX_SHOWN_CARD_LINES: usize = 6;
