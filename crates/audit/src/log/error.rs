//! Errors of a log.

use std::io;
use std::path::{Path, PathBuf};

use deputize::RecordError;
use thiserror::Error;

use crate::checkpoint::{CheckpointError, Origin, OriginError};
use crate::erasure::ErasureError;
use crate::tiles::TileError;
use crate::tree::TreeError;

/// A log cannot be opened, read or written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LogError {
    /// A file could not be read or written.
    #[error("{}: {why}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The reason, by the operating system.
        why: String,
    },
    /// There is a log in the folder already.
    #[error("{}: there is a log already; open it, or choose another folder", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A log is to be exported to a folder that has something in it.
    #[error("{}: the folder is not empty; choose one that is, or a new one", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// There is no log in the folder.
    #[error("{}: there is no log; create one", path.display())]
    NotALog {
        /// The folder.
        path: PathBuf,
    },
    /// Another writer has the log open.
    #[error("{}: another process or another part of this one is writing this log", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the log is not as its writer left it.
    #[error("{}: {fault}; verify the log before you go on, and begin a new one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The contradiction.
        fault: String,
    },
    /// The log does not extend a checkpoint that was kept elsewhere.
    #[error(
        "the log ends before record {expected} or differs from the checkpoint that was kept elsewhere: it has {found} records; its folder was set back or changed"
    )]
    SetBack {
        /// The size of the checkpoint.
        expected: u64,
        /// The size of the log.
        found: u64,
    },
    /// The checkpoint that was kept elsewhere is of another log.
    #[error("the log is {found}, and the checkpoint is of {expected}")]
    OtherLog {
        /// The origin of the checkpoint.
        expected: Box<Origin>,
        /// The origin of the log.
        found: Box<Origin>,
    },
    /// A statement is not by a key that may erase in this log, or is about another log or history.
    #[error(
        "the statement is not by a key that may erase in this log, or is about another log or another history of it"
    )]
    MayNotErase,
    /// An outcome was left to the log beside the call that it is of.
    #[error(
        "an outcome is recorded by the call that it is of; use `Call::done`, `ObservedCall::done` or `failed`"
    )]
    Outcome,
    /// The log was closed.
    #[error("the log is closed")]
    Closed,
    /// The thread that writes the log panicked, as in the code of its signer.
    #[error("the thread that writes the log panicked; open the log again")]
    Panicked,
    /// A record could not be made or read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A checkpoint could not be made or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The origin could not be made or read.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// A statement that values are erased could not be made or read.
    #[error(transparent)]
    Erasure(#[from] ErasureError),
    /// A tile could not be written or read.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// The tree is full.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// Adds the path to an error of the operating system.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T, LogError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, LogError> {
        self.map_err(|why| LogError::Io { path: path.to_owned(), why: why.to_string() })
    }
}

pub(super) fn damaged(path: &Path, fault: impl Into<String>) -> LogError {
    LogError::Damaged { path: path.to_owned(), fault: fault.into() }
}
