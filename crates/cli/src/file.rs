//! Files in JSON that options name.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Shown};

/// The most that is read of a file: 64 capabilities with everything they may hold have less.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The text of a file that `option` names.
///
/// # Errors
///
/// Where the file cannot be read, is too long, or no text.
pub fn read(option: &str, path: &Path) -> Result<String, Error> {
    let mut text = String::new();
    let file = File::open(path).map_err(|e| error(option, path, e))?;
    let limit = MAX_BYTES.saturating_add(1);
    let length = file.take(limit).read_to_string(&mut text).map_err(|e| error(option, path, e))?;
    if u64::try_from(length).unwrap_or(u64::MAX) > MAX_BYTES {
        return Err(error(option, path, format_args!("more than {MAX_BYTES} bytes are not read")));
    }
    Ok(text)
}

/// What is wrong with a file that `option` names.
pub fn error(option: &str, path: &Path, why: impl std::fmt::Display) -> Error {
    let (path, why) = (path.to_string_lossy(), why.to_string());
    // The library and `serde_json` quote what a stranger wrote.
    Error::about(format_args!("{option} `{}`", Shown(&path)), Shown(&why))
}
