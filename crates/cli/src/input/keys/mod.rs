//! Keys in files and as text.

mod convert;
mod foreign;
mod der;
mod recognise;
mod pem;
mod found;

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use deputize::text::Backticked;
use deputize::{PublicKey, SigningKey};
use zeroize::Zeroizing;

use self::foreign::Half;
use self::found::{Found, find, is_key_text};
use self::recognise::{of_bytes, of_text};
use crate::input::encoding;
use crate::input::source::Source;
use crate::limits::MAX_KEY_FILE_BYTES;
use crate::output::{Error, notes, shell};
use crate::platform;

/// The key that signs.
#[derive(Debug, Args)]
pub struct KeyArgs {
    /// The private key to sign with, PKCS#8 in PEM or an OpenSSH key without a passphrase; - for
    /// standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// Use the private key even if other users can read or change its file.
    #[arg(long)]
    pub(crate) insecure_key_permissions: bool,
}

impl KeyArgs {
    /// Reads the key.
    ///
    /// # Errors
    ///
    /// As [`signing_key`].
    pub fn signing_key(&self) -> Result<SigningKey, Error> {
        let permissions = match self.insecure_key_permissions {
            true => Permissions::Any,
            false => Permissions::OwnerOnly,
        };
        signing_key(Some("--key"), &self.key, permissions)
    }
}

/// The permissions that the file of a private key may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permissions {
    /// Only the owner of the file can read and change it.
    OwnerOnly,
    /// Any, with a note about a file that others can read or change.
    Noted,
    /// Any.
    Any,
}

/// Reads a private key: PKCS#8 in PEM, or an OpenSSH key that is not encrypted. The file may have
/// its public half and other text too. Errors begin with `option`, if the file is that of an
/// option.
///
/// # Errors
///
/// If the file cannot be read, has no such key or several, or does not have these `permissions`.
/// The error does not quote the content. It names a key of another program, with the command that
/// converts it.
pub fn signing_key(
    option: Option<&str>,
    path: &Path,
    permissions: Permissions,
) -> Result<SigningKey, Error> {
    let path_text = path.to_string_lossy();
    let about = |why: &str| {
        let path = Backticked(&path_text);
        match option {
            Some(option) => Error::about(format_args!("{option} {path}"), why),
            None => Error::about(path, why),
        }
    };
    let word = file_word(path);
    let mut source = Source::open(path, option.unwrap_or("the key")).map_err(|e| about(&e))?;
    let mode = match source.metadata() {
        Some(metadata) if !platform::is_file_or_pipe(metadata) => {
            return Err(about("this is not a file"));
        }
        Some(metadata) if permissions != Permissions::Any => {
            platform::mode_open_to_others(metadata)
        }
        _ => None,
    };
    let bytes = read(&mut source).map_err(|why| about(&why))?;
    let text = text_of(&bytes, Half::Private, &word);
    let found = text.as_ref().map_err(Clone::clone).and_then(|text| {
        find(text, Half::Private).map_err(|e| e.sentence(Half::Private, Some(&word)))
    });
    if found.as_ref().is_ok_and(Found::is_public) {
        return Err(about(
            "this is a public key, and the private one is needed; give the file NAME.key",
        ));
    }
    if let Some(mode) = mode {
        let why = format!(
            "other users can read or change this private key (mode {mode:04o}); run `chmod 600 {word}`"
        );
        if permissions == Permissions::OwnerOnly {
            return Err(about(&format!("{why}, or pass --insecure-key-permissions")));
        }
        notes::keep(format_args!("note: {}: {why}", Backticked(&path_text)));
    }
    let (text, found) = (text.map_err(|e| about(&e))?, found.map_err(|e| about(&e))?);
    let is_ssh = found.is_ssh;
    let key = found.one_private(text);
    let key = key.map_err(|e| about(&e.sentence(Half::Private, Some(&word))))?;
    note_ssh(is_ssh);
    Ok(key)
}

