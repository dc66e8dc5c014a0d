//! Faults of a state file.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::{Path, PathBuf};

use deputize::text::Backticked;
use thiserror::Error;

/// The reason why the state of statements cannot be read from a file, or stored in it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StateFileError {
    /// The operating system refused access.
    #[error("{}: {why}", Shown(path))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The reason, in the system's words.
        why: String,
    },
    /// The last write may be lost, and nothing more is stored until the file is opened again.
    #[error("{}: cannot be synced: {why}; open the state again", Shown(path))]
    Sync {
        /// The folder.
        path: PathBuf,
        /// The reason, in the system's words.
        why: String,
    },
    /// The file does not exist.
    #[error(
        "{}: the file does not exist; at the first start, create it; if it was lost, restore a copy, because a new file has seen nothing",
        Shown(path)
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file exists already.
    #[error("{}: the file exists already; open it", Shown(path))]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file is not a state of this version.
    #[error(
        "{}: the first line is {}, and must be `deputize seen v1`",
        Shown(path),
        Backticked(found)
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The first line, truncated if it is long.
        found: String,
    },
    /// The file was cut off or changed.
    #[error(
        "{}: line {line} {why}; restore the file, or move it away and create a new one, which has seen nothing",
        Shown(path)
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The fault, as the end of a sentence.
        why: &'static str,
    },
    /// The file is longer than any state can be.
    #[error("{}: the file has more than {most} bytes, so it is not a state", Shown(path))]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The greatest length of a state.
        most: u64,
    },
    /// Other users can change the file or its folder, and could make verifiers forget.
    #[error(
        "{}: other users can change this; keep the state in a folder that only the user who runs the service can change",
        Shown(path)
    )]
    NotPrivate {
        /// The file or the folder.
        path: PathBuf,
    },
    /// Another process held the lock for the whole waiting time.
    #[error("{}: another process holds the lock", Shown(path))]
    Locked {
        /// The lock.
        path: PathBuf,
    },
    /// Another file, or an older copy of this one, was put in its place.
    #[error(
        "{}: another state, or an older copy, was put in its place while it was open; put the right one back, or open the new one",
        Shown(path)
    )]
    Replaced {
        /// The file.
        path: PathBuf,
    },
    /// The file has no room for another series. No series is ever dropped.
    #[error(
        "{}: the file has {most} series, the most that fit; remove some of the sources",
        Shown(path)
    )]
    Full {
        /// The file.
        path: PathBuf,
        /// The number of series.
        most: usize,
    },
    /// A state would be replaced by an older one.
    #[error("{}: the state of the series {series} would be replaced by an older one", Shown(path))]
    Older {
        /// The file.
        path: PathBuf,
        /// The series.
        series: String,
    },
    /// A state has a value that a file cannot express.
    #[error("{}: the state of the series {series} {why}", Shown(path))]
    NotAState {
        /// The file.
        path: PathBuf,
        /// The series.
        series: String,
        /// The fault, as the end of a sentence.
        why: &'static str,
    },
    /// The system has no random bytes for the id of a new file.
    #[error("the operating system provides no random bytes")]
    NoRandomness,
}

impl StateFileError {
    pub(crate) fn io(path: &Path, why: impl Display) -> Self {
        Self::Io { path: path.to_owned(), why: why.to_string() }
    }
}

/// Adds the path to an error of the operating system.
pub(crate) trait At<T> {
    fn at(self, path: &Path) -> Result<T, StateFileError>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, path: &Path) -> Result<T, StateFileError> {
        self.map_err(|why| StateFileError::io(path, why))
    }
}

struct Shown<'a>(&'a Path);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Backticked(&self.0.to_string_lossy()).fmt(f)
    }
}
