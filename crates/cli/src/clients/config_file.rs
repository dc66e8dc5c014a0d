//! The file of a configuration.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use deputize::text::Backticked;

use super::known::{Client, PlaceArgs};
use super::originals::{Originals, state_folder};
use crate::input::encoding::{self, MARK};
use crate::limits::MAX_CLIENT_CONFIG_BYTES;
use crate::output::Error;
use crate::platform;
use crate::statement_file::{Locked, StatementFile};

/// A configuration that is edited.
#[derive(Debug)]
pub struct ConfigFile {
    file: StatementFile,
    originals: Originals,
}

/// A configuration that no other process of this program edits until this value is dropped.
#[derive(Debug)]
pub struct LockedConfig<'f> {
    locked: Locked<'f>,
    originals: &'f Originals,
    bytes: Vec<u8>,
}

impl ConfigFile {
    /// Names the file. A link is followed, so that its target is edited. The originals are in the user's
    /// state folder.
    ///
    /// # Errors
    ///
    /// If it is not a file of this user alone, or the user has no such folder.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::with_state(path, &state_folder()?)
    }

    /// Names the configuration of a client. Links that come with a project must not lead out of it: a
    /// repository would say which file of the user is edited.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and if the file of a project is elsewhere.
    pub fn of(place: &PlaceArgs) -> Result<Self, Error> {
        let own = Self::open(&place.path()?)?;
        let is_of_project = place.file.is_none() && place.client.is_some_and(Client::is_of_project);
        if is_of_project {
            let folder = fs::canonicalize(".").map_err(|why| own.error(why))?;
            if !own.path().starts_with(&folder) {
                let real = own.path().to_string_lossy();
                return Err(own.error(format_args!(
                    "a link leads out of the project, to {}; name that file with --file",
                    Backticked(&real)
                )));
            }
        }
        Ok(own)
    }

    /// Names the file, with the originals in the folder `state`.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn with_state(path: &Path, state: &Path) -> Result<Self, Error> {
        let file = StatementFile::new("", path)?;
        let metadata = fs::metadata(file.path()).map_err(|why| file.error(why))?;
        if !metadata.is_file() {
            return Err(file.error("this is not a file"));
        }
        if platform::is_of_another_user(&metadata) {
            return Err(file.error("the file belongs to another user, who can edit it"));
        }
        if platform::has_other_links(&metadata) {
            return Err(file.error(
                "the file has another name, a hard link, which would keep the old content; remove one",
            ));
        }
        let originals = Originals::of(file.path(), state)?;
        let file = file.locked_at(originals.lock());
        Ok(Self { file, originals })
    }

    /// Locks the file against other processes of this program, and reads it.
    ///
    /// # Errors
    ///
    /// If it cannot be locked or read, or is too long.
    pub fn lock(&self) -> Result<LockedConfig<'_>, Error> {
        let locked = self.file.lock()?;
        // In the folder of somebody else, also where nothing is to be changed.
        locked.remove_left_behind();
        let bytes = locked.read(MAX_CLIENT_CONFIG_BYTES)?;
        let bytes = bytes.ok_or_else(|| self.error("the file was removed"))?;
        Ok(LockedConfig { locked, originals: &self.originals, bytes })
    }

    /// Creates an error about the file.
    pub fn error(&self, why: impl std::fmt::Display) -> Error {
        self.file.error(why)
    }

    /// Returns the path without links.
    pub fn path(&self) -> &Path {
        self.file.path()
    }
}

impl LockedConfig<'_> {
    /// Returns the text, without its byte-order mark.
    ///
    /// # Errors
    ///
    /// A sentence if it is not UTF-8.
    pub fn text(&self) -> Result<&str, String> {
        encoding::utf8(&self.bytes).map_err(|why| why.to_string())
    }

    /// Returns the originals.
    pub fn originals(&self) -> &Originals {
        self.originals
    }

    /// Replaces the text, and keeps the byte-order mark, the mode and the group of the file. If another
    /// program has changed it meanwhile, nothing is done.
    ///
    /// # Errors
    ///
    /// If the file was changed or cannot be written.
    pub fn replace(&self, text: &str) -> Result<(), Error> {
        let mark = if self.bytes.starts_with(MARK) { MARK } else { &[] };
        self.locked.replace_unchanged(&self.bytes, &[mark, text.as_bytes()].concat())
    }
}

/// Reads a configuration that is not edited.
///
/// # Errors
///
/// A sentence about the file.
pub fn read(path: &Path) -> Result<String, String> {
    // Examined before it is opened: opening a pipe may block for ever.
    let metadata = fs::metadata(path).map_err(|why| why.to_string())?;
    if !metadata.is_file() {
        return Err("this is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    let limit = MAX_CLIENT_CONFIG_BYTES.saturating_add(1);
    let file = File::open(path).map_err(|why| why.to_string())?;
    let length = file.take(limit).read_to_end(&mut bytes).map_err(|why| why.to_string())?;
    if u64::try_from(length).unwrap_or(u64::MAX) > MAX_CLIENT_CONFIG_BYTES {
        return Err(format!("the file has more than {MAX_CLIENT_CONFIG_BYTES} bytes"));
    }
    Ok(encoding::utf8(&bytes).map_err(|why| why.to_string())?.to_owned())
}
