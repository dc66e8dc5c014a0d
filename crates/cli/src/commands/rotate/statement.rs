//! The file of the successor statement.

use std::path::Path;

use deputize::{Signer, SigningKey, Successor};
use time::OffsetDateTime;

use crate::input::successors;
use crate::limits::MAX_SUCCESSOR_FILE_BYTES;
use crate::output::Error;
use crate::platform::Readers;
use crate::statement_file::StatementFile;

/// Writes the statement that `new` succeeds `old`, or reads it from the file. Beside it, returns
/// true if it was written.
///
/// # Errors
///
/// If the file has other content, or cannot be written.
pub(super) fn write(
    path: &Path,
    old: &SigningKey,
    new: &SigningKey,
    now: OffsetDateTime,
) -> Result<(Successor, bool), Error> {
    let file = StatementFile::new("--successor", path)?;
    // Faults of the keys are reported before a lock file is made.
    let open = Successor::prepare(old.public_key(), new.public_key(), now);
    open.map_err(|why| Error::about("--new-key", why))?;
    let locked = file.lock()?;
    let Some(bytes) = locked.read(MAX_SUCCESSOR_FILE_BYTES)? else {
        let own = Successor::sign(old, new, now).map_err(|why| file.error(why))?;
        locked.replace(own.to_text().as_bytes(), Readers::Everyone)?;
        return Ok((own, true));
    };
    let other =
        |why: String| file.error(format_args!("the file exists, and {why}; give another name"));
    let own = successors::parse(&bytes).map_err(other)?;
    match (own.old(), own.new_key()) == (old.public_key(), new.public_key()) {
        true => Ok((own, false)),
        false => Err(other(format!(
            "says that {} succeeds {}",
            own.new_key().fingerprint(),
            own.old().fingerprint()
        ))),
    }
}
