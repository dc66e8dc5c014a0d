//! The folder of a guard: the parts that are made together, and the newest checkpoint of its log.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use deputize::text::Backticked;
use deputize_audit::SignedCheckpoint;

use crate::config::ConfigError;
use crate::limits::MAX_CHECKPOINT_BYTES;

/// The time that a start waits for another one in the same folder.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// The folder in which a guard keeps what it has seen.
#[derive(Debug, Clone)]
pub(crate) struct Folder(PathBuf);

/// The folder while its parts are opened, or made for the first time. The file `made` is locked.
///
/// A start can be killed between two parts. Nothing was decided by then, so the next start makes what is
/// missing. The file says so before the first part is made, and says that all are there before
/// anything is decided: a part that is missing then was lost.
#[derive(Debug)]
pub(crate) struct Opening {
    folder: Folder,
    made: File,
    /// The parts are made for the first time.
    pub(crate) is_new: bool,
}

const MAKING: &[u8] = b"making\n";
const MADE: &[u8] = b"made\n";

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Makes the folder, which nobody else may read, if it is not there, and begins to open these parts.
    pub(crate) fn open(self, parts: &[&str]) -> Result<Opening, ConfigError> {
        let error = |why: io::Error| ConfigError::of("folder", why);
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(&self.0).map_err(error)?;
        let mut options = private();
        options.read(true).write(true).create(true).truncate(false);
        let mut made = options.open(self.0.join("made")).map_err(error)?;
        lock(&made)?;
        let mut text = Vec::new();
        (&made).take(16).read_to_end(&mut text).map_err(error)?;
        let (there, missing): (Vec<&str>, Vec<&str>) =
            parts.iter().partition(|part| self.0.join(part).exists());
        // A file that says neither was written by nobody, or by a start that was killed before it made
        // anything.
        let is_new = text == MAKING || (text != MADE && there.is_empty());
        if let (Some(missing), false) = (missing.first(), is_new) {
            return Err(ConfigError::of(
                "folder",
                format_args!("it has no `{missing}`: restore it, or begin with another folder"),
            ));
        }
        if is_new {
            write(&mut made, MAKING).and_then(|()| sync(&self.0)).map_err(error)?;
        }
        Ok(Opening { folder: self, made, is_new })
    }

    fn checkpoint(&self) -> PathBuf {
        self.0.join("log.checkpoint")
    }

    /// Returns the newest checkpoint of the log that was kept, so that an older copy of the log alone is
    /// noticed.
    pub(crate) fn kept(&self) -> Result<Option<SignedCheckpoint>, ConfigError> {
        let path = self.checkpoint();
        let error = |why: &dyn std::fmt::Display| {
            let path = path.to_string_lossy();
            ConfigError::of("folder", format_args!("{}: {why}", Backticked(&path)))
        };
        match read(&path) {
            Ok(bytes) => SignedCheckpoint::parse(&bytes).map(Some).map_err(|why| error(&why)),
            Err(why) if why.kind() == ErrorKind::NotFound => Ok(None),
            Err(why) => Err(error(&why)),
        }
    }

    /// Keeps the newest checkpoint of the log, if it is another one than `last`, and returns it.
    pub(crate) fn keep(&self, last: Option<Vec<u8>>) -> io::Result<Option<Vec<u8>>> {
        let log = self.0.join("log");
        let bytes = match read(&log.join("checkpoint")) {
            Ok(bytes) => bytes,
            // There is none before the first one.
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(last),
            Err(why) => return Err(why),
        };
        if last.as_ref() == Some(&bytes) {
            return Ok(last);
        }
        // The log may have put it in its place a moment ago. If it were kept more durably than in the log
        // itself, a log that is whole would seem to be set back after the power failed.
        sync(&log)?;
        let (path, temporary) = (self.checkpoint(), self.0.join("log.checkpoint.new"));
        let mut file = private().create(true).truncate(true).write(true).open(&temporary)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        sync(&self.0)?;
        Ok(Some(bytes))
    }
}

impl Opening {
    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// States that all parts are there.
    pub(crate) fn done(mut self) -> Result<(), ConfigError> {
        let written = write(&mut self.made, MADE);
        written.map_err(|why| ConfigError::of("folder", why))
    }
}

/// Where another start is under way, it ends soon.
fn lock(file: &File) -> Result<(), ConfigError> {
    let since = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if since.elapsed() < PATIENCE => thread::sleep(PAUSE),
            Err(TryLockError::WouldBlock) => {
                return Err(ConfigError::of("folder", "another guard is starting in it"));
            }
            Err(TryLockError::Error(why)) => return Err(ConfigError::of("folder", why)),
        }
    }
}

/// Replaces the content in place, since the file is locked. While one content is half written, the file
/// says neither.
fn write(file: &mut File, content: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(0))?;
    file.write_all(content)?;
    file.set_len(u64::try_from(content.len()).unwrap_or(u64::MAX))?;
    file.sync_all()
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_CHECKPOINT_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Files that other users cannot open.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Writes the names in a folder. Other systems than Unix cannot open one; they write its entries with the
/// files themselves.
fn sync(folder: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(folder)?.sync_all(),
        false => Ok(()),
    }
}
