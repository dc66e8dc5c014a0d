//! Files with signed statements that commands read.

use std::fmt::Display;
use std::io::Read;
use std::path::Path;

use deputize::text::Backticked;

use crate::input::source::Source;
use crate::output::{Error, shell};

/// Reads the statement `kind`, of at most `most` bytes, from a file, or from standard input for
/// `-`.
///
/// # Errors
///
/// If the file cannot be read or is too long.
pub fn read_bytes(kind: &str, path: &Path, most: u64) -> Result<Vec<u8>, Error> {
    let source = Source::open(path, &format!("the {kind}")).map_err(|e| error(path, e))?;
    let mut bytes = Vec::new();
    let limit = most.saturating_add(1);
    let length = source.take(limit).read_to_end(&mut bytes).map_err(|e| error(path, e))?;
    match u64::try_from(length).is_ok_and(|length| length <= most) {
        true => Ok(bytes),
        false => Err(error(path, format_args!("no {kind} has more than {most} bytes"))),
    }
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
