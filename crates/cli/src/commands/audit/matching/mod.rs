//! `deputize audit match`: numbered presentations, set beside the records of services.

pub mod text;
pub mod json;

use std::iter;
use std::path::{Path, PathBuf};

use clap::Args;
use deputize_audit::{
    FolderFiles, LogReader, Matched, PresentedLine, ReadRecord, SeriesMatcher, Verdict,
};
use time::OffsetDateTime;

use self::json::MatchedJson;
use crate::commands::audit::verify::verify_to_print;
use crate::input::statement;
use crate::output::format::DataFormat;
use crate::output::{Error, Outcome, Output};
use crate::presented_file;

/// The example in the help.
pub const EXAMPLE: &str = "\
A holder that counts numbers its presentations of one token to one service. Without --presented,
the numbers between those that were recorded are compared; what follows the last one is not
missed. A record that no checkpoint covers yet does not count. Exit status 1 if a number is
missing, or a log is not whole.

Example:
  deputize audit match /var/lib/crm/log-1 /var/lib/crm/log-2 --presented researcher.presented";

/// The options of `audit match`.
#[derive(Debug, Args)]
pub struct MatchArgs {
    /// A file in which a holder noted its presentations, as `present --presented-log` writes it;
    /// repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) presented: Vec<PathBuf>,
    /// The format: lines of text, or JSON.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DataFormat,
    /// The folders of the logs: all those of one service, one for each verifier.
    #[arg(required = true)]
    pub(crate) folder: Vec<PathBuf>,
}

/// Prints which numbers are missing.
///
/// # Errors
///
/// If there is no log in a folder, or a file is not one of notes.
pub fn run(args: &MatchArgs, output: &Output) -> Result<Outcome, Error> {
    let verdicts = args.folder.iter().map(|folder| verify_to_print(folder, output));
    let verdicts: Vec<_> = verdicts.collect::<Result<_, _>>()?;
    let all_whole = verdicts.iter().all(Verdict::is_whole);
    let matched = matched(args, &verdicts)?;
    match args.format {
        DataFormat::Text => output.print(text::text(&matched, !args.presented.is_empty()))?,
        DataFormat::Json => output.print_json(&MatchedJson::of(&matched))?,
    }
    Ok(if matched.is_complete() && all_whole { Outcome::Done } else { Outcome::Refused })
}

/// Something to match, with its time.
enum Item {
    Record(Box<ReadRecord>),
    Noted(Box<PresentedLine>),
}

impl Item {
    fn at(&self) -> OffsetDateTime {
        match self {
            Self::Record(record) => record.core.at,
            Self::Noted(line) => line.at,
        }
    }
}

type Items<'a> = Box<dyn Iterator<Item = Result<Item, Error>> + 'a>;

/// Reads all logs and notes in the order of their times, as far as each is in it, so that little must be
/// held.
fn matched(args: &MatchArgs, verdicts: &[Verdict]) -> Result<Matched, Error> {
    let files: Vec<_> =
        args.folder.iter().map(|folder| (folder, FolderFiles::new(folder))).collect();
    let mut sources: Vec<iter::Peekable<Items<'_>>> = Vec::new();
    for path in &args.presented {
        let lines = presented_file::lines(path)?;
        let items: Items<'_> =
            Box::new(lines.map(|line| line.map(|own| Item::Noted(Box::new(own)))));
        sources.push(items.peekable());
    }
    for ((folder, files), verdict) in files.iter().zip(verdicts) {
        let items: Items<'_> = Box::new(records(folder, files, verdict.head.size()));
        sources.push(items.peekable());
    }
    let mut matcher = SeriesMatcher::default();
    loop {
        let next = sources.iter_mut().enumerate().filter_map(|(place, source)| {
            let time = source.peek()?.as_ref().ok().map(Item::at);
            Some((time, place))
        });
        // An error has no time, and comes first.
        let Some((_, place)) = next.min() else { return Ok(matcher.finish()) };
        match sources.get_mut(place).and_then(Iterator::next).transpose()? {
            Some(Item::Record(record)) => matcher.recorded(&record),
            Some(Item::Noted(line)) => matcher.presented(&line),
            None => {}
        }
    }
}

fn records<'a>(
    folder: &'a Path,
    files: &'a FolderFiles,
    size: u64,
) -> impl Iterator<Item = Result<Item, Error>> + 'a {
    let mut reader = LogReader::new(files).up_to(size);
    iter::from_fn(move || {
        let next = reader.next_record().map_err(|why| statement::error(folder, why)).transpose()?;
        Some(next.map(|record| Item::Record(Box::new(record))))
    })
}
