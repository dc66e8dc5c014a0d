//! Why a bundle could not be made or read.

use deputize::{RecordError, StatementError};
use thiserror::Error;

use crate::checkpoint::CheckpointError;
use crate::limits::{MAX_BUNDLE_BYTES, MAX_BUNDLE_PARTS, MAX_BUNDLE_RECORDS};
use crate::log::LogError;
use crate::tiles::TileError;
use crate::tree::TreeError;

/// A bundle could not be made, or a file is not one.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BundleError {
    /// There would be too many records.
    #[error(
        "a bundle has at most {MAX_BUNDLE_RECORDS} records; choose fewer, or hand over the folder of the log"
    )]
    TooManyRecords,
    /// There would be too many checkpoints, lists or directories.
    #[error(
        "a bundle has at most {MAX_BUNDLE_PARTS} older checkpoints, lists and directories each"
    )]
    TooManyParts,
    /// It is longer than a reader accepts.
    #[error(
        "a bundle has at most {MAX_BUNDLE_BYTES} bytes, not {found}; choose fewer records, or hand over the folder of the log"
    )]
    TooLong {
        /// Its length in bytes.
        found: usize,
    },
    /// The line of a record is not that of the tree.
    #[error(
        "record {index} is not the one that the checkpoint covers; `deputize audit verify` names what was changed"
    )]
    NotOfTheTree {
        /// The index of the record.
        index: u64,
    },
    /// The log does not extend a checkpoint that was kept elsewhere.
    #[error(
        "the log does not extend the checkpoint of {size} records that was kept elsewhere, so there is no proof that it does"
    )]
    Contradicts {
        /// The size of that checkpoint.
        size: u64,
    },
    /// The file is not JSON of a bundle.
    #[error("this is not a bundle of records: {why}")]
    NotABundle {
        /// The reason, by the reader of JSON.
        why: String,
    },
    /// The file says what a writer says, but is not spelled as a writer spells it.
    #[error("this is a bundle of records in another spelling than that of a writer")]
    Spelling,
    /// The version is a later one.
    #[error("the bundle has version {found}, and this reader knows version 1; use a later one")]
    Version {
        /// The version.
        found: u64,
    },
    /// A file of the log could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A record could not be written.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The checkpoint is not one, or of another log.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A list or a directory is not one.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// A tile could not be read.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// A proof could not be made.
    #[error(transparent)]
    Tree(#[from] TreeError),
}
