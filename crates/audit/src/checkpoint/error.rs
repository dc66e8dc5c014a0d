//! Errors of checkpoints.

use deputize::text::Backticked;
use deputize::{NoteError, PublicKey};
use thiserror::Error;

use crate::checkpoint::origin::{Origin, OriginError};
use crate::tree::{HashError, TreeError};

/// The reason why bytes are not a checkpoint, or not one that is signed as required.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The bytes are not a signed note, or the log's key did not sign it.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The first line is not the origin of a log.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// The third line is not a hash.
    #[error(transparent)]
    Root(#[from] HashError),
    /// There is no tree of this size and root.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The text has more or fewer lines than three.
    #[error("a checkpoint has 3 lines (origin, size and root), and this has {found}")]
    Lines {
        /// The number of its lines.
        found: usize,
    },
    /// The second line is not a number of leaves.
    #[error(
        "{} is not the size of a tree; it must be a decimal number without leading zeros",
        Backticked(found)
    )]
    Size {
        /// The line.
        found: String,
    },
    /// The checkpoint is of another log.
    #[error("the checkpoint is of the log {found}, not of {expected}")]
    OtherLog {
        /// The log that was asked for.
        expected: Box<Origin>,
        /// The log of the checkpoint.
        found: Box<Origin>,
    },
    /// The signer has another key than the origin names.
    #[error(
        "the checkpoints of this log are signed by {expected}, and the signer has the key {found}"
    )]
    OtherKey {
        /// The key of the log.
        expected: Box<PublicKey>,
        /// The key of the signer.
        found: Box<PublicKey>,
    },
    /// A text does not name a witness.
    #[error(
        "{} is not the key of a witness; it must be `NAME+HASH+KEY` as its operator publishes it, with the type 0x04 (Ed25519 cosignatures)",
        Backticked(found)
    )]
    Witness {
        /// The text.
        found: String,
    },
    /// A name cannot stand in a signature line.
    #[error(
        "{} is not the name of a witness; it must not be empty or have blanks, invisible characters or `+`",
        Backticked(found)
    )]
    WitnessName {
        /// The name.
        found: String,
    },
    /// Fewer witnesses cosigned the checkpoint than required.
    #[error("{expected} of the named witnesses must have cosigned the checkpoint, and {found} did")]
    TooFewWitnesses {
        /// The number that is required.
        expected: usize,
        /// The number of different keys of named witnesses that did.
        found: usize,
    },
}
