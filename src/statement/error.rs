//! Errors of reading and writing statements.

use thiserror::Error;
use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::key::{PublicKey, SignerError};
use crate::statement::note::NoteError;
use crate::text::escape::Backticked;

/// The reason why bytes are not a statement of the expected kind, or why a statement cannot be
/// written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StatementError {
    /// The bytes are not a signed note, or the signer is not the key that the note names.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The first line is not that of the expected kind.
    #[error(
        "the first line is {}, and must be `deputize {expected} v1 ed25519/…`",
        Backticked(found)
    )]
    WrongKind {
        /// The expected kind.
        expected: &'static str,
        /// The first line, cut if it is long.
        found: String,
    },
    /// A line is missing, in the wrong place, or malformed.
    #[error("line {line} must be `{expected}`")]
    Line {
        /// The line, from 1.
        line: usize,
        /// The form that it must have.
        expected: &'static str,
    },
    /// The text is another spelling of its contents.
    #[error("line {line} is not spelled as it must be; every statement has one spelling")]
    Spelling {
        /// The first line that differs, from 1.
        line: usize,
    },
    /// `next` is not later than `issued`.
    #[error("it is issued at {}, and its next update, at {}, is not later", UnixTime::from(*.issued), UnixTime::from(*.next))]
    NextNotLater {
        /// The time of issue.
        issued: OffsetDateTime,
        /// The time by which a newer statement is issued.
        next: OffsetDateTime,
    },
    /// The statement has more entries than its kind allows.
    #[error("it has {found} {what}, and at most {most} are allowed")]
    TooMany {
        /// The kind of the entries.
        what: &'static str,
        /// Their number.
        found: u64,
        /// The number that is allowed.
        most: u64,
    },
    /// The body is longer or shorter than the text states.
    #[error(
        "the body must have {expected} bytes, and has {found}; the file is cut off or has something after it"
    )]
    BodyLength {
        /// The length that the text states.
        expected: u64,
        /// The actual length.
        found: u64,
    },
    /// The text commits to another body.
    #[error("the body is not the one that was signed: its SHA-256 differs")]
    BodyDigest,
    /// Two entries of the body are equal or in the wrong order.
    #[error("entry {entry} of the body is not greater than the one before it")]
    BodyOrder {
        /// The entry, from 0.
        entry: usize,
    },
    /// An entry of the body cannot be read.
    #[error("entry {entry} of the body {why}")]
    BodyEntry {
        /// The entry, from 0.
        entry: usize,
        /// The reason, as the end of a sentence.
        why: String,
    },
    /// The token that gives the power is not authentic, or not a held token.
    #[error("the token in the line `authority` is not a token: {why}")]
    Authority {
        /// The reason.
        why: String,
    },
    /// A delta applies to another list.
    #[error("the delta is for the list {base}, and this is {found}; get the whole list")]
    WrongBase {
        /// The list that it applies to.
        base: String,
        /// The list at hand.
        found: String,
    },
    /// The changes of a delta do not fit: they are not ascending, their number does not match the
    /// result, they remove an entry that the list lacks, or they add one that it has.
    #[error("the delta does not fit the list that it names; get the whole list")]
    DeltaMismatch,
    /// The signer's key is not the issuer's.
    #[error("the issuer is {issuer}, and the signer has the key {signer}")]
    NotTheIssuer {
        /// The issuer's key.
        issuer: Box<PublicKey>,
        /// The signer's key.
        signer: Box<PublicKey>,
    },
    /// The statement is of another series than required.
    #[error("it is one of the {found}, and must be one of the {expected}")]
    OtherSeries {
        /// The series that is required.
        expected: String,
        /// The series of the statement.
        found: String,
    },
    /// The previous list reports the key of its own issuer as compromised.
    #[error(
        "the list before it reports the key of its issuer as compromised, so no verifier takes a newer one; revoke in the list of another key"
    )]
    AfterFinal,
    /// Entries were pruned that verifiers still need at the time of issue.
    #[error("entries were pruned as of {}, and it is issued before that, at {}; prune at the time of issue", UnixTime::from(*.pruned), UnixTime::from(*.issued))]
    PrunedLater {
        /// The time as of which entries were pruned.
        pruned: OffsetDateTime,
        /// The time of issue.
        issued: OffsetDateTime,
    },
    /// The new statement would not be newer than the previous one.
    #[error("the statement before this one was issued at {}, and it is {}; set the clock", UnixTime::from(*.before), UnixTime::from(*.now))]
    BeforePrevious {
        /// The time of issue of the previous statement.
        before: OffsetDateTime,
        /// The current time.
        now: OffsetDateTime,
    },
    /// The sequence is greater than the seconds from 1970 to the time of issue.
    #[error("the sequence {sequence} is ahead of its time of issue, {}: it may be at most the seconds since 1970", UnixTime::from(*.issued))]
    SequenceAhead {
        /// The sequence.
        sequence: u64,
        /// The time of issue.
        issued: OffsetDateTime,
    },
    /// The token of the power is not the one that the scope names, or the scope needs none.
    #[error("the line `authority` {why}")]
    AuthorityNotOfScope {
        /// The reason, as the end of a sentence.
        why: &'static str,
    },
    /// A line of a revocation list voids a series or a list that its issuer may not void.
    #[error("line {line}, which voids lists, {why}; leave it out")]
    Void {
        /// The line, from 1.
        line: usize,
        /// The reason, as the end of a sentence.
        why: &'static str,
    },
    /// The text is not a digest.
    #[error("the digest of a statement is written as 64 hexadecimal digits in lower case")]
    NotADigest,
    /// The text is not a kind of statements.
    #[error(
        "{} is not a kind of statements: `revocations`, `agents` or `successor`",
        Backticked(text)
    )]
    NotAKind {
        /// The text, cut if it is long.
        text: String,
    },
    /// The text is not the scope of a series.
    #[error(
        "{} is not a scope: `own`, `root KEY`, `power HOP` or `named`, with digits in lower case",
        Backticked(text)
    )]
    NotAScope {
        /// The text, cut if it is long.
        text: String,
    },
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

/// Checks a number against its bound.
pub(crate) fn require_at_most(
    what: &'static str,
    found: u64,
    most: u64,
) -> Result<(), StatementError> {
    if found > most { Err(StatementError::TooMany { what, found, most }) } else { Ok(()) }
}
