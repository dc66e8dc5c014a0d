//! `--batch`: from a stream of lines to a stream of answers.

use std::fs::File;
use std::io::{self, ErrorKind, Read, stdin};

use deputize::{ChainCache, Verifier};

use crate::args::{AtArgs, ManyArgs, ReportArgs, VerifyArgs};
use crate::batch::{self, BatchError, Clock, Progress, Tally};
use crate::error::{Error, Outcome, Shown};
use crate::when;

/// Chains that are remembered: some 4 to 30 MB of ordinary ones, and 64 at the most.
const CHAINS: usize = 1_000;

/// Decides about every line.
///
/// # Errors
///
/// Where the input cannot be read or the answers cannot be written; and at the end, where a line
/// was none.
pub fn verify(args: &VerifyArgs, verifier: &Verifier) -> Result<Outcome, Error> {
    let clock = clock(&args.at, &args.many)?;
    let Lines { input, progress } = Lines::open(args.presentation.as_deref())?;
    let verifier = remembering(verifier);
    come_to(batch::verify(input, io::stdout().lock(), &verifier, clock, progress))
}

/// Reports on every line, with what `verifier` finds where there is one.
///
/// # Errors
///
/// As [`verify`].
pub fn report(args: &ReportArgs, verifier: Option<&Verifier>) -> Result<Outcome, Error> {
    let clock = clock(&args.at, &args.many)?;
    let Lines { input, progress } = Lines::open(args.token.as_deref())?;
    let verifier = verifier.map(remembering);
    come_to(batch::report(input, io::stdout().lock(), verifier.as_ref(), clock, progress))
}

/// The same verifier; in many lines are many calls with one token.
fn remembering(verifier: &Verifier) -> Verifier {
    verifier.clone().with_cache(ChainCache::new(CHAINS))
}

fn clock(at: &AtArgs, many: &ManyArgs) -> Result<Clock, Error> {
    match at.at.as_deref() {
        _ if many.at_from_lines => Ok(Clock::Lines),
        None => Ok(Clock::System),
        Some(text) => when::now(Some(text)).map(Clock::Fixed),
    }
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
        Ok(tally) => match tally.exit_code() {
            0 => Ok(Outcome::Done),
            1 => Ok(Outcome::Denied),
            _ => {
                let (malformed, all) = (tally.malformed, tally.lines());
                Err(Error::new(format_args!(
                    "{malformed} of {all} lines could not be read; their answers say why"
                )))
            }
        },
    }
}
