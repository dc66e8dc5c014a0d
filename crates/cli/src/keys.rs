//! Keys as files and as text.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;

use deputize::{KeyError, PublicKey, SigningKey, TrustAnchor, TrustAnchors};
use zeroize::Zeroizing;

use crate::args::KeyArgs;
use crate::error::{Error, Shown};

/// The most that is read of a key file. Keys have a hundred bytes; the rest is for comments.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Whether others than its owner may be able to read a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permissions {
    /// Nobody else may: the file is refused otherwise.
    OwnerOnly,
    /// Whoever calls knows what they do.
    Any,
}

/// The key that `--key` names.
///
/// # Errors
///
/// As [`signing_key`].
pub fn of(args: &KeyArgs) -> Result<SigningKey, Error> {
    let any = args.insecure_key_permissions;
    signing_key(&args.key, if any { Permissions::Any } else { Permissions::OwnerOnly })
}

/// Reads a private key in PKCS#8 PEM.
///
/// # Errors
///
/// Where the file cannot be read, is no such key, or may be read by others. What it holds is never
/// told.
pub fn signing_key(path: &Path, permissions: Permissions) -> Result<SigningKey, Error> {
    let name = Shown(&path.to_string_lossy()).to_string();
    let about = |why: &str| Error::about(format_args!("--key `{name}`"), why);
    let mut file = File::open(path).map_err(|e| about(&e.to_string()))?;
    let metadata = file.metadata().map_err(|e| about(&e.to_string()))?;
    if !holds_text(&metadata) {
        return Err(about("this is no file"));
    }
    let text = read(&mut file).map_err(|why| about(&why))?;
    if is_public(&text) {
        return Err(about(
            "this is a public key, and the private one is needed; give the file NAME.key",
        ));
    }
    if permissions == Permissions::OwnerOnly
        && let Some(mode) = mode_for_others(&metadata)
    {
        return Err(about(&format!(
            "others may read or change this private key (mode {mode:04o}); run `chmod 600 {name}`, or say --insecure-key-permissions"
        )));
    }
    if text.contains("BEGIN OPENSSH PRIVATE KEY") {
        return Err(about(
            "this is a private key of OpenSSH, and PKCS#8 in PEM is needed; make one with `deputize keygen NAME`",
        ));
    }
    if text.contains("BEGIN ENCRYPTED PRIVATE KEY") {
        return Err(about(&format!(
            "this private key is encrypted; decrypt it with `openssl pkey -in {name} -out PLAIN.key`"
        )));
    }
    SigningKey::from_pem(&text).map_err(|e| about(&e.to_string()))
}

/// Reads a public key: `ed25519/<hex>`, a line `ssh-ed25519 AAAA…`, or a file with either or with
/// a PEM `PUBLIC KEY`.
///
/// # Errors
///
/// Where it is no such key, or a weak one. `option` says where it was given.
pub fn public_key(option: &str, text: &str) -> Result<PublicKey, Error> {
    if text.contains("-----BEGIN") || is_public(text) {
        return public_key_in(text).map_err(|why| Error::about(option, why));
    }
    let path = Path::new(text);
    let name = Shown(text);
    let about_file = |why: &str| Error::about(format_args!("{option} `{name}`"), why);
    let mut file = File::open(path).map_err(|e| {
        about_file(&format!("{e}; a key is a file, `ed25519/<hex>` or `ssh-ed25519 AAAA…`"))
    })?;
    let content = read(&mut file).map_err(|why| about_file(&why))?;
    public_key_in(&content).map_err(|why| about_file(&why))
}

/// Reads `KEY[=OWNER]`, as `--trust` has it.
///
/// # Errors
///
/// As [`public_key`], and for an owner without a name.
pub fn trust_anchor(text: &str) -> Result<TrustAnchor, Error> {
    match text.split_once('=') {
        None => public_key("--trust", text).map(TrustAnchor::for_any_owner),
        Some((_, owner)) if owner.trim().is_empty() => Err(Error::about(
            "--trust",
            "the owner after `=` is missing; leave out the `=` for any owner",
        )),
        Some((key, owner)) => Ok(TrustAnchor::new(public_key("--trust", key)?, owner)),
    }
}

/// The key that a text is, or what is wrong with it, without a word of the text.
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
        return Err("this has more than one line; leave the one key that is meant".to_owned());
    }
    if text.starts_with("ssh-ed25519 ") {
        return ssh_key_in(text);
    }
    if is_ssh(text) {
        return Err("this is a key of OpenSSH of another kind than ssh-ed25519".to_owned());
    }
    text.parse().map_err(|e: KeyError| e.to_string())
}

fn ssh_key_in(line: &str) -> Result<PublicKey, String> {
    let key = ssh_key::PublicKey::from_openssh(line)
        // It quotes what the line holds.
        .map_err(|e| format!("the ssh-ed25519 line cannot be read: {}", Shown(&e.to_string())))?;
    let key = key
        .key_data()
        .ed25519()
        .ok_or("the line says ssh-ed25519 and holds another kind of key")?;
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

/// Reads text in memory that is wiped: what should be public may turn out to be private.
fn read(file: &mut File) -> Result<Zeroizing<String>, String> {
    // Room enough, so that nothing is moved and left behind.
    let capacity = usize::try_from(MAX_FILE_BYTES).unwrap_or(0).saturating_add(64);
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
    let limit = MAX_FILE_BYTES.saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE_BYTES {
        return Err(format!("no key is longer than {MAX_FILE_BYTES} bytes"));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Zeroizing::new(text.to_owned())),
        Err(_) => Err("this is no text; keys are read in PEM, not in DER".to_owned()),
    }
}

/// A file, or a pipe as a shell makes one of `<(…)`.
#[cfg(unix)]
fn holds_text(metadata: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    metadata.is_file() || metadata.file_type().is_fifo()
}

#[cfg(not(unix))]
fn holds_text(metadata: &Metadata) -> bool {
    metadata.is_file()
}

/// The mode, where the group or others have any right.
#[cfg(unix)]
fn mode_for_others(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    let mode = metadata.mode() & 0o7777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn mode_for_others(_: &Metadata) -> Option<u32> {
    None
}
/// The keys to trust, and for whom.
///
/// # Errors
///
/// Where there is none, or one of them is not a key.
pub fn trust_anchors(trust: &[String]) -> Result<TrustAnchors, Error> {
    let anchors: Vec<_> = trust.iter().map(|text| trust_anchor(text)).collect::<Result<_, _>>()?;
    TrustAnchors::new(anchors).map_err(|e| Error::about("--trust", e))
}
