//! `deputize audit tail`: the newest records of a log, as its service writes them.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

use clap::Args;
use deputize::RecordKind;
use deputize_audit::{LogError, LogTail, ReadRecord};
use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::audit::filter::{Filter, FilterArgs};
use crate::commands::audit::show::DecisionLine;
use crate::commands::audit::unpresented::UnpresentedLine;
use crate::input::statement;
use crate::limits::TAIL_INTERVAL;
use crate::output::format::DataFormat;
use crate::output::granted::at;
use crate::output::{Error, Outcome, Output};
use crate::platform;

/// The example in the help.
pub const EXAMPLE: &str = "\
Unlike `audit verify` and `audit show`, this command does not verify the log: it reads the
records that are there, also while the service writes. A record that no checkpoint covers yet is
marked. With an option that chooses decisions, only decisions are shown. With --format json,
each line is a JSON object.

--follow ends with an interrupt (Ctrl-C), or when the reader of standard output does.

Example:
  deputize audit tail --follow /var/lib/crm/log --agent researcher";

/// The options of `audit tail`.
#[derive(Debug, Args)]
pub struct TailArgs {
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Go on with the records that the service writes from now on.
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// The number of records to begin with.
    #[arg(long, short = 'n', value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u16))]
    pub(crate) lines: u16,
    /// The format: lines of text, or a JSON object in each line.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DataFormat,
    /// The folder of the log.
    pub(crate) folder: PathBuf,
}

/// A record of a log in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TailLine {
    /// False if the newest checkpoint does not cover the record yet.
    covered: bool,
    /// The record.
    #[serde(flatten)]
    contents: Contents,
}

/// The contents of a record, by its kind.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Contents {
    /// A decision about a call.
    Decision(Box<DecisionLine>),
    /// The outcome of a call.
    Outcome {
        #[serde(flatten)]
        place: Place,
        /// The index of the record of the decision.
        of: u64,
        /// The result: `done`, `failed` or `unknown`.
        result: &'static str,
    },
    /// Refused calls that have no record each.
    Refusals {
        #[serde(flatten)]
        place: Place,
        /// The time of the last of them, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        until: String,
        /// The id of the first hop of their chains; absent for unknown callers.
        #[serde(skip_serializing_if = "Option::is_none")]
        first_hop: Option<String>,
        /// The number of calls by their first deny code.
        refused: BTreeMap<&'static str, u64>,
    },
    /// A call that went out while the service observed, and for which no presentation counts.
    Unpresented(Box<UnpresentedLine>),
    /// Such calls that have no record each.
    #[serde(rename = "more_unpresented")]
    MoreUnpresented {
        #[serde(flatten)]
        place: Place,
        /// The time of the last of them, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        until: String,
        /// The number of calls by their first deny code.
        unpresented: BTreeMap<&'static str, u64>,
    },
    /// Values were erased.
    Erasure {
        #[serde(flatten)]
        place: Place,
    },
    /// The service opened the log, and found something behind its last checkpoint.
    Recovery {
        #[serde(flatten)]
        place: Place,
        /// The number of records there, which were kept.
        kept: u64,
        /// The number of bytes behind them, which were cut off.
        cut: u64,
    },
    /// The log begins, or the record is of a kind that this version does not know.
    Log {
        #[serde(flatten)]
        place: Place,
    },
}

/// The place and the time of a record.
#[derive(Debug, Serialize, JsonSchema)]
struct Place {
    /// The index of the record.
    record: u64,
    /// The time that it states, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    at: String,
}

/// Prints the newest records of a log, and follows it if asked to.
///
/// # Errors
///
/// If an option is malformed, there is no log in the folder, or a file of it is damaged.
pub fn run(args: &TailArgs, output: &Output) -> Result<Outcome, Error> {
    let chosen = Chosen { args, filter: Filter::of(&args.filter)? };
    let error = |why: LogError| statement::error(&args.folder, why);
    let mut tail = LogTail::of_last_segment(&args.folder).map_err(error)?;
    let newest = chosen.newest(&mut tail).map_err(error)?;
    chosen.print(&newest, &tail, output)?;
    if !args.follow {
        return Ok(Outcome::Done);
    }
    loop {
        let records = tail.read().map_err(error)?;
        if !records.is_empty() {
            let records = records.into_iter().filter(|own| chosen.has(own)).collect();
            chosen.print(&records, &tail, output)?;
        } else if platform::wait_or_stdout_unread(TAIL_INTERVAL) {
            return Ok(Outcome::Done);
        }
    }
}

/// The records that the options ask for.
struct Chosen<'a> {
    args: &'a TailArgs,
    filter: Filter<'a>,
}

