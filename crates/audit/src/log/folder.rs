//! The folder of a log: its files and its lock.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::checkpoint::SignedCheckpoint;
use crate::files::open_file;
use crate::limits::{MAX_CHECKPOINT_BYTES, SEGMENT_RECORDS};
use crate::log::error::{At, LogError, damaged};
use crate::log::platform::{free_room, is_at, make_private_folder, private, sync_folder};
use crate::tiles::{FolderTiles, Written};

/// A folder with a log, or where one will be.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
}

/// The lock of a folder, until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    file: File,
}

impl Folder {
    pub(super) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder and those in it, if they are not there.
    pub(super) fn make(&self) -> Result<(), LogError> {
        let segments = self.path.join("segments");
        make_private_folder(&segments).at(&segments)?;
        self.sync(&self.path)?;
        let above = self.path.parent().filter(|own| !own.as_os_str().is_empty());
        self.sync(above.unwrap_or(Path::new(".")))
    }

    /// Locks the log for a writer. It does not wait: a log has one.
    pub(super) fn lock(&self) -> Result<Lock, LogError> {
        let path = self.path.join("lock");
        let file = private().create(true).truncate(false).write(true).open(&path).at(&path)?;
        match file.try_lock() {
            Ok(()) => {
                let lock = Lock { path, file };
                lock.require()?;
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => Err(LogError::Locked { path: self.path.clone() }),
            Err(TryLockError::Error(why)) => Err(why).at(&path),
        }
    }

    pub(super) fn tiles(&self) -> FolderTiles {
        FolderTiles::new(&self.path)
    }

    /// Returns the file of the cores of the segment that has this record.
    pub(super) fn cores(&self, index: u64) -> PathBuf {
        self.segment(index, "jsonl")
    }

    /// Returns the file of the openings of the segment that has this record.
    pub(super) fn openings(&self, index: u64) -> PathBuf {
        self.segment(index, "open.jsonl")
    }

    fn segment(&self, index: u64, end: &str) -> PathBuf {
        let number = index.checked_div(SEGMENT_RECORDS).unwrap_or_default();
        self.path.join("segments").join(format!("{number:08}.{end}"))
    }

    /// Returns the files of the segments behind the one that has this record. They are looked for in the
    /// folder: a name can have any number.
    pub(super) fn segments_behind(&self, index: u64) -> Result<Vec<PathBuf>, LogError> {
        let folder = self.path.join("segments");
        let own = index.checked_div(SEGMENT_RECORDS).unwrap_or_default();
        let mut found = Vec::new();
        for entry in fs::read_dir(&folder).at(&folder)? {
            let path = entry.at(&folder)?.path();
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            let number = name.split('.').next().and_then(|number| number.parse().ok());
            let first = number.map(|number: u64| number.saturating_mul(SEGMENT_RECORDS));
            let is_segment = |first| path == self.cores(first) || path == self.openings(first);
            if number > Some(own) && first.is_some_and(is_segment) {
                found.push(path);
            }
        }
        Ok(found)
    }

    /// Reads the newest checkpoint, and checks that the key in its origin signed it.
    pub(super) fn checkpoint(&self) -> Result<Option<SignedCheckpoint>, LogError> {
        let path = self.path.join("checkpoint");
        let Some(file) = open_file(&path).at(&path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(MAX_CHECKPOINT_BYTES).read_to_end(&mut bytes).at(&path)?;
        let checkpoint = SignedCheckpoint::parse(&bytes);
        checkpoint.map(Some).map_err(|why| damaged(&path, why.to_string()))
    }

    /// Replaces the checkpoint, durably.
    pub(super) fn write_checkpoint(&self, checkpoint: &SignedCheckpoint) -> Result<(), LogError> {
        self.replace("checkpoint", checkpoint.to_string().as_bytes())
    }

    /// Replaces a file, durably.
    pub(super) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), LogError> {
        let (path, temporary) = (self.path.join(name), self.path.join(format!("{name}.new")));
        let mut file =
            private().create(true).write(true).truncate(true).open(&temporary).at(&temporary)?;
        file.write_all(bytes).at(&temporary)?;
        file.sync_all().at(&temporary)?;
        fs::rename(&temporary, &path).at(&path)?;
        self.sync(&self.path)
    }

    /// Returns the index before which all statements of erasures are carried out. A file that does not
    /// say it is like none: then they are carried out again.
    pub(super) fn erased(&self) -> Result<u64, LogError> {
        let path = self.path.join("erased");
        let Some(file) = open_file(&path).at(&path)? else { return Ok(0) };
        let mut bytes = Vec::new();
        file.take(32).read_to_end(&mut bytes).at(&path)?;
        Ok(str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok()).unwrap_or_default())
    }

    pub(super) fn sync(&self, folder: &Path) -> Result<(), LogError> {
        sync_folder(folder).at(folder)
    }

    /// Syncs the folder of the segments, after one was made.
    pub(super) fn sync_segments(&self) -> Result<(), LogError> {
        self.sync(&self.path.join("segments"))
    }

    /// Syncs tiles, and the folders that name them.
    pub(super) fn sync_tiles(&self, written: &Written) -> Result<(), LogError> {
        for path in &written.files {
            // One that was replaced since is in the list again, under its own name.
            match File::open(path) {
                Err(why) if why.kind() == ErrorKind::NotFound => {}
                file => file.and_then(|file| file.sync_all()).at(path)?,
            }
        }
        written.folders.iter().try_for_each(|folder| self.sync(folder))
    }

    pub(super) fn free_room(&self) -> Result<u64, LogError> {
        free_room(&self.path).at(&self.path)
    }
}

impl Lock {
    /// Checks that the file is still in its place: where it was removed, another writer can have made
    /// and locked a new one.
    pub(super) fn require(&self) -> Result<(), LogError> {
        match is_at(&self.file, &self.path).at(&self.path)? {
            true => Ok(()),
            false => Err(damaged(&self.path, "another file was put in its place")),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing it would not unlock it while a forked process has it open, too.
        let _ = self.file.unlock();
    }
}
