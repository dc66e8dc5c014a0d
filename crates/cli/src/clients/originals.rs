//! The bytes of a configuration that were replaced, in a file of the user's state folder.
//!
//! They may have a secret, such as a URL with a key, so that the folder has mode 0700. The rest of an
//! entry, such as its `env`, is not copied: the entry that was written is known by its digest.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use deputize::text::Backticked;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::document::Document;
use super::known::Client;
use super::splice::Splice;
use crate::limits::MAX_ORIGINALS_BYTES;
use crate::output::{Error, shell};
use crate::platform::{self, Readers, bytes_of};
use crate::statement_file::{Locked, StatementFile};

/// The bytes of one entry that were replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// The member of the configuration in which the server is.
    member: String,
    server: String,
    /// The `type` that an entry with a URL had.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<String>,
    /// The SHA-256 of the entry that was written, in hexadecimal.
    written: String,
    /// The replacements that take it back, by their places in that entry.
    #[serde(with = "triples")]
    pub(super) splices: Vec<Splice>,
}

impl Original {
    pub(super) fn new(
        (member, server): (&str, &str),
        written: &str,
        kind: Option<String>,
        splices: Vec<Splice>,
    ) -> Self {
        let (member, server) = (member.to_owned(), server.to_owned());
        Self { member, server, kind, written: digest(written.as_bytes()), splices }
    }

    /// Returns true for this server of the member, however its entry is written.
    pub(super) fn is_of_server(&self, member: &str, server: &str) -> bool {
        self.member == member && self.server == server
    }

    /// Returns true for an entry that is as it was written.
    pub(super) fn is_written(&self, entry: &str) -> bool {
        self.written == digest(entry.as_bytes())
    }
}

/// A splice as its start, its end and its text.
mod triples {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    use crate::clients::splice::Splice;

    pub(super) fn serialize<S: Serializer>(own: &[Splice], to: S) -> Result<S::Ok, S::Error> {
        let all: Vec<_> = own.iter().map(|o| (o.range.start, o.range.end, &o.text)).collect();
        all.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Splice>, D::Error> {
        let all = Vec::<(usize, usize, String)>::deserialize(from)?;
        Ok(all.into_iter().map(|(start, end, text)| Splice { range: start..end, text }).collect())
    }
}

/// The content of a file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    /// The configuration, for people who look at the folder.
    configuration: String,
    originals: Vec<Original>,
}

/// The originals of one configuration.
#[derive(Debug)]
pub struct Originals {
    /// The path of the configuration, without links.
    configuration: PathBuf,
    file: StatementFile,
    lock: PathBuf,
}

impl Originals {
    /// Names the file for this configuration in a folder, and makes the folder.
    ///
    /// # Errors
    ///
    /// If the folder cannot be made, or others have access to it.
    pub(super) fn of(configuration: &Path, folder: &Path) -> Result<Self, Error> {
        let about =
            |why: &dyn std::fmt::Display| Error::about(Backticked(&folder.to_string_lossy()), why);
        platform::create_private_folder(folder).map_err(|why| about(&why))?;
        let metadata = fs::metadata(folder).map_err(|why| about(&why))?;
        if platform::is_of_another_user(&metadata) {
            return Err(about(&"the folder belongs to another user"));
        }
        if let Some(mode) = platform::mode_open_to_others(&metadata) {
            let word = shell::path(folder);
            return Err(about(&format_args!(
                "other users can read or change this folder (mode {mode:04o}); run `chmod 700 {word}`"
            )));
        }
        let name = digest(&bytes_of(configuration.as_os_str()));
        let file = StatementFile::new("", &folder.join(format!("{name}.json")))?;
        let lock = folder.join(format!("{name}.lock"));
        Ok(Self { configuration: configuration.to_owned(), file, lock })
    }

    /// Returns the path of the lock that is held while the configuration is edited.
    pub(super) fn lock(&self) -> PathBuf {
        self.lock.clone()
    }

    /// Returns all originals. A file that is lost or damaged has none.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn read(&self) -> Result<Vec<Original>, Error> {
        Ok(content(&self.file.lock()?)?.originals)
    }

    /// Keeps one more, before the configuration is replaced.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn keep(&self, original: Original) -> Result<(), Error> {
        let locked = self.file.lock()?;
        let mut content = content(&locked)?;
        content.originals.retain(|own| {
            !own.is_of_server(&original.member, &original.server) || own.written != original.written
        });
        content.originals.push(original);
        self.write(&locked, content)
    }

    /// Forgets those that belong to no entry of the member with the servers, after the configuration was
    /// replaced by `text`. Those of another member stay: that of another client may be in the same file. So do
    /// those of an entry with a presenter that somebody else has written anew.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn forget_others(&self, text: &str, client: Option<Client>) -> Result<(), Error> {
        let Ok(document) = Document::parse(text, client) else { return Ok(()) };
        let locked = self.file.lock()?;
        let mut content = content(&locked)?;
        let before = content.originals.len();
        let all = content.originals.clone();
        content.originals.retain(|own| {
            if own.member != document.member {
                return true;
            }
            let Ok(server) = document.server(&own.server) else { return false };
            let Some(entry) = text.get(server.range.clone()) else { return false };
            let mut others =
                all.iter().filter(|other| other.is_of_server(&own.member, &own.server));
            let is_known = others.any(|other| other.is_written(entry));
            own.is_written(entry) || (!is_known && matches!(server.starts(), Ok(Ok(_))))
        });
        match content.originals.len() == before {
            true => Ok(()),
            false => self.write(&locked, content),
        }
    }

    fn write(&self, locked: &Locked<'_>, content: Content) -> Result<(), Error> {
        let configuration = self.configuration.to_string_lossy().into_owned();
        let content = Content { configuration, ..content };
        let json = serde_json::to_string_pretty(&content).map_err(Error::new)?;
        locked.replace(format!("{json}\n").as_bytes(), Readers::Owner)
    }
}

fn content(locked: &Locked<'_>) -> Result<Content, Error> {
    let bytes = locked.read(MAX_ORIGINALS_BYTES)?.unwrap_or_default();
    Ok(serde_json::from_slice(&bytes).unwrap_or_default())
}

/// Returns the folder of the originals.
pub(super) fn state_folder() -> Result<PathBuf, Error> {
    let named = |name: &str| env::var_os(name).map(PathBuf::from).filter(|own| own.is_absolute());
    let state = match cfg!(windows) {
        true => named("LOCALAPPDATA"),
        false => {
            named("XDG_STATE_HOME").or_else(|| Some(env::home_dir()?.join(".local").join("state")))
        }
    };
    let state = state.ok_or_else(|| {
        Error::new("the home directory is not known; set XDG_STATE_HOME to a folder for what is kept between runs")
    })?;
    Ok(state.join("deputize").join("mcp"))
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
