//! `deputize audit match`: numbered presentations, set beside the records of services.

use std::iter;
use std::path::{Path, PathBuf};

use clap::Args;
use deputize::HopId;
use deputize::text::Quoted;
use deputize_audit::{
    FolderFiles, Gap, LogReader, LogVerifier, Matched, NumberedSeries, PresentedLine, ReadRecord,
    SeriesMatcher,
};
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;

use crate::commands::audit::verify::verify;
use crate::input::statement;
use crate::output::format::DataFormat;
use crate::output::granted::at;
use crate::output::{Error, Outcome, Output};
use crate::presented_file;

/// The example in the help.
pub const EXAMPLE: &str = "\
A holder that counts numbers its presentations of one token to one service. Without --presented,
the numbers between those that were recorded are compared; what follows the last one is not
missed. Exit status 1 if a number is missing, or a log is not whole.

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

/// The sentence about absence, from docs/EVIDENCE.md.
const ABSENCE: &str = "\
A missing number was never sent, lost on the way, received by another verifier, refused without
being charged, counted in a record of refusals, dropped before a decision, or left out by a log;
which of these cannot be told from the gap. It proves something only beside an answer that the
service signed. What follows the last number seen is not missed.";

/// The result in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MatchedJson {
    /// True if no number is missing.
    complete: bool,
    /// The number of presentations that holders noted.
    presented: u64,
    /// The number of presentations that were recorded, each once.
    recorded: u64,
    /// The number of numbers that no log has.
    missing: u64,
    /// The series, at most a thousand of them.
    series: Vec<SeriesJson>,
    /// The number of further series.
    more_series: u64,
    /// The number of gaps that the series do not list.
    more_gaps: u64,
    /// The number of records of a presentation that an earlier record has: one deed, repeated.
    repeated: u64,
    /// The numbers with two presentations: a fault of the holder, and not of a log.
    doubled: Vec<DoubledJson>,
    /// The number of further ones.
    more_doubled: u64,
    /// The number of charged decisions whose holder does not count.
    uncounted: u64,
    /// The number of presentations that were read too late to be compared.
    late: u64,
    /// The number of series that were forgotten, since too many were held.
    forgotten: u64,
    /// What a missing number means.
    absence: &'static str,
}

/// A series in JSON.
#[derive(Debug, Serialize, JsonSchema)]
struct SeriesJson {
    /// The series.
    #[schemars(extend("pattern" = "^[0-9a-f]{16}$"))]
    series: String,
    /// The id of hop 0 of the token.
    first_hop: HopId,
    /// The id of the last hop of the token.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_hop: Option<HopId>,
    /// The name of the holder, by a record.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// The service.
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<String>,
    /// The number of presentations that the holder noted, if it noted one of this series.
    #[serde(skip_serializing_if = "Option::is_none")]
    presented: Option<u64>,
    /// The number of presentations that were recorded.
    recorded: u64,
    /// The greatest number that was seen.
    last: u64,
    /// The number of numbers up to it that no log has.
    missing: u64,
    /// The gaps, ascending.
    gaps: Vec<GapJson>,
}

/// Numbers that no log has, one after the other, in JSON.
#[derive(Debug, Serialize, JsonSchema)]
struct GapJson {
    /// The first number.
    first: u64,
    /// The last number.
    last: u64,
    /// The number of them that the holder noted.
    presented: u64,
    /// The time of the record before them, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    /// The time of the record behind them, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// The time at which the holder made the first that it noted, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_from: Option<String>,
    /// The time at which the holder made the last that it noted, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_until: Option<String>,
}

/// A number with two presentations in JSON.
#[derive(Debug, Serialize, JsonSchema)]
struct DoubledJson {
    /// The series.
    series: String,
    /// The number.
    count: u64,
    /// The ids of the presentations.
    presentations: [HopId; 2],
}

