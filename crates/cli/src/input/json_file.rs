//! JSON files that options name.

use std::fmt::Display;
use std::io::Read;
use std::path::Path;

use deputize::text::Backticked;

use crate::input::encoding::{self, EncodingError};
use crate::input::source::Source;
use crate::limits::MAX_JSON_FILE_BYTES;
use crate::output::{Error, shell};

/// Reads the text of the file that `option` names, or of standard input for `-`.
///
/// # Errors
///
/// If the file cannot be read, is too long, or is not text.
pub fn read(option: &str, path: &Path) -> Result<String, Error> {
    let mut bytes = Vec::new();
    let file = Source::open(path, option).map_err(|e| error(option, path, e))?;
    let limit = MAX_JSON_FILE_BYTES.saturating_add(1);
    let length = file.take(limit).read_to_end(&mut bytes).map_err(|e| error(option, path, e))?;
    if u64::try_from(length).unwrap_or(u64::MAX) > MAX_JSON_FILE_BYTES {
        return Err(error(
            option,
            path,
            format_args!("the file has more than {MAX_JSON_FILE_BYTES} bytes"),
        ));
    }
    let text = encoding::utf8(&bytes).map_err(|e| error(option, path, not_text(e, path)))?;
    Ok(text.to_owned())
}

fn not_text(why: EncodingError, path: &Path) -> String {
    match why.command(&shell::path(path), "NEW.json") {
        Some(command) => format!("{why}; convert it with `{command}`"),
        None => why.to_string(),
    }
}

/// Creates an error about the file that `option` names.
pub fn error(option: &str, path: &Path, why: impl Display) -> Error {
    let path = path.to_string_lossy();
    Error::about(format_args!("{option} {}", Backticked(&path)), why)
}
