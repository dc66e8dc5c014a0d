//! `--batch`: from a stream of lines to a stream of answers.

use std::fs::File;
use std::io::{self, ErrorKind, Read, stdin};

use deputize::Verifier;
use time::OffsetDateTime;

use crate::args::AtArgs;
use crate::batch::{self, BatchError, Progress, Tally};
use crate::error::{Error, Outcome, Shown};
use crate::when;

/// Decides about every line.
///
/// # Errors
///
/// Where the input cannot be read or the answers cannot be written; and at the end, where a line
/// was none.
pub fn verify(source: Option<&str>, verifier: &Verifier, at: &AtArgs) -> Result<Outcome, Error> {
    let (lines, clock) = (Lines::open(source)?, clock(at)?);
    come_to(batch::verify(lines.input, io::stdout().lock(), verifier, clock, lines.progress))
}

/// Reports on every line, with what `verifier` finds where there is one.
///
/// # Errors
///
/// As [`verify`].
pub fn report(
    source: Option<&str>,
    verifier: Option<&Verifier>,
    at: &AtArgs,
) -> Result<Outcome, Error> {
    let (lines, clock) = (Lines::open(source)?, clock(at)?);
    come_to(batch::report(lines.input, io::stdout().lock(), verifier, clock, lines.progress))
}

/// What time it is for a line that does not say.
fn clock(at: &AtArgs) -> Result<impl Fn() -> OffsetDateTime + Sync, Error> {
    let fixed = at.at.as_deref().map(|at| when::now(Some(at))).transpose()?;
    Ok(move || fixed.unwrap_or_else(OffsetDateTime::now_utc))
}

struct Lines {
    input: Box<dyn Read + Send>,
    progress: Progress,
}

impl Lines {
    /// Opens the file after `@`, or standard input for `-` or nothing.
    fn open(source: Option<&str>) -> Result<Self, Error> {
        match source {
            None | Some("-") => {
                let progress = Progress::on_terminal(Progress::stdin_size());
                Ok(Self { input: Box::new(stdin()), progress })
            }
            Some(source) => {
                let Some(path) = source.strip_prefix('@') else {
                    return Err(Error::about(
                        "--batch",
                        "write `@FILE`, or give the lines on standard input",
                    ));
                };
                let about = |e| Error::about(format_args!("`{}`", Shown(path)), e);
                let file = File::open(path).map_err(about)?;
                let metadata = file.metadata().map_err(about)?;
                let size = Some(metadata).filter(std::fs::Metadata::is_file).map(|own| own.len());
                Ok(Self { input: Box::new(file), progress: Progress::on_terminal(size) })
            }
        }
    }
}

fn come_to(tally: Result<Tally, BatchError>) -> Result<Outcome, Error> {
    match tally {
        Err(BatchError::Output(e)) if e.kind() == ErrorKind::BrokenPipe => Err(Error::Unheard),
        Err(error) => Err(Error::new(error)),
        Ok(Tally { malformed: 0, denied: 0, .. }) => Ok(Outcome::Done),
        Ok(Tally { malformed: 0, .. }) => Ok(Outcome::Denied),
        Ok(tally) => {
            let (malformed, all) = (tally.malformed, tally.lines());
            Err(Error::new(format_args!(
                "{malformed} of {all} lines could not be read; their answers say why"
            )))
        }
    }
}
