//! Why a note is not a statement that values are erased.

use deputize::limits::MAX_CORE_BYTES;
use deputize::text::Backticked;
use deputize::{FieldKind, NoteError, PublicKey};
use thiserror::Error;

/// A note is not a statement that values were erased.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ErasureError {
    /// The text has other lines.
    #[error("the note is not a statement that values are erased")]
    NotAnErasure,
    /// The text is spelled in another way than a writer spells it.
    #[error("the statement is in another spelling than that of a writer")]
    Spelling,
    /// The signature is by another key, or there are several.
    #[error("the statement is signed by another key than the one that it names, or by several")]
    OtherKey,
    /// A range is not ascending, or goes beyond the tree that the statement names.
    #[error(
        "the records {first} to {last} are not ascending, or not in the tree that the statement names"
    )]
    Range {
        /// The first record.
        first: u64,
        /// The last record.
        last: u64,
    },
    /// A value could be found from what is left.
    #[error("`{kind}` could be found from `{along}`, which is left; erase both")]
    Left {
        /// The kind that is erased.
        kind: FieldKind,
        /// The kind that must go with it.
        along: FieldKind,
    },
    /// The key is not one that may erase in this log.
    #[error("{key} may not erase in this log; its own key may, and those in its first record")]
    MayNotErase {
        /// The key.
        key: Box<PublicKey>,
    },
    /// The authority does not give the power to erase in this log.
    #[error("the authority of the statement gives no power over this log: {why}")]
    Authority {
        /// The reason.
        why: String,
    },
    /// The text is not a reason.
    #[error(
        "{} is not a reason of an erasure: it is request, retention, law or mistake",
        Backticked(found)
    )]
    Reason {
        /// The text.
        found: String,
    },
    /// The statement does not fit in a record together with the values that must be named as wrong.
    #[error(
        "the statement and the {wrong} wrong values that its record must name take more than the {MAX_CORE_BYTES} bytes of a record; sign the statements of `Log::plan_erasure`, by a shorter authority if it is one"
    )]
    TooLong {
        /// The number of values that are wrong or missing.
        wrong: usize,
    },
    /// The note is malformed, or its signature is wrong.
    #[error(transparent)]
    Note(#[from] NoteError),
}
