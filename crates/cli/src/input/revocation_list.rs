//! Revocation lists and deltas that commands read.

use std::fmt::Display;
use std::io::Read;
use std::path::Path;

use deputize::RevocationList;
use deputize::text::Backticked;

use crate::input::source::Source;
use crate::limits::MAX_LIST_FILE_BYTES;
use crate::output::{Error, shell};

/// Reads the list in a file, or on standard input for `-`, and checks its form and its signature.
///
/// # Errors
///
/// If the file cannot be read, or is not a list.
pub fn read(path: &Path) -> Result<RevocationList, Error> {
    parse(read_bytes(path)?, path).map_err(|why| error(path, why))
}

/// Reads the bytes of a list or a delta.
///
/// # Errors
///
/// If the file cannot be read or is too long.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let source = Source::open(path, "the list").map_err(|e| error(path, e))?;
    let mut bytes = Vec::new();
    let limit = MAX_LIST_FILE_BYTES.saturating_add(1);
    let length = source.take(limit).read_to_end(&mut bytes).map_err(|e| error(path, e))?;
    match u64::try_from(length).is_ok_and(|length| length <= MAX_LIST_FILE_BYTES) {
        true => Ok(bytes),
        false => {
            Err(error(path, format_args!("no list has more than {MAX_LIST_FILE_BYTES} bytes")))
        }
    }
}

/// Reads a list from bytes. The sentence about others says what to do.
///
/// # Errors
///
/// A sentence if it is not a list.
pub fn parse(bytes: Vec<u8>, path: &Path) -> Result<RevocationList, String> {
    if RevocationList::is_delta(&bytes) {
        let word = if path.as_os_str() == "-" { "DELTA".to_owned() } else { shell::path(path) };
        return Err(format!(
            "this is a delta; make the list with `deputize revocations apply OLD {word} > NEW`"
        ));
    }
    RevocationList::parse(bytes)
        .map_err(|why| format!("this is not a revocation list, or it was damaged: {why}"))
}

/// Returns the name of a file in the words of a shell, for a result.
pub fn name(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { shell::path(path) }
}

/// Creates an error about a file that an argument names.
pub fn error(path: &Path, why: impl Display) -> Error {
    match path.as_os_str() == "-" {
        true => Error::about("standard input", why),
        false => Error::about(Backticked(&path.to_string_lossy()), why),
    }
}
