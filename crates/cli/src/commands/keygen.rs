//! `deputize keygen`: a key pair in two files.

use std::ffi::OsString;
use std::fmt::Display;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf, is_separator};

use clap::Args;
use deputize::text::{Backticked, Visible};
use deputize::{Signer, SigningKey};

use crate::output::{Error, Outcome, Output};
use crate::platform::{self, Readers};

/// The example in the help.
pub const EXAMPLE: &str = "\
Example:
  deputize keygen alice

OpenSSL reads these keys, and also makes them: `openssl genpkey -algorithm ed25519`.";

/// The options of `keygen`.
#[derive(Debug, Args)]
pub struct KeygenArgs {
    /// The name of the two files, without .key and .pub. Existing files are never overwritten.
    pub(crate) name: PathBuf,
}

/// Makes a key pair, writes both files, and prints the public key.
///
/// # Errors
///
/// If one of the files exists or cannot be written; then neither is left behind.
pub fn run(args: &KeygenArgs, output: &Output) -> Result<Outcome, Error> {
    let is_folder = args.name.to_string_lossy().ends_with(is_separator);
    if args.name.file_name().is_none() || is_folder {
        return Err(Error::new("the name of the key is missing; write `deputize keygen NAME`"));
    }
    let (private, public) = (with_ending(&args.name, ".key"), with_ending(&args.name, ".pub"));
    for path in [&private, &public] {
        if fs::symlink_metadata(path).is_ok() {
            return Err(about(
                path,
                "the file already exists, and keys are never overwritten; move it or choose another name",
            ));
        }
    }
    let key = SigningKey::generate().map_err(Error::new)?;
    let pem = key.to_pem().map_err(Error::new)?;
    let public_pem = key.public_key().to_pem().map_err(Error::new)?;
    write_pair((&private, &pem), (&public, &public_pem))?;
    let (private, public) = (private.to_string_lossy(), public.to_string_lossy());
    let (private, public) = (Visible(&private), Visible(&public));
    output.note(format_args!("wrote {private} (private: keep it where it is used) and {public}"));
    // The result is in the files.
    output.print(key.public_key()).or_else(Error::unless_output_closed)?;
    Ok(Outcome::Done)
}

fn with_ending(name: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(name);
    path.push(ending);
    path.into()
}

/// Writes both files, each a path and its content, or neither.
fn write_pair(private: (&Path, &str), public: (&Path, &str)) -> Result<(), Error> {
    write(private.0, private.1.as_bytes(), Readers::Owner)?;
    write(public.0, public.1.as_bytes(), Readers::Everyone).inspect_err(|_| {
        let _ = fs::remove_file(private.0);
    })
}

/// Writes a new file completely, or leaves none behind.
fn write(path: &Path, content: &[u8], readers: Readers) -> Result<(), Error> {
    let mut file = platform::create_new(path, readers).map_err(|e| about(path, e))?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(|e| {
        let _ = fs::remove_file(path);
        about(path, e)
    })
}

fn about(path: &Path, why: impl Display) -> Error {
    Error::about(Backticked(&path.to_string_lossy()), why)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_not_left_behind_without_its_public_half() {
        let folder = tempfile::tempdir().unwrap();
        let (private, public) = (folder.path().join("a.key"), folder.path().join("a.pub"));
        fs::write(&public, "mine").unwrap();
        write_pair((&private, "private"), (&public, "public")).unwrap_err();
        assert!(!private.exists());
        assert_eq!(fs::read_to_string(&public).unwrap(), "mine");
        fs::rename(&public, &private).unwrap();
        write_pair((&private, "private"), (&public, "public")).unwrap_err();
        assert!(!public.exists());
        assert_eq!(fs::read_to_string(&private).unwrap(), "mine");
    }
}
