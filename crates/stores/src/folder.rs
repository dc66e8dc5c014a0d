//! The folder of a guard: its lock, and its state.
//!
//! `lock` is locked for every operation, and never replaced. `state` is replaced as a whole.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{At, OpenError};

const FIRST_LINE: &str = "deputize replays v1";

/// How often a lock is tried again. A use takes some milliseconds, most of it for the disk.
pub(crate) const PAUSE: Duration = Duration::from_micros(500);

#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

/// The lock of a folder, until it is dropped.
#[derive(Debug)]
pub(crate) struct Locked {
    /// Closing it unlocks.
    _file: File,
}

/// The facts about a folder that are not about one presentation, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    /// The start of the guard, if presentations may have been used before it.
    pub(crate) began: Option<u64>,
    /// The latest end of presentations that were forgotten.
    pub(crate) forgotten: Option<u64>,
}

impl Folder {
    /// Creates the folder if it does not exist.
    pub(crate) fn create(path: &Path) -> Result<Self, OpenError> {
        make_private_folder(path).at(path)?;
        Ok(Self { path: path.to_owned() })
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Returns the names of the files in the folder that are text.
    pub(crate) fn names(&self) -> Result<Vec<String>, OpenError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path).at(&self.path)? {
            names.extend(entry.at(&self.path)?.file_name().into_string());
        }
        Ok(names)
    }

    /// Waits for the lock until `deadline`. The file is opened each time, so that the lock excludes
    /// other threads and forked processes, too.
    pub(crate) fn lock(&self, deadline: Instant) -> Result<Locked, OpenError> {
        let path = self.file("lock");
        // Not created here: a folder that was deleted must not come back half.
        let file = OpenOptions::new().read(true).write(true).open(&path).at(&path)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Locked { _file: file }),
                Err(TryLockError::Error(why)) => return Err(OpenError::io(&path, why)),
                Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                    return Err(OpenError::Locked { path });
                }
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
            }
        }
    }

    /// Creates the lock's file if it does not exist.
    pub(crate) fn create_lock(&self) -> Result<(), OpenError> {
        let path = self.file("lock");
        OpenOptions::new().create(true).append(true).open(&path).at(&path)?;
        Ok(())
    }

    /// Reads the state, or returns `None` if there is none yet.
    pub(crate) fn state(&self) -> Result<Option<State>, OpenError> {
        let path = self.file("state");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(OpenError::io(&path, why)),
        };
        let state = State::parse(&text);
        state.map(Some).ok_or_else(|| OpenError::damaged(&path, "not a state of this version"))
    }

    /// Replaces the state, durably.
    pub(crate) fn write_state(&self, state: State) -> Result<(), OpenError> {
        let (path, temporary) = (self.file("state"), self.file("state.new"));
        let mut file = File::create(&temporary).at(&temporary)?;
        file.write_all(state.to_string().as_bytes()).at(&temporary)?;
        file.sync_all().at(&temporary)?;
        fs::rename(&temporary, &path).at(&path)?;
        self.sync()
    }

    /// Makes the names of new files durable.
    pub(crate) fn sync(&self) -> Result<(), OpenError> {
        sync_folder(&self.path).at(&self.path)
    }
}

impl State {
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        (lines.next()? == FIRST_LINE).then_some(())?;
        let mut number = |name: &str| -> Option<Option<u64>> {
            match lines.next()?.strip_prefix(name)?.strip_prefix(' ')? {
                "-" => Some(None),
                digits => Some(Some(digits.parse().ok()?)),
            }
        };
        let state = Self { began: number("began")?, forgotten: number("forgotten")? };
        // One spelling.
        (state.to_string() == text).then_some(state)
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let number = |at: Option<u64>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        let (began, forgotten) = (number(self.began), number(self.forgotten));
        write!(f, "{FIRST_LINE}\nbegan {began}\nforgotten {forgotten}\n")
    }
}

#[cfg(unix)]
fn make_private_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn make_private_folder(path: &Path) -> std::io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()
}

/// Other systems cannot open a folder; they write its entries with the file's own data.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_has_one_spelling() {
        for (began, forgotten) in [(None, None), (Some(0), None), (Some(5), Some(u64::MAX))] {
            let state = State { began, forgotten };
            assert_eq!(State::parse(&state.to_string()), Some(state));
        }
        let good = "deputize replays v1\nbegan 5\nforgotten -\n";
        assert!(State::parse(good).is_some());
        for bad in [
            "",
            "deputize replays v2\nbegan 5\nforgotten -\n",
            "deputize replays v1\nbegan 5\n",
            "deputize replays v1\nbegan 5\nforgotten -",
            "deputize replays v1\nbegan 05\nforgotten -\n",
            "deputize replays v1\nbegan +5\nforgotten -\n",
            "deputize replays v1\nbegan -5\nforgotten -\n",
            "deputize replays v1\r\nbegan 5\r\nforgotten -\r\n",
            "deputize replays v1\nbegan 5\nforgotten -\n\n",
            "deputize replays v1\nforgotten -\nbegan 5\n",
        ] {
            assert_eq!(State::parse(bad), None, "{bad:?}");
        }
    }
}
