//! Errors of successor statements.

use thiserror::Error;

use crate::key::{KeyError, PublicKey, SignerError};
use crate::limits::MAX_SUCCESSORS;
use crate::statement::error::StatementError;
use crate::statement::note::NoteError;

/// The reason why a successor statement cannot be made, read or kept.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SuccessorError {
    /// The old key and the new one are one key.
    #[error("the key {key} would succeed itself; generate a new key")]
    OneKey {
        /// The key.
        key: Box<PublicKey>,
    },
    /// One of the keys is refused.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The bytes are not a successor statement.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The signer failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// There are [`MAX_SUCCESSORS`] statements already.
    #[error(
        "there are {MAX_SUCCESSORS} successor statements already; leave out those of keys that nobody uses any more"
    )]
    TooMany,
}

impl From<NoteError> for SuccessorError {
    fn from(error: NoteError) -> Self {
        Self::Statement(error.into())
    }
}