impl Chosen<'_> {
    fn has(&self, record: &ReadRecord) -> bool {
        match &record.core.kind {
            RecordKind::Decision(_) | RecordKind::Unpresented(_) => self.filter.has(record),
            _ => !self.args.filter.is_given(),
        }
    }

    /// Returns the last of the records that are there, in their order, from as many segments as they need.
    fn newest(&self, tail: &mut LogTail) -> Result<VecDeque<ReadRecord>, LogError> {
        let most = usize::from(self.args.lines);
        let mut before = tail.of_segment_before();
        let mut newest = self.last_of(tail, None, most)?;
        while newest.len() < most
            && let Some(mut segment) = before
        {
            before = segment.of_segment_before();
            let end = newest_index(&segment);
            let room = most.saturating_sub(newest.len());
            let mut earlier = self.last_of(&mut segment, Some(end), room)?;
            earlier.append(&mut newest);
            newest = earlier;
        }
        Ok(newest)
    }

    /// Returns the last of the records up to an index, or to the end.
    fn last_of(
        &self,
        tail: &mut LogTail,
        end: Option<u64>,
        most: usize,
    ) -> Result<VecDeque<ReadRecord>, LogError> {
        let mut last = VecDeque::new();
        while end.is_none_or(|end| tail.next_index() < end) {
            let records = tail.read()?;
            if records.is_empty() {
                break;
            }
            for record in records.into_iter().filter(|own| self.has(own)) {
                last.push_back(record);
                if last.len() > most {
                    last.pop_front();
                }
            }
        }
        Ok(last)
    }

    fn print(
        &self,
        records: &VecDeque<ReadRecord>,
        tail: &LogTail,
        output: &Output,
    ) -> Result<(), Error> {
        if records.is_empty() {
            return Ok(());
        }
        // After the records were read, so none is marked that was covered then.
        let covered = tail.covered().map_err(|why| statement::error(&self.args.folder, why))?;
        for record in records {
            let line = TailLine::of(record, record.core.index < covered);
            match self.args.format {
                DataFormat::Text => output.print(line.text())?,
                DataFormat::Json => output.print_json_line(&line)?,
            }
        }
        Ok(())
    }
}

/// Returns the index of the first record behind a segment of which nothing was read.
fn newest_index(segment: &LogTail) -> u64 {
    segment.next_index().saturating_add(LogTail::SEGMENT_RECORDS)
}

impl TailLine {
    fn of(record: &ReadRecord, covered: bool) -> Self {
        let place = Place { record: record.core.index, at: at(record.core.at) };
        let contents = match &record.core.kind {
            RecordKind::Decision(decision) => {
                Contents::Decision(Box::new(DecisionLine::of(record, decision)))
            }
            RecordKind::Outcome { of, result } => {
                Contents::Outcome { place, of: *of, result: result.as_str() }
            }
            RecordKind::Refusals(own) => Contents::Refusals {
                place,
                until: at(own.until),
                first_hop: own.first_hop.map(|own| own.to_string()),
                refused: own.refused.clone(),
            },
            RecordKind::Unpresented(own) => {
                Contents::Unpresented(Box::new(UnpresentedLine::of(record, own)))
            }
            RecordKind::MoreUnpresented(own) => Contents::MoreUnpresented {
                place,
                until: at(own.until),
                unpresented: own.counted.clone(),
            },
            RecordKind::Erasure { .. } => Contents::Erasure { place },
            RecordKind::Recovery { kept, cut } => {
                Contents::Recovery { place, kept: *kept, cut: *cut }
            }
            _ => Contents::Log { place },
        };
        Self { covered, contents }
    }

    fn text(&self) -> String {
        let line = match &self.contents {
            Contents::Decision(own) => own.text(),
            Contents::Outcome { place, of, result } => {
                place.text(format_args!("{result}  the call of record {of}"))
            }
            Contents::Refusals { place, until, first_hop, refused } => {
                let (total, codes) = counts(refused);
                let of = match first_hop {
                    Some(id) => format!("below the first hop {id}"),
                    None => "of unknown callers".to_owned(),
                };
                place.text(format_args!("refused  {total} more calls {of} until {until} [{codes}]"))
            }
            Contents::Unpresented(own) => own.text(),
            Contents::MoreUnpresented { place, until, unpresented } => {
                let (total, codes) = counts(unpresented);
                place.text(format_args!(
                    "unpresented, and were made  {total} more calls of unknown callers until {until} [{codes}]"
                ))
            }
            Contents::Erasure { place } => place.text("erased  values, by a signed statement"),
            Contents::Recovery { place, kept, cut } => place.text(format_args!(
                "recovered  {kept} records without a checkpoint, and {cut} bytes were cut off"
            )),
            Contents::Log { place } => place.text("the log begins"),
        };
        if self.covered { line } else { format!("{line}  not covered yet") }
    }
}

/// Returns the number of calls, and the numbers by code in words.
fn counts(by_code: &BTreeMap<&'static str, u64>) -> (u64, String) {
    let codes: Vec<_> = by_code.iter().map(|(code, count)| format!("{code} {count}")).collect();
    (by_code.values().copied().fold(0, u64::saturating_add), codes.join(", "))
}

impl Place {
    fn text(&self, contents: impl std::fmt::Display) -> String {
        format!("{}  {contents}  (record {})", self.at, self.record)
    }
}
