//! Revocation lists and deltas that commands read.

use std::path::Path;

use deputize::RevocationList;

use crate::input::statement;
use crate::limits::MAX_LIST_FILE_BYTES;
use crate::output::{Error, shell};

/// Reads the list in a file, or on standard input for `-`, and checks its form and its signature.
///
/// # Errors
///
/// If the file cannot be read, or is not a list.
pub fn read(path: &Path) -> Result<RevocationList, Error> {
    parse(read_bytes(path)?, path).map_err(|why| statement::error(path, why))
}

/// Reads the bytes of a list or a delta.
///
/// # Errors
///
/// If the file cannot be read or is too long.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, Error> {
    statement::read_bytes("list", path, MAX_LIST_FILE_BYTES)
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
