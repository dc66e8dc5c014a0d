//! Bounds, each with the reason for its number.

use std::time::Duration;

#[cfg(feature = "words")]
use deputize::limits::MAX_CAPABILITIES;

/// Maximum length of a line, without its LF: 16 MiB. Tools that write files take their content as
/// an argument, and a file of 10 MB passed in tests. A longer line ends the session, because a
/// reader that skipped to its end could be kept busy forever.
pub const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

/// Maximum number of requests of one side that are open at a time. Clients have tens; with ids of
/// [`MAX_ID_BYTES`], the table takes 13 MB.
pub const MAX_OPEN_IDS: usize = 4096;

/// Maximum length of the text of an id that is kept while its request is open. SDKs count, or send a
/// UUID of 36 characters.
pub const MAX_ID_BYTES: usize = 1024;

/// Maximum length of the lines of the requests of a client that are open at a time, together: 64 MiB,
/// which is four of the longest. A guard keeps what they ask for until they are answered.
pub const MAX_OPEN_BYTES: usize = 4 * MAX_LINE_BYTES;

/// Maximum number of tasks, states and subscriptions that a guard remembers for a connection. Beyond
/// it, the oldest of the holder that has most of them is forgotten, and that holder begins anew.
pub const MAX_OWNED: usize = 1_024;

/// Maximum length of what a guard remembers in this way, together: 8 MiB. Each counts with the
/// presentation that it was opened with: ordinary ones have 1 to 3 KB, so that the number counts, and
/// the largest ones leave room for about a hundred.
pub const MAX_OWNED_BYTES: usize = 8 * 1024 * 1024;

/// Maximum length of the id of a task and of the URI of a subscription, which are remembered as they
/// are: 8 KiB, as for the URLs of common servers.
pub const MAX_OWNED_NAME_BYTES: usize = 8 * 1024;

/// Maximum length of the lines that wait for a server to read them, together: 16 MiB, which is one of the
/// longest. A client that sends more waits, as it does without a guard; a line that waits alone
/// can be as long as any.
pub const MAX_WAITING_BYTES: usize = MAX_LINE_BYTES;

/// Maximum length of the lines of the guard itself that wait beside those, together, such as the answers
/// to `roots/list`: 1 MiB. A server that asks thousands of times and reads nothing is ended.
pub const MAX_WAITING_ANSWER_BYTES: usize = 1024 * 1024;

/// Time between two looks for authority that has ended. Nothing is delivered after its end; the
/// server and the client learn of it that much later.
pub const SWEEP: Duration = Duration::from_secs(1);

/// Time that a session waits for the end of a server whose output has ended, for output that a
/// process of the server keeps open, and for the decision that is under way.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Time between two looks at a server that runs. A session ends that much later than its server.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

/// Maximum length of a vocabulary: 256 KiB. That of a published server with 32 tools has 4 KB.
#[cfg(feature = "words")]
pub const MAX_VOCABULARY_BYTES: usize = 256 * 1024;

/// Maximum number of tools of a word. A grant has no more capabilities.
#[cfg(feature = "words")]
pub const MAX_WORD_TOOLS: usize = MAX_CAPABILITIES;
/// Work that narrowing the answer to one listing may take, in the unit of
/// [`MAX_DECISION_WORK`](deputize::limits::MAX_DECISION_WORK): that of sixteen decisions, some
/// milliseconds. Tools that come after it has been used up stay as the server lists them, if they are
/// permitted.
pub const MAX_LISTING_WORK: usize = 16 * deputize::limits::MAX_DECISION_WORK;

/// Maximum number of values that a narrowed schema lists: as many as one limit of a grant has.
pub const MAX_LISTED_VALUES: usize = deputize::limits::MAX_LIST;

/// Maximum length of a text of a grant in such a list, in characters: the name of a file or a branch.
/// Longer ones, and those with a blank, could be sentences for a model, and are described in backticks.
pub const MAX_LISTED_CHARS: usize = 64;

/// Length of what a presenter keeps about the tools that a server listed, in bytes: 1 MiB. A server
/// with a hundred tools of ten arguments takes a tenth.
pub(crate) const MAX_LISTED_BYTES: usize = 1024 * 1024;

/// Length of a sentence about the limits of an argument, in bytes, after which further alternatives
/// are counted.
pub(crate) const MAX_SENTENCE_BYTES: usize = 600;

/// Limits in one alternative of such a sentence. The others are counted.
pub(crate) const MAX_SENTENCE_LIMITS: usize = 4;

/// Work that finding the paths among the arguments of one call may take: that of a decision.
pub(crate) const MAX_REPAIR_WORK: usize = deputize::limits::MAX_DECISION_WORK;

