//! A state file on the disk, which is replaced as a whole.
//!
//! The lock is a separate file beside it that is never removed. The state itself cannot be the
//! lock: it is replaced, and two processes would then have locked two files.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::platform::{can_be_changed_by_others, is_at, open_lock_file, private, sync_folder};
use crate::seen::error::{At, StateFileError};
use crate::seen::text::{Fault, MAX_BYTES, Seen};

/// The time between two attempts to lock. Storing a state takes some milliseconds.
const PAUSE: Duration = Duration::from_micros(500);

/// The place of a state, without links, so that all processes have one lock.
#[derive(Debug)]
pub(crate) struct StateFile {
    folder: PathBuf,
    path: PathBuf,
    lock: PathBuf,
    temporary: PathBuf,
}

/// The lock of a state, which is released when it is dropped.
#[derive(Debug)]
pub(crate) struct Locked<'f> {
    file: &'f StateFile,
    lock: File,
}

impl StateFile {
    /// Names the file at `path`, which need not exist yet. Only its user may change its folder.
    pub(crate) fn at(path: &Path) -> Result<Self, StateFileError> {
        let path = match fs::canonicalize(path) {
            Err(why) if why.kind() == ErrorKind::NotFound => in_folder(path)?,
            found => found.at(path)?,
        };
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(StateFileError::io(&path, "this is not a file"));
        };
        let beside = |end: &str| {
            let mut own = OsString::from(".");
            own.push(name);
            own.push(end);
            folder.join(own)
        };
        let (lock, temporary) = (beside(".lock"), beside(".new"));
        if can_be_changed_by_others(&fs::metadata(folder).at(folder)?) {
            return Err(StateFileError::NotPrivate { path: folder.to_owned() });
        }
        Ok(Self { folder: folder.to_owned(), path, lock, temporary })
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.path.clone()
    }

    /// Returns true if the path exists, as a file or anything else.
    pub(crate) fn exists(&self) -> Result<bool, StateFileError> {
        match fs::symlink_metadata(&self.path) {
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(false),
            found => found.map(|_| true).at(&self.path),
        }
    }

    /// Reads the state. Even without the lock, this is the state before a change or after it.
    pub(crate) fn read(&self) -> Result<Seen, StateFileError> {
        let path = self.path();
        let metadata = match fs::symlink_metadata(&path) {
            Err(why) if why.kind() == ErrorKind::NotFound => {
                return Err(StateFileError::Missing { path });
            }
            found => found.at(&path)?,
        };
        if !metadata.is_file() {
            return Err(StateFileError::io(&path, "this is not a file"));
        }
        if can_be_changed_by_others(&metadata) {
            return Err(StateFileError::NotPrivate { path });
        }
        let mut bytes = Vec::new();
        let file = File::open(&path).at(&path)?;
        file.take(MAX_BYTES.saturating_add(1)).read_to_end(&mut bytes).at(&path)?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length > MAX_BYTES) {
            return Err(StateFileError::TooLong { path, most: MAX_BYTES });
        }
        Seen::parse(&bytes).map_err(|fault| match fault {
            Fault::Foreign { found } => StateFileError::Foreign { path, found },
            Fault::Damaged { line, why } => StateFileError::Damaged { path, line, why },
        })
    }

    /// Makes the last change durable. The process that made it may have been killed before it did.
    pub(crate) fn sync(&self) -> Result<(), StateFileError> {
        let path = self.folder.clone();
        sync_folder(&path).map_err(|why| StateFileError::Sync { path, why: why.to_string() })
    }

    /// Waits for the lock until `deadline`. The lock file is opened each time, so that the lock
    /// excludes other threads and forked processes, too.
    pub(crate) fn lock(&self, deadline: Instant) -> Result<Locked<'_>, StateFileError> {
        loop {
            let lock = open_lock_file(&self.lock).at(&self.lock)?;
            match lock.try_lock() {
                Ok(()) => {
                    let locked = Locked { file: self, lock };
                    // If somebody has removed the lock file meanwhile, other processes lock a new
                    // one.
                    if locked.is_locked()? {
                        return Ok(locked);
                    }
                }
                Err(TryLockError::Error(why)) => return Err(StateFileError::io(&self.lock, why)),
                Err(TryLockError::WouldBlock) => {}
            }
            if Instant::now() >= deadline {
                return Err(StateFileError::Locked { path: self.lock.clone() });
            }
            thread::sleep(PAUSE);
        }
    }
}

/// Resolves the path of a file that does not exist.
fn in_folder(path: &Path) -> Result<PathBuf, StateFileError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let name = path.file_name();
    let name = name.ok_or_else(|| StateFileError::io(path, "this is not the name of a file"))?;
    Ok(fs::canonicalize(folder).at(folder)?.join(name))
}

impl Locked<'_> {
    /// Replaces the state, durably. After an error other than [`StateFileError::Sync`] it is
    /// unchanged.
    pub(crate) fn replace(&self, seen: &Seen) -> Result<(), StateFileError> {
        let written = self.write(seen.to_string().as_bytes());
        if written.is_err() {
            let _ = fs::remove_file(&self.file.temporary);
        }
        written?;
        self.file.sync()
    }

    fn write(&self, content: &[u8]) -> Result<(), StateFileError> {
        let StateFile { path, temporary, lock, .. } = self.file;
        match fs::remove_file(temporary) {
            // No process that was killed left a temporary file.
            Err(why) if why.kind() == ErrorKind::NotFound => {}
            removed => removed.at(temporary)?,
        }
        let mut file = private().write(true).create_new(true).open(temporary).at(temporary)?;
        file.write_all(content).at(temporary)?;
        // Without this sync, a loss of power could leave an empty file in place of the state.
        file.sync_all().at(temporary)?;
        if !(self.is_locked()? && is_at(&file, temporary).at(temporary)?) {
            let why =
                "the lock file was removed while it was locked, so another process may be writing";
            return Err(StateFileError::io(lock, why));
        }
        fs::rename(temporary, path).at(path)
    }

    /// Returns true if the lock file is still at its path, where other processes find it.
    fn is_locked(&self) -> Result<bool, StateFileError> {
        let lock = &self.file.lock;
        match is_at(&self.lock, lock) {
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(false),
            found => found.at(lock),
        }
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // Closing it would not unlock it while a forked process has it open, too.
        let _ = self.lock.unlock();
    }
}
