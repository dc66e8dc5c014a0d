//! JSON files that options name.

use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use deputize::text::Backticked;

use crate::limits::MAX_JSON_FILE_BYTES;
use crate::output::Error;

/// Reads the text of the file that `option` names.
///
/// # Errors
///
/// If the file cannot be read, is too long, or is not text.
pub fn read(option: &str, path: &Path) -> Result<String, Error> {
    let mut text = String::new();
    let file = File::open(path).map_err(|e| error(option, path, e))?;
    let limit = MAX_JSON_FILE_BYTES.saturating_add(1);
    let length = file.take(limit).read_to_string(&mut text).map_err(|e| error(option, path, e))?;
    if u64::try_from(length).unwrap_or(u64::MAX) > MAX_JSON_FILE_BYTES {
        return Err(error(
            option,
            path,
            format_args!("the file has more than {MAX_JSON_FILE_BYTES} bytes"),
        ));
    }
    Ok(text)
}

/// Creates an error about the file that `option` names.
pub fn error(option: &str, path: &Path, why: impl Display) -> Error {
    let path = path.to_string_lossy();
    Error::about(format_args!("{option} {}", Backticked(&path)), why)
}
