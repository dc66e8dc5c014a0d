//! `--batch` of `verify` and `report`: many lines in, an answer for each.

use std::fs::Metadata;
use std::io::{self, ErrorKind};
use std::path::Path;

use clap::Args;
use deputize::text::Backticked;
use deputize::{ChainCache, Verifier};

use crate::batch::{self, BatchError, Clock, Progress, Tally};
use crate::input::source::Source;
use crate::input::when::AtArgs;
use crate::limits::CACHED_CHAINS;
use crate::output::{Error, Outcome};

/// The clock of a batch.
#[derive(Debug, Args)]
pub struct BatchArgs {
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// With --batch, take the time from each line: "at":"2026-11-23T18:00:00Z". This trusts the
    /// author of the lines with the clock.
    #[arg(long, requires = "batch", conflicts_with = "at")]
    pub(crate) at_from_lines: bool,
}

impl BatchArgs {
    fn clock(&self) -> Result<Clock, Error> {
        match self.at.at {
            _ if self.at_from_lines => Ok(Clock::Lines),
            None => Ok(Clock::System),
            Some(_) => self.at.now().map(Clock::Fixed),
        }
    }
}

/// Decides about each line of the file after `@`, or of standard input.
///
/// # Errors
///
/// If the input or the output fails, and, at the end, if a line was invalid.
pub fn verify(
    source: Option<&str>,
    args: &BatchArgs,
    verifier: &Verifier,
) -> Result<Outcome, Error> {
    let clock = args.clock()?;
    let Lines { input, progress } = Lines::open(source)?;
    let verifier = with_cache(verifier);
    outcome(batch::verify(input, io::stdout().lock(), &verifier, clock, progress))
}

/// Reports on each line, unverified if there is no verifier.
///
/// # Errors
///
/// As [`verify`].
pub fn report(
    source: Option<&str>,
    args: &BatchArgs,
    verifier: Option<&Verifier>,
) -> Result<Outcome, Error> {
    let clock = args.clock()?;
    let Lines { input, progress } = Lines::open(source)?;
    let verifier = verifier.map(with_cache);
    outcome(batch::report(input, io::stdout().lock(), verifier.as_ref(), clock, progress))
}

/// Adds a cache of chains: many lines may have calls with one token.
fn with_cache(verifier: &Verifier) -> Verifier {
    verifier.clone().with_cache(ChainCache::new(CACHED_CHAINS))
}

struct Lines {
    input: Source,
    progress: Progress,
}

impl Lines {
    /// Opens the file after `@`, or standard input for `-` or nothing.
    fn open(source: Option<&str>) -> Result<Self, Error> {
        let reader = "the lines of --batch";
        let input = match source {
            None | Some("-") => {
                Source::standard_input(reader).map_err(|e| Error::about("--batch", e))?
            }
            Some(source) => {
                let Some(path) = source.strip_prefix('@') else {
                    return Err(Error::about(
                        "--batch",
                        "write `@FILE`, or give the lines on standard input",
                    ));
                };
                Source::open(Path::new(path), reader)
                    .map_err(|e| Error::about(Backticked(path), e))?
            }
        };
        let size = input.metadata().filter(|data| data.is_file()).map(Metadata::len);
        Ok(Self { input, progress: Progress::on_terminal(size) })
    }
}

fn outcome(tally: Result<Tally, BatchError>) -> Result<Outcome, Error> {
    match tally {
        Err(BatchError::Output(e)) if e.kind() == ErrorKind::BrokenPipe => Err(Error::OutputClosed),
        Err(error) => Err(Error::new(error)),
        Ok(tally) => match tally.exit_code() {
            0 => Ok(Outcome::Done),
            1 => Ok(Outcome::Refused),
            _ => {
                let (malformed, all) = (tally.malformed, tally.lines());
                Err(Error::new(format_args!(
                    "{malformed} of {all} lines could not be read; their answers say why"
                )))
            }
        },
    }
}
