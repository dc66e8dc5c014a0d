//! Agent directories that commands read.

use std::path::Path;

use deputize::Directory;

use crate::input::statement;
use crate::limits::MAX_DIRECTORY_FILE_BYTES;
use crate::output::Error;

/// Reads the directory in a file, or on standard input for `-`, and checks its form and its signature.
///
/// # Errors
///
/// If the file cannot be read, or is not a directory.
pub fn read(path: &Path) -> Result<Directory, Error> {
    let bytes = statement::read_bytes("directory", path, MAX_DIRECTORY_FILE_BYTES)?;
    parse(&bytes).map_err(|why| statement::error(path, why))
}

/// Reads a directory from bytes.
///
/// # Errors
///
/// A sentence if it is not a directory.
pub fn parse(bytes: &[u8]) -> Result<Directory, String> {
    Directory::parse(bytes)
        .map_err(|why| format!("this is not an agent directory, or it was damaged: {why}"))
}
