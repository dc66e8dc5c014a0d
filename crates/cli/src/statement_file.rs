//! Files that several processes change, such as revocation lists. Each is replaced as a whole.
//!
//! A change reads, modifies, signs and writes under one lock. Otherwise two processes could issue
//! two statements with one sequence, which is a fork.
//!
//! The lock is a separate file that is never removed. The file itself cannot be the lock: it is
//! replaced, and two processes would then have locked two files. The lock has mode 0600, because
//! a user who can open it can keep it locked.
//!
//! The new content is written under a temporary name, synced, and renamed. So a reader sees the old
//! or the new file, and a process that is killed, or a disk that is full, changes nothing. A file
//! that it leaves behind is never read, and the next change removes it.

use std::fmt::Display;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use deputize::text::Backticked;

use crate::limits::{LOCK_PAUSE, LOCK_WAIT};
use crate::output::Error;
use crate::platform::{self, Readers};

/// The attempts at a name for a temporary file.
const ATTEMPTS: u32 = 16;

/// A file that is changed under a lock.
#[derive(Debug)]
pub struct StatementFile {
    /// The option and the path, as they were given, for messages.
    subject: String,
    /// The file, and its folder, without links.
    path: PathBuf,
    folder: PathBuf,
    name: String,
    lock: PathBuf,
}

/// A file that stays locked until this value is dropped.
#[derive(Debug)]
pub struct Locked<'f> {
    file: &'f StatementFile,
    lock: File,
}

impl StatementFile {
    /// Names the file at `path`, which need not exist yet. Errors begin with `option`, if the path
    /// is that of an option. A link is followed, so that its target is replaced and not the link.
    ///
    /// # Errors
    ///
    /// If the folder does not exist, or the path cannot be that of a file.
    pub fn new(option: &str, path: &Path) -> Result<Self, Error> {
        let shown = path.to_string_lossy();
        let subject = format!("{option} {}", Backticked(&shown)).trim_start().to_owned();
        let error = |why: &dyn Display| Error::about(&subject, why);
        if path.as_os_str() == "-" {
            return Err(error(&"standard input cannot be replaced; give the name of a file"));
        }
        let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        let path = match fs::canonicalize(path) {
            Err(e) if e.kind() == ErrorKind::NotFound && !is_link => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let folder = fs::canonicalize(folder.unwrap_or(Path::new(".")));
                let folder = folder.map_err(|e| error(&format_args!("its directory: {e}")))?;
                folder.join(path.file_name().ok_or_else(|| error(&"this is not a file"))?)
            }
            found => found.map_err(|e| error(&e))?,
        };
        let (folder, name) = (path.parent(), path.file_name().and_then(|name| name.to_str()));
        let (Some(folder), Some(name)) = (folder, name) else {
            return Err(error(&"this is not a file with a name in Unicode"));
        };
        let (folder, name) = (folder.to_owned(), name.to_owned());
        let lock = folder.join(format!(".{name}.lock"));
        Ok(Self { subject, path, folder, name, lock })
    }

    /// Keeps the lock at another path. The file of another program should have no lock file beside it.
    #[must_use]
    pub fn locked_at(self, lock: PathBuf) -> Self {
        Self { lock, ..self }
    }

    /// Returns the path of the file, without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until no other process changes the file, and locks it.
    ///
    /// # Errors
    ///
    /// If the file cannot be locked, or another process keeps it locked.
    pub fn lock(&self) -> Result<Locked<'_>, Error> {
        let path = &self.lock;
        let deadline = Instant::now().checked_add(LOCK_WAIT);
        loop {
            if let Some(lock) = attempt(path).map_err(|e| self.lock_error(e))? {
                return Ok(Locked { file: self, lock });
            }
            if deadline.is_none_or(|deadline| Instant::now() >= deadline) {
                return Err(self.error(format_args!(
                    "another process has been changing it for {} seconds; that process holds the lock {}",
                    LOCK_WAIT.as_secs(),
                    Backticked(&path.to_string_lossy())
                )));
            }
            thread::sleep(LOCK_PAUSE);
        }
    }

    /// Returns true if the file exists.
    pub fn exists(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok()
    }

    /// Creates an error about the file.
    pub fn error(&self, why: impl Display) -> Error {
        Error::about(&self.subject, why)
    }

    fn lock_error(&self, why: io::Error) -> Error {
        let path = Backticked(&self.lock.to_string_lossy()).to_string();
        self.error(format_args!("it cannot be changed, because {path} cannot be locked: {why}"))
    }
}