/// Prints which numbers are missing.
///
/// # Errors
///
/// If there is no log in a folder, or a file is not one of notes.
pub fn run(args: &MatchArgs, output: &Output) -> Result<Outcome, Error> {
    let mut all_whole = true;
    for folder in &args.folder {
        let verdict = verify(folder, &LogVerifier::default().without_values())?;
        if !verdict.is_whole() {
            let name = statement::name(folder);
            output.note(format_args!(
                "WARNING: the log {name} is not whole; `deputize audit verify` says why"
            ));
            all_whole = false;
        }
    }
    let matched = matched(args)?;
    match args.format {
        DataFormat::Text => output.print(text(&matched, !args.presented.is_empty()))?,
        DataFormat::Json => output.print_json(&json(&matched))?,
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
fn matched(args: &MatchArgs) -> Result<Matched, Error> {
    let files: Vec<_> =
        args.folder.iter().map(|folder| (folder, FolderFiles::new(folder))).collect();
    let mut sources: Vec<iter::Peekable<Items<'_>>> = Vec::new();
    for path in &args.presented {
        let lines = presented_file::lines(path)?;
        let items: Items<'_> =
            Box::new(lines.map(|line| line.map(|own| Item::Noted(Box::new(own)))));
        sources.push(items.peekable());
    }
    for (folder, files) in &files {
        let items: Items<'_> = Box::new(records(folder, files));
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
) -> impl Iterator<Item = Result<Item, Error>> + 'a {
    let mut reader = LogReader::new(files);
    iter::from_fn(move || {
        let next = reader.next_record().map_err(|why| statement::error(folder, why)).transpose()?;
        Some(next.map(|record| Item::Record(Box::new(record))))
    })
}

fn text(matched: &Matched, with_notes: bool) -> String {
    let mut lines = Vec::new();
    for own in &matched.series {
        let quoted = |text: &Option<String>| {
            text.as_ref().map_or("(not shown)".to_owned(), |text| Quoted(text).to_string())
        };
        let presented = match own.presented {
            Some(presented) => format!("{presented} presented"),
            None => format!("up to number {}", own.last),
        };
        lines.push(format!(
            "{} at {}, series {}: {presented}, {} recorded, {} missing",
            quoted(&own.agent),
            quoted(&own.audience),
            hex(own.series),
            own.recorded,
            own.missing
        ));
        lines.extend(own.gaps.iter().map(gap_text));
    }
    let mut add = |count: u64, text: &str| {
        if count > 0 {
            lines.push(format!("{count} {text}"));
        }
    };
    add(matched.more_series, "further series");
    add(matched.more_gaps, "further gaps");
    add(
        matched.repeated,
        "records of a presentation that an earlier record has: one deed, repeated by an unknown party",
    );
    add(matched.uncounted, "charged decisions without a number: their holders do not count");
    add(
        matched.late,
        "presentations read too late to be compared, which can be some of the missing ones",
    );
    add(matched.forgotten, "series forgotten, since too many were held");
    for own in &matched.doubled {
        let (series, count) = (hex(own.series), own.count);
        lines.push(format!(
            "number {count} of series {series} has two presentations, {} and {}: a fault of the holder, and not of a log",
            own.first, own.other
        ));
    }
    if matched.more_doubled > 0 {
        lines.push(format!("{} further numbers with two presentations", matched.more_doubled));
    }
    let presented = match with_notes {
        true => format!("{} presented, ", matched.presented),
        false => String::new(),
    };
    lines.push(format!(
        "in all: {presented}{} recorded, {} missing",
        matched.recorded, matched.missing
    ));
    lines.push(ABSENCE.to_owned());
    lines.join("\n")
}

fn gap_text(gap: &Gap) -> String {
    let numbers = match gap.first == gap.last {
        true => format!("number {} is missing", gap.first),
        false => format!("numbers {} to {} are missing", gap.first, gap.last),
    };
    let when = match (gap.after, gap.before) {
        (Some(after), Some(before)) => format!(", between {} and {}", at(after), at(before)),
        (Some(after), None) => format!(", after {}", at(after)),
        (None, Some(before)) => format!(", before {}", at(before)),
        (None, None) => String::new(),
    };
    let sent = match gap.sent {
        Some((from, until)) if from == until => format!("; its holder made it at {}", at(from)),
        Some((from, until)) => {
            format!(
                "; the holder made {} of them from {} to {}",
                gap.presented,
                at(from),
                at(until)
            )
        }
        None => String::new(),
    };
    format!("  {numbers}{when}{sent}")
}

fn json(matched: &Matched) -> MatchedJson {
    let gap = |own: &Gap| GapJson {
        first: own.first,
        last: own.last,
        presented: own.presented,
        after: own.after.map(at),
        before: own.before.map(at),
        sent_from: own.sent.map(|(from, _)| at(from)),
        sent_until: own.sent.map(|(_, until)| at(until)),
    };
    let series = |own: &NumberedSeries| SeriesJson {
        series: hex(own.series),
        first_hop: own.first_hop,
        last_hop: own.last_hop,
        agent: own.agent.clone(),
        audience: own.audience.clone(),
        presented: own.presented,
        recorded: own.recorded,
        last: own.last,
        missing: own.missing,
        gaps: own.gaps.iter().map(gap).collect(),
    };
    let doubled = |own: &deputize_audit::DoubledNumber| DoubledJson {
        series: hex(own.series),
        count: own.count,
        presentations: [own.first, own.other],
    };
    MatchedJson {
        complete: matched.is_complete(),
        presented: matched.presented,
        recorded: matched.recorded,
        missing: matched.missing,
        series: matched.series.iter().map(series).collect(),
        more_series: matched.more_series,
        more_gaps: matched.more_gaps,
        repeated: matched.repeated,
        doubled: matched.doubled.iter().map(doubled).collect(),
        more_doubled: matched.more_doubled,
        uncounted: matched.uncounted,
        late: matched.late,
        forgotten: matched.forgotten,
        absence: ABSENCE,
    }
}

fn hex(series: [u8; 8]) -> String {
    format!("{:016x}", u64::from_be_bytes(series))
}