/// Reads a public key: `ed25519/<hex>`, a line `ssh-ed25519 AAAA…`, or a file with one of these or
/// with a PEM `PUBLIC KEY`; `-` for standard input. The file may have the private half and other
/// text too.
///
/// # Errors
///
/// If it is not such a key, or a weak one. The error begins with `option`.
pub fn public_key(option: &str, text: &str) -> Result<PublicKey, Error> {
    if is_key_text(text) {
        let (key, is_ssh) = public_key_in(text, None).map_err(|why| Error::about(option, why))?;
        note_ssh(is_ssh && matches!(option, "--to" | "--agent"));
        return Ok(key);
    }
    let path = Path::new(text);
    let name = Backticked(text);
    let about_file = |why: &str| Error::about(format_args!("{option} {name}"), why);
    let mut source = Source::open(path, option).map_err(|e| match of_text(text, Half::Public) {
        // A key in another form, where the name of a file was expected.
        Some(foreign) if !text.is_empty() => {
            Error::about(option, foreign.sentence(Half::Public, None))
        }
        _ => about_file(&format!("{e}; a key is a file, `ed25519/<hex>` or `ssh-ed25519 AAAA…`")),
    })?;
    let word = file_word(path);
    let bytes = read(&mut source).map_err(|why| about_file(&why))?;
    let content = text_of(&bytes, Half::Public, &word).map_err(|why| about_file(&why))?;
    let (key, is_ssh) = public_key_in(content, Some(&word)).map_err(|why| about_file(&why))?;
    note_ssh(is_ssh && matches!(option, "--to" | "--agent"));
    Ok(key)
}

/// Returns true for the text of a public key, which is not the name of a file.
pub fn is_public_key_text(text: &str) -> bool {
    is_key_text(text)
}

/// Reads the public key in a text, and whether it is a key of SSH. The error does not quote the
/// text.
fn public_key_in(text: &str, file: Option<&str>) -> Result<(PublicKey, bool), String> {
    let key = find(text, Half::Public).and_then(|found| {
        let is_ssh = found.is_ssh;
        Ok((found.one_public(text)?, is_ssh))
    });
    key.map_err(|e| e.sentence(Half::Public, file))
}

/// Keeps the note that a key of SSH should not be shared. No signature of SSH is one over a block
/// of a token, but a program that may use the key for one can use it for the other.
fn note_ssh(is_ssh: bool) {
    if is_ssh {
        notes::keep(
            "note: this is a key of SSH; a key should serve one thing, so use it for nothing else, or make another with `deputize keygen NAME`",
        );
    }
}

/// Returns the name of a file in the words of a shell. Standard input has no name.
fn file_word(path: &Path) -> String {
    if path.as_os_str() == "-" { "FILE".to_owned() } else { shell::path(path) }
}

/// Returns the bytes as text, or why they are not.
fn text_of<'a>(bytes: &'a [u8], half: Half, file: &str) -> Result<&'a str, String> {
    let foreign = || of_bytes(bytes, half).map(|foreign| foreign.sentence(half, Some(file)));
    // The bytes of a key can by chance be UTF-8.
    let is_control = |b: &u8| b.is_ascii_control() && !b.is_ascii_whitespace();
    if let Some(sentence) = bytes.iter().any(is_control).then(foreign).flatten() {
        return Err(sentence);
    }
    let new = match half {
        Half::Private => "NEW.key",
        Half::Public => "NEW.pub",
    };
    encoding::utf8(bytes).map_err(|error| match error.command(file, new) {
        Some(command) => format!("{error}; convert it with `{command}`"),
        None => foreign().unwrap_or_else(|| format!("{error}, and keys are read in PEM")),
    })
}

/// Reads into memory that is wiped: a file that should be public may hold a private key.
fn read(source: &mut Source) -> Result<Zeroizing<Vec<u8>>, String> {
    // Large enough that the buffer never moves, which would leave a copy behind.
    let capacity = usize::try_from(MAX_KEY_FILE_BYTES).unwrap_or(0).saturating_add(64);
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    let limit = MAX_KEY_FILE_BYTES.saturating_add(1);
    source.take(limit).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_KEY_FILE_BYTES {
        return Err(format!("no key is longer than {MAX_KEY_FILE_BYTES} bytes"));
    }
    Ok(bytes)
}