/// Locks the file at this path, unless another process has locked it.
fn attempt(path: &Path) -> io::Result<Option<File>> {
    let file = platform::open_lock(path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(e)) => return Err(e),
    }
    // If somebody has removed the lock file meanwhile, other processes lock a new one.
    match platform::is_at(&file, path) {
        Ok(is_there) => Ok(is_there.then_some(file)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

impl Locked<'_> {
    /// Reads the file, or returns `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or has more than `most` bytes.
    pub fn read(&self, most: u64) -> Result<Option<Vec<u8>>, Error> {
        let error = |e: io::Error| self.file.error(e);
        let file = match File::open(&self.file.path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            file => file.map_err(error)?,
        };
        if !file.metadata().map_err(error)?.is_file() {
            return Err(self.file.error("this is not a file"));
        }
        let mut bytes = Vec::new();
        let limit = most.saturating_add(1);
        let length = file.take(limit).read_to_end(&mut bytes).map_err(error)?;
        match u64::try_from(length).is_ok_and(|length| length <= most) {
            true => Ok(Some(bytes)),
            false => Err(self.file.error(format_args!("the file has more than {most} bytes"))),
        }
    }

    /// Replaces the file, durably. It keeps the permissions that it had; a new one can be read by
    /// `readers`.
    ///
    /// # Errors
    ///
    /// If the file cannot be written. It is then as it was, unless the error says otherwise.
    pub fn replace(&self, content: &[u8], readers: Readers) -> Result<(), Error> {
        self.replace_if(content, readers, None)
    }

    /// Replaces the file as [`replace`](Self::replace) does, if it still has the content `before`, and
    /// keeps its group: other programs change it, without the lock. A change in the microseconds between
    /// the comparison and the replacement is lost.
    ///
    /// # Errors
    ///
    /// As [`replace`](Self::replace), and if the file has another content.
    pub fn replace_unchanged(&self, before: &[u8], content: &[u8]) -> Result<(), Error> {
        self.replace_if(content, Readers::Owner, Some(before))
    }

    fn replace_if(
        &self,
        content: &[u8],
        readers: Readers,
        before: Option<&[u8]>,
    ) -> Result<(), Error> {
        self.remove_left_behind();
        let old = match fs::metadata(&self.file.path) {
            Ok(old) => Some(old),
            Err(e) if e.kind() == ErrorKind::NotFound => None,
            Err(e) => return Err(self.file.error(format_args!("nothing was changed: {e}"))),
        };
        // Others can read it only when it has its group: those of the user's own group may not.
        let first = if old.is_some() { Readers::Owner } else { readers };
        let (mut file, temporary) = self.create_temporary(first)?;
        let written = file.write_all(content).and_then(|()| {
            if let Some(old) = &old {
                if before.is_some() {
                    platform::keep_group(&file, old)?;
                }
                file.set_permissions(old.permissions())?;
            }
            // Synced before it is renamed: otherwise a loss of power could leave an empty file in
            // its place.
            file.sync_all()?;
            if !platform::is_at(&self.lock, &self.file.lock).unwrap_or(false) {
                return Err(io::Error::other(
                    "its lock file was removed, so another process may be changing it; try again",
                ));
            }
            before.map_or(Ok(()), |before| self.has_content(before))?;
            fs::rename(&temporary, &self.file.path)
        });
        written.map_err(|e| {
            let _ = fs::remove_file(&temporary);
            self.file.error(format_args!("nothing was changed: {e}"))
        })?;
        platform::sync_folder(&self.file.folder).map_err(|e| {
            self.file.error(format_args!(
                "the file was changed, but a loss of power may undo the change, because its directory could not be synced: {e}"
            ))
        })
    }

    fn has_content(&self, expected: &[u8]) -> io::Result<()> {
        let limit = u64::try_from(expected.len()).unwrap_or(u64::MAX).saturating_add(1);
        let mut found = Vec::new();
        File::open(&self.file.path)?.take(limit).read_to_end(&mut found)?;
        match found == expected {
            true => Ok(()),
            false => Err(io::Error::other("another program has changed the file; try again")),
        }
    }

    /// Creates a file of a name that no process has used. A fixed name could be taken by a process
    /// that does not see the lock, as on some network file systems.
    fn create_temporary(&self, readers: Readers) -> Result<(File, PathBuf), Error> {
        let process = std::process::id();
        for attempt in 0..ATTEMPTS {
            let name = format!(".{}.{process}.{attempt}.tmp", self.file.name);
            let path = self.file.folder.join(name);
            match platform::create_new(&path, readers) {
                Ok(file) => return Ok((file, path)),
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                Err(e) => return Err(self.file.error(format_args!("nothing was changed: {e}"))),
            }
        }
        Err(self.file.error("no name is free for a temporary file; try again later"))
    }

    /// Removes the temporary files of processes that were killed: only the process that has the
    /// lock writes. A failure does no harm, because temporary files are never read.
    pub fn remove_left_behind(&self) {
        let Ok(entries) = fs::read_dir(&self.file.folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            if name.to_str().is_some_and(|name| is_temporary(name, &self.file.name)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Returns true for the name of a temporary file of this file, and of no other file or program.
fn is_temporary(name: &str, file: &str) -> bool {
    let numbers = name
        .strip_prefix('.')
        .and_then(|name| name.strip_prefix(file))
        .and_then(|name| name.strip_prefix('.'))
        .and_then(|name| name.strip_suffix(".tmp"))
        .and_then(|numbers| numbers.split_once('.'));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    numbers.is_some_and(|(process, attempt)| is_number(process) && is_number(attempt))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_temporary_files_are_removed() {
        assert!(is_temporary(".a.revocations.17.0.tmp", "a.revocations"));
        for name in [
            ".a.revocations.lock",
            ".a.revocations.17.tmp",
            ".a.revocations.17.0",
            ".a.revocations.x.0.tmp",
            ".a.revocations.17.0.0.tmp",
            ".b.revocations.17.0.tmp",
            ".a.revocations2.17.0.tmp",
            "a.revocations.17.0.tmp",
            ".a.revocations..0.tmp",
        ] {
            assert!(!is_temporary(name, "a.revocations"), "{name}");
        }
    }
}