/// Notes about the paths of a call that is not sent: a model mends these, and is told the next ones.
pub(crate) const MAX_REPAIR_NOTES: usize = 6;
/// Maximum number of HTTP sessions, each of which has a server process: a server in Node takes 50 MB.
pub const DEFAULT_HTTP_SESSIONS: usize = 32;

/// Time after which an HTTP session without an exchange ends. A client that waits for messages has a
/// stream open, which is one.
pub const DEFAULT_HTTP_IDLE: Duration = Duration::from_secs(15 * 60);

/// The part of the HTTP sessions that those can have whose client has not shown a presentation of a holder
/// yet: one in two. Where there are more, the oldest of them ends.
pub const HTTP_UNPROVEN_PART: usize = 2;

/// Number of HTTP sessions that can begin at once, and the time after which a further one can: each starts a process,
/// and whoever reaches the address can ask for one.
pub const HTTP_STARTS: (usize, Duration) = (16, Duration::from_millis(500));

/// Maximum number of HTTP connections. A session has its stream and a connection for each call.
pub const MAX_HTTP_CONNECTIONS: usize = 512;

/// Maximum size of the head of an HTTP message, as other servers have it. A presentation is not in it.
pub const MAX_HTTP_HEAD_BYTES: usize = 32 * 1024;

/// Maximum number of fields in the head of an HTTP message. Clients send about ten, and proxies add
/// some.
pub const MAX_HTTP_FIELDS: usize = 64;

/// Time in which the head of an HTTP message arrives, and after which an idle connection is closed.
pub const HTTP_HEAD_DEADLINE: Duration = Duration::from_secs(10);

/// Time in which the body of an HTTP message arrives: the longest line in 30 s takes 0.6 MB/s.
pub const HTTP_BODY_DEADLINE: Duration = Duration::from_secs(30);

/// Time in which a server answers `initialize`. One that is installed at its first start takes longest.
pub const HTTP_START_DEADLINE: Duration = Duration::from_secs(60);

/// Time in which the client of an HTTP connection takes something of what is written for it: networks come
/// back within 30 s, or break.
pub const HTTP_WRITE_DEADLINE: Duration = Duration::from_secs(30);

/// Maximum length of an HTTP body without a session. `initialize` has below 1 KB.
pub const MAX_HTTP_FIRST_BYTES: usize = 64 * 1024;

/// Maximum length of the version of MCP that a refusal repeats. One is a date.
pub const MAX_HTTP_VERSION_BYTES: usize = 64;

/// Number of long bodies that are read as JSON at a time, which takes ten times their length of memory.
pub const MAX_HTTP_READ_AT_ONCE: usize = 2;

/// Bytes of the messages of one session that were received and not yet decided about: those of two
/// messages of the maximum length.
pub const MAX_HTTP_BODIES_BYTES: usize = 2 * MAX_LINE_BYTES;

/// Bytes of the answers to calls of one session that its client has not taken yet: those of two messages of the
/// maximum length. Nothing else takes this room, since such a call was carried out.
pub const MAX_HTTP_ANSWERS_BYTES: usize = 2 * MAX_LINE_BYTES;

/// Bytes of everything else that the client of one session has not taken yet: those of one message of the maximum
/// length.
pub const MAX_HTTP_TOLD_BYTES: usize = MAX_LINE_BYTES;

/// Number of events of a door that wait for its operator. Further ones are counted.
pub const MAX_HTTP_NOTES: usize = 32;

/// Time between two events that an operator is told of: ten in a second can still be read.
pub const HTTP_NOTE_PAUSE: Duration = Duration::from_millis(100);

/// Number of messages that wait for a stream of a client. Servers send hundreds of log lines while a
/// client connects anew.
pub const MAX_HTTP_WAITING: usize = 256;

/// Messages of a session that wait for their decision. A client then waits.
pub const MAX_HTTP_LINES: usize = 16;

/// Time that an answer is waited for before a stream begins. Most calls take less, and are answered in
/// one piece.
pub const HTTP_AT_ONCE: Duration = Duration::from_secs(1);

/// Time between two signs of life on a stream. Proxies close one that is silent for 30 or 60 s.
pub const HTTP_PULSE: Duration = Duration::from_secs(15);

/// Time in which a presenter gets the answer to `initialize` over HTTP: that of a server at a guard, and some
/// for the way.
pub const HTTP_BEGIN_DEADLINE: Duration = Duration::from_secs(75);

/// Time without a byte after which a presenter gives a response up: 5 min, as `fetch` of Node does. A guard
/// gives a sign of life every [`HTTP_PULSE`].
pub const HTTP_SILENCE: Duration = Duration::from_secs(5 * 60);

/// Maximum number of messages that a presenter sends over HTTP at a time, each of which has a thread. A
/// request beyond it is refused.
pub const MAX_HTTP_REQUESTS: usize = 256;

/// The pauses before a stream is opened anew: the first, which doubles, and the longest.
pub const HTTP_RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
