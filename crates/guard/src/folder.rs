//! The folder of a guard: the parts that are made together, and the newest checkpoint of its log.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use deputize::text::Backticked;
use deputize_audit::SignedCheckpoint;

use crate::config::ConfigError;
use crate::limits::{MAX_CHECKPOINT_BYTES, MAX_LOGS};

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
    is_new: bool,
}

const MAKING: &[u8] = b"making\n";
const MADE: &[u8] = b"made\n";

impl Folder {
    /// The name of the first log. A guard that finds it in use writes the next one.
    pub(crate) const LOG: &str = "log";

    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Returns the names of the parts that are made together.
    pub(crate) fn parts(is_recording: bool) -> &'static [&'static str] {
        if is_recording { &["used", "statements", Self::LOG] } else { &["used", "statements"] }
    }

    /// Returns the names of the logs, in the order in which guards take them.
    pub(crate) fn logs() -> impl Iterator<Item = String> {
        (1..=MAX_LOGS).map(|number| match number {
            1 => Self::LOG.to_owned(),
            number => format!("{}-{number}", Self::LOG),
        })
    }

    /// Returns true if the folder has all of these parts, and false if it is still to be made.
    pub(crate) fn is_made(&self, parts: &[&str]) -> Result<bool, ConfigError> {
        let text = read(&self.0.join("made")).unwrap_or_default();
        let missing = self.missing(parts);
        match missing.first() {
            Some(missing_part) if !Self::is_making(&text, &missing, parts) => {
                Err(Self::lost(missing_part))
            }
            part => Ok(part.is_none()),
        }
    }

    fn missing<'p>(&self, parts: &[&'p str]) -> Vec<&'p str> {
        parts.iter().copied().filter(|part| !self.0.join(part).exists()).collect()
    }

    /// Returns true if the file `made` has a text that permits to make parts. One that says neither was
    /// written by nobody, or by a start that was killed before it made anything.
    fn is_making(text: &[u8], missing: &[&str], parts: &[&str]) -> bool {
        text == MAKING || (text != MADE && missing.len() == parts.len())
    }

    fn lost(part: &str) -> ConfigError {
        ConfigError::of(
            "folder",
            format_args!("it has no `{part}`: restore it, or begin with another folder"),
        )
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
        let missing = self.missing(parts);
        let is_new = Self::is_making(&text, &missing, parts);
        if let (Some(missing), false) = (missing.first(), is_new) {
            return Err(Self::lost(missing));
        }
        if is_new {
            write(&mut made, MAKING).and_then(|()| sync(&self.0)).map_err(error)?;
        }
        Ok(Opening { folder: self, made, is_new })
    }

    fn checkpoint(&self, log: &str) -> PathBuf {
        self.0.join(format!("{log}.checkpoint"))
    }

    /// Returns the newest checkpoint of a log that was kept, so that an older copy of the log alone is
    /// noticed.
    pub(crate) fn kept(&self, log: &str) -> Result<Option<SignedCheckpoint>, ConfigError> {
        let path = self.checkpoint(log);
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

    /// Keeps the newest checkpoint of a log, if it is another one than `last`, and returns it.
    pub(crate) fn keep(&self, name: &str, last: Option<Vec<u8>>) -> io::Result<Option<Vec<u8>>> {
        let log = self.0.join(name);
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
        let (path, temporary) = (
            self.checkpoint(name),
            self.0.join(format!("{name}.checkpoint.{}.new", std::process::id())),
        );
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

    /// Returns true if a log is to be made. An earlier start can have been killed while it made one. A log
    /// of which a checkpoint was kept is there, or was lost.
    pub(crate) fn is_new(&self, log: &str) -> Result<bool, ConfigError> {
        if self.folder.0.join(log).join("checkpoint").exists() {
            return Ok(false);
        }
        if self.folder.checkpoint(log).exists() {
            return Err(Folder::lost(log));
        }
        Ok(self.is_new || log != Folder::LOG)
    }

    /// States that all parts are there.
    pub(crate) fn done(mut self) -> Result<(), ConfigError> {
        let written = write(&mut self.made, MADE);
        written.map_err(|why| ConfigError::of("folder", why))
    }
}

/// Another start that is under way ends soon.
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
    #[cfg_attr(not(unix), expect(unused_mut, reason = "other systems have no modes"))]
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
