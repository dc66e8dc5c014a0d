//! The directory of a wallet: one file for each token, named after the id of its last hop.
//!
//! Each file is written under a temporary name, then renamed. So a reader sees the whole file or
//! none, two processes that add tokens do not disturb each other, and a crash leaves only
//! a temporary file behind, which is ignored, and removed when it is an hour old.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use deputize::limits::{HARD_MAX_TOKEN_BYTES, MAX_WALLET_TOKENS};
use deputize::text::Backticked;
use deputize::{Hop, HopId, Token};

use crate::output::{Error, shell};
use crate::platform::{self, Readers};

/// The end of the name of a token's file.
const TOKEN: &str = ".token";

/// The end of the name of a file that is being written.
const TEMPORARY: &str = ".tmp";

/// Returns true for the name of a temporary file of a wallet, and of no other program.
fn is_own_temporary(name: &str) -> bool {
    let parts = name.strip_prefix('.').and_then(|name| name.strip_suffix(TEMPORARY));
    let parts = parts.map(|parts| parts.split('.').collect::<Vec<_>>());
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match parts.as_deref() {
        Some([id, process, attempt]) => {
            id.parse::<HopId>().is_ok() && is_number(process) && is_number(attempt)
        }
        _ => false,
    }
}

/// The age from which on a temporary file counts as left behind by a crash.
const LEFT_BEHIND: Duration = Duration::from_secs(60 * 60);

/// The attempts at a name for a temporary file. Only a process with the same number that crashed
/// can have taken a name.
const ATTEMPTS: u32 = 16;

/// The directory of a wallet, to which only its user has access.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

/// The file of a token.
#[derive(Debug)]
pub struct Stored {
    /// The id in its name.
    pub id: HopId,
    /// The token with this id, or the reason why the file is not used.
    pub token: Result<Token, String>,
}

