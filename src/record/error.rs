//! Why a record could not be made or read.

use thiserror::Error;

/// A record could not be made, or a line of a log is not one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The operating system gave no random bytes for the salts.
    #[error("the operating system gave no random bytes")]
    NoRandomness,
    /// The core would be longer than a reader accepts.
    #[error("the core of the record has {found} bytes, and at most {most} are accepted")]
    TooLong {
        /// Its length in bytes.
        found: usize,
        /// The greatest length.
        most: usize,
    },
    /// The index is beyond every log.
    #[error("the index {found} is beyond the greatest possible one")]
    Index {
        /// The index.
        found: u64,
    },
    /// The line is not JSON of a record.
    #[error("the line is not a record: {why}")]
    NotARecord {
        /// The reason, by the reader of JSON.
        why: String,
    },
    /// A member has no place in a record of this kind, or is missing.
    #[error("a record of the kind `{kind}` {fault}")]
    Members {
        /// The kind, as the line states it.
        kind: String,
        /// The member, and what is wrong with it.
        fault: &'static str,
    },
    /// The line repeats values of an earlier record, and was read without it.
    #[error(
        "the openings of record {index} repeat values of record {base}; read the lines in their order"
    )]
    Repeats {
        /// The index of the record.
        index: u64,
        /// The index of the earlier record.
        base: u64,
    },
    /// The line says what a writer says, but is not spelled as a writer spells it.
    #[error("the line is a record in another spelling than that of a writer")]
    Spelling,
}
