//! Faults of a folder.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// The reason why a folder cannot be used as a store.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The operating system refused access.
    #[error("{}: {why}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The reason, in the system's words.
        why: String,
    },
    /// The last write may be lost, and the guard is closed: it refuses everything until it is
    /// opened again.
    #[error("{}: cannot be synced: {why}", .path.display())]
    Sync {
        /// The file.
        path: PathBuf,
        /// The reason, in the system's words.
        why: String,
    },
    /// A file was damaged, or this version did not write it.
    #[error(
        "{}: {why}; move the folder away; a new one refuses presentations that may have been used before",
        .path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The fault.
        why: &'static str,
    },
    /// Another user owns the folder, or can open it, and could make the guard forget or lock it.
    #[error(
        "{}: other users can open this folder; give the guard one of its own, with mode 0700",
        .path.display()
    )]
    NotPrivate {
        /// The folder.
        path: PathBuf,
    },
    /// The folder is from the future, so its guard would refuse everything until then.
    #[error(
        "{}: the state is of {at} (seconds since 1970), which is in the future; correct the clock, or move the folder away",
        .path.display()
    )]
    FromTheFuture {
        /// The state.
        path: PathBuf,
        /// Its time, in seconds since 1970.
        at: u64,
    },
    /// The system has no random bytes for the id of a new folder.
    #[error("the operating system provides no random bytes")]
    NoRandomness,
    /// Another process held the lock for the whole waiting time.
    #[error("{}: another process holds the lock", .path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
}

impl OpenError {
    pub(crate) fn io(path: &Path, why: impl Display) -> Self {
        Self::Io { path: path.to_owned(), why: why.to_string() }
    }

    pub(crate) fn sync(path: &Path, why: impl Display) -> Self {
        Self::Sync { path: path.to_owned(), why: why.to_string() }
    }

    pub(crate) fn damaged(path: &Path, why: &'static str) -> Self {
        Self::Damaged { path: path.to_owned(), why }
    }
}

/// Adds the path to an error of the operating system.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T, OpenError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, OpenError> {
        self.map_err(|why| OpenError::io(path, why))
    }
}
