//! Keys in files and as text.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Args;
use deputize::text::{Backticked, Visible};
use deputize::{KeyError, PublicKey, SigningKey};
use zeroize::Zeroizing;

use crate::limits::MAX_KEY_FILE_BYTES;
use crate::output::Error;
use crate::platform;

/// The key that signs.
#[derive(Debug, Args)]
pub struct KeyArgs {
    /// The private key to sign with, PKCS#8 in PEM.
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
        signing_key(&self.key, permissions)
    }
}

/// The permissions that the file of a private key may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permissions {
    /// Only the owner of the file can read and change it.
    OwnerOnly,
    /// Any.
    Any,
}

/// Reads a private key in PKCS#8 PEM.
///
/// # Errors
///
/// If the file cannot be read, is not such a key, or does not have these `permissions`. The error
/// does not quote the content.
pub fn signing_key(path: &Path, permissions: Permissions) -> Result<SigningKey, Error> {
    let path_text = path.to_string_lossy();
    let (subject, name) = (Backticked(&path_text), Visible(&path_text));
    let about = |why: &str| Error::about(format_args!("--key {subject}"), why);
    let mut file = File::open(path).map_err(|e| about(&e.to_string()))?;
    let metadata = file.metadata().map_err(|e| about(&e.to_string()))?;
    if !platform::is_file_or_pipe(&metadata) {
        return Err(about("this is not a file"));
    }
    let text = read(&mut file).map_err(|why| about(&why))?;
    if is_public(&text) {
        return Err(about(
            "this is a public key, and the private one is needed; give the file NAME.key",
        ));
    }
    if permissions == Permissions::OwnerOnly
        && let Some(mode) = platform::mode_open_to_others(&metadata)
    {
        return Err(about(&format!(
            "other users can read or change this private key (mode {mode:04o}); run `chmod 600 {name}`, or pass --insecure-key-permissions"
        )));
    }
    if text.contains("BEGIN OPENSSH PRIVATE KEY") {
        return Err(about(
            "this is an OpenSSH private key, and PKCS#8 in PEM is needed; make one with `deputize keygen NAME`",
        ));
    }
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") {
        return Err(about(&format!(
            "this private key is encrypted; decrypt it with `openssl pkey -in {name} -out PLAIN.key`"
        )));
    }
    SigningKey::from_pem(&text).map_err(|e| about(&e.to_string()))
}

/// Reads a public key: `ed25519/<hex>`, a line `ssh-ed25519 AAAA…`, or a file with one of these or
/// with a PEM `PUBLIC KEY`.
///
/// # Errors
///
/// If it is not such a key, or a weak one. The error begins with `option`.
pub fn public_key(option: &str, text: &str) -> Result<PublicKey, Error> {
    if text.contains("-----BEGIN") || is_public(text) {
        return public_key_in(text).map_err(|why| Error::about(option, why));
    }
    let path = Path::new(text);
    let name = Backticked(text);
    let about_file = |why: &str| Error::about(format_args!("{option} {name}"), why);
    let mut file = File::open(path).map_err(|e| {
        about_file(&format!("{e}; a key is a file, `ed25519/<hex>` or `ssh-ed25519 AAAA…`"))
    })?;
    let content = read(&mut file).map_err(|why| about_file(&why))?;
    public_key_in(&content).map_err(|why| about_file(&why))
}

/// Reads the public key in a text. The error does not quote the text.
fn public_key_in(text: &str) -> Result<PublicKey, String> {
    let text = text.trim();
    if text.contains("PRIVATE KEY-----") {
        return Err("this is a private key, and the public one is needed; give the file NAME.pub"
            .to_owned());
    }
    if text.contains("-----BEGIN") {
        return PublicKey::from_pem(text).map_err(|e| e.to_string());
    }
    if text.lines().filter(|line| !line.trim().is_empty()).count() > 1 {
        return Err("this has more than one line; keep only the line of the key".to_owned());
    }
    if text.starts_with("ssh-ed25519 ") {
        return ssh_key_in(text);
    }
    if is_ssh(text) {
        return Err(
            "this is an OpenSSH key of another type; only ssh-ed25519 is supported".to_owned()
        );
    }
    text.parse().map_err(|e: KeyError| e.to_string())
}

fn ssh_key_in(line: &str) -> Result<PublicKey, String> {
    let key = ssh_key::PublicKey::from_openssh(line)
        // The error quotes the type of key that the line states.
        .map_err(|e| format!("the ssh-ed25519 line cannot be read: {}", Visible(&e.to_string())))?;
    let key = key
        .key_data()
        .ed25519()
        .ok_or("the line says ssh-ed25519, but its key is of another type")?;
    PublicKey::from_bytes(&key.0).map_err(|e| e.to_string())
}

fn is_public(text: &str) -> bool {
    let text = text.trim_start();
    text.contains("BEGIN PUBLIC KEY") || text.starts_with("ed25519/") || is_ssh(text)
}

fn is_ssh(text: &str) -> bool {
    let kind = text.split_whitespace().next().unwrap_or_default();
    text.contains(' ')
        && ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"].iter().any(|p| kind.starts_with(p))
}

/// Reads text into memory that is wiped: a file that should be public may hold a private key.
fn read(file: &mut File) -> Result<Zeroizing<String>, String> {
    // Large enough that the buffer never moves, which would leave a copy behind.
    let capacity = usize::try_from(MAX_KEY_FILE_BYTES).unwrap_or(0).saturating_add(64);
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    let limit = MAX_KEY_FILE_BYTES.saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_KEY_FILE_BYTES {
        return Err(format!("no key is longer than {MAX_KEY_FILE_BYTES} bytes"));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err("this is not text; keys are read in PEM, not in DER".to_owned()),
    }
}