impl Folder {
    /// Opens a directory that exists.
    ///
    /// # Errors
    ///
    /// If it is not a directory, belongs to another user, or others have access to it.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let folder = Self { path: path.to_owned() };
        let metadata = fs::metadata(path).map_err(|e| match e.kind() {
            ErrorKind::NotFound => {
                folder.error("the wallet does not exist; `deputize wallet add` makes it")
            }
            _ => folder.error(e),
        })?;
        if !metadata.is_dir() {
            return Err(folder.error("this is not a directory"));
        }
        if platform::is_of_another_user(&metadata) {
            return Err(folder.error("the wallet belongs to another user; use one of your own"));
        }
        if let Some(mode) = platform::mode_open_to_others(&metadata) {
            let word = shell::path(path);
            return Err(folder.error(format_args!(
                "other users can read or change this wallet (mode {mode:04o}); run `chmod 700 {word}`"
            )));
        }
        Ok(folder)
    }

    /// Opens a directory, and makes it if it does not exist.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and if the directory cannot be made.
    pub fn make(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            let error = |e| Self { path: path.to_owned() }.error(e);
            platform::create_private_folder(path).map_err(error)?;
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            platform::sync_folder(parent.unwrap_or(Path::new("."))).map_err(error)?;
        }
        Self::open(path)
    }

    /// Reads all files, in the order of their ids.
    ///
    /// # Errors
    ///
    /// If the directory cannot be read.
    pub fn tokens(&self) -> Result<Vec<Stored>, Error> {
        let mut ids: Vec<_> = self.names()?.iter().filter_map(|name| named_id(name)).collect();
        ids.sort();
        Ok(ids.into_iter().map(|id| Stored { id, token: self.token(&id) }).collect())
    }

    /// Writes the file of a token, or replaces it.
    ///
    /// # Errors
    ///
    /// If the wallet is full, or the file cannot be written.
    pub fn put(&self, token: &Token) -> Result<HopId, Error> {
        self.clean();
        let id = id_of(token).ok_or_else(|| self.error("the token has no hop"))?;
        let others =
            self.names()?.iter().filter_map(|name| named_id(name)).filter(|own| *own != id).count();
        if others >= MAX_WALLET_TOKENS {
            return Err(self.error(format_args!(
                "the wallet has {others} tokens, the most that it can have; run `deputize wallet drop --expired`"
            )));
        }
        let (mut file, temporary) = self.create_temporary(&id)?;
        let text = format!("{}\n", token.to_text());
        let written = file
            .write_all(text.as_bytes())
            // Synced before it is renamed: otherwise a loss of power could leave an empty file in
            // its place.
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&temporary, self.file(&id)))
            .and_then(|()| platform::sync_folder(&self.path));
        written.map_err(|e| {
            let _ = fs::remove_file(&temporary);
            self.error(e)
        })?;
        Ok(id)
    }

    /// Returns true if the wallet has a file for this token, even a damaged one.
    pub fn has(&self, id: &HopId) -> bool {
        fs::symlink_metadata(self.file(id)).is_ok()
    }

    /// Removes the files of these tokens, even damaged ones.
    ///
    /// # Errors
    ///
    /// If one of them cannot be removed.
    pub fn remove(&self, ids: &[HopId]) -> Result<(), Error> {
        self.clean();
        for id in ids {
            match fs::remove_file(self.file(id)) {
                // Another process was faster.
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(self.error(e)),
                _ => {}
            }
        }
        platform::sync_folder(&self.path).map_err(|e| self.error(e))
    }

    /// Reads the file of one token.
    fn token(&self, id: &HopId) -> Result<Token, String> {
        let path = self.file(id);
        // Checked before the file is opened: opening a pipe may block for ever.
        let metadata = fs::symlink_metadata(&path).map_err(|e| e.to_string())?;
        if !metadata.is_file() {
            return Err("its file is a link, or not a regular file".to_owned());
        }
        let file = File::open(&path).map_err(|e| e.to_string())?;
        let metadata = file.metadata().map_err(|e| e.to_string())?;
        if platform::is_of_another_user(&metadata) {
            return Err("its file belongs to another user".to_owned());
        }
        if let Some(mode) = platform::mode_open_to_others(&metadata) {
            let word = shell::path(&path);
            return Err(format!(
                "other users can read or change its file (mode {mode:04o}); run `chmod 600 {word}`"
            ));
        }
        let mut text = String::new();
        // One byte for the line break.
        let most = u64::try_from(HARD_MAX_TOKEN_BYTES).unwrap_or(u64::MAX).saturating_add(2);
        file.take(most).read_to_string(&mut text).map_err(|e| e.to_string())?;
        let token = Token::parse(text.trim_end()).map_err(|e| e.to_string())?;
        if id_of(&token) != Some(*id) {
            return Err("its file has a token other than the one in its name".to_owned());
        }
        Ok(token)
    }

    /// Creates a file that no other process writes to.
    fn create_temporary(&self, id: &HopId) -> Result<(File, PathBuf), Error> {
        let process = std::process::id();
        for attempt in 0..ATTEMPTS {
            let path = self.path.join(format!(".{id}.{process}.{attempt}{TEMPORARY}"));
            match platform::create_new(&path, Readers::Owner) {
                Ok(file) => return Ok((file, path)),
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                Err(e) => return Err(self.error(e)),
            }
        }
        Err(self.error("no name is free for a temporary file; try again later"))
    }

    /// Removes the temporary files that a crash left behind. A failure does no harm: they are never
    /// read.
    fn clean(&self) {
        for name in self.names().unwrap_or_default() {
            let is_temporary = is_own_temporary(&name);
            let path = self.path.join(&name);
            let written = fs::symlink_metadata(&path).and_then(|metadata| metadata.modified());
            let age = written.ok().and_then(|written| written.elapsed().ok());
            if is_temporary && age.is_some_and(|age| age >= LEFT_BEHIND) {
                let _ = fs::remove_file(&path);
            }
        }
    }

    /// Returns the names of all files. A name that is not Unicode is not one of ours.
    fn names(&self) -> Result<Vec<String>, Error> {
        let entries = fs::read_dir(&self.path).map_err(|e| self.error(e))?;
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry.map_err(|e| self.error(e))?.file_name().into_string());
        }
        Ok(names)
    }

    /// Returns the path of a token's file. The maker of the token cannot choose the name: an id is
    /// a hash.
    fn file(&self, id: &HopId) -> PathBuf {
        self.path.join(format!("{id}{TOKEN}"))
    }

    fn error(&self, why: impl Display) -> Error {
        Error::about(format_args!("--wallet {}", Backticked(&self.path.to_string_lossy())), why)
    }
}

/// Returns the id of the token in a wallet: that of its last hop.
pub fn id_of(token: &Token) -> Option<HopId> {
    token.hops().last().map(Hop::id)
}

/// Returns the id in the name of a token's file. An id has one spelling.
fn named_id(name: &str) -> Option<HopId> {
    let id: HopId = name.strip_suffix(TOKEN)?.parse().ok()?;
    (format!("{id}{TOKEN}") == name).then_some(id)
}
