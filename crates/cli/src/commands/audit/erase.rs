//! `deputize audit erase`: values of a log are removed for good.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use deputize::FieldKind;
use deputize::text::Backticked;
use deputize_audit::{ErasedRange, ErasureReason, Log, LogError, LogSettings};
use time::{Duration, OffsetDateTime};

use crate::commands::audit::filter::Records;
use crate::commands::audit::verify::read_checkpoint;
use crate::input::keys::KeyArgs;
use crate::input::statement;
use crate::input::when::{AtArgs, When};
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
The service must have closed the log: one process writes it. The statement, signed by the key
of the log, becomes a record first; every proof about the rest still holds. What the values
could be found from goes with them: the holder's signature, reasons in words, results of the
calls, and other records of the same presentation. A large erasure has several statements; if
this command is interrupted, run it again. Blocks of the disk and backups are not
reached. Without --seen, a log that was set back to an earlier state is not noticed, and this
command signs a second history of it.

Example:
  deputize audit erase --key log.key --records 7-9 --kinds resource,argument --why request \\
    --seen newest.checkpoint /var/lib/crm/log
  deputize audit erase --key log.key --older-than 52w --kinds all --why retention \\
    /var/lib/crm/log";

/// The options of `audit erase`.
#[derive(Debug, Args)]
pub struct EraseArgs {
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// The record, or the first and the last one, such as 7 or 7-9; repeatable, ascending.
    #[arg(long, value_name = "RECORDS", required_unless_present = "older_than")]
    pub(crate) records: Vec<Records>,
    /// Instead of records: all that are older than this, 90d or 52w, or than a time in RFC 3339, and
    /// that no erasure is about yet.
    #[arg(long, value_name = "WHEN", conflicts_with = "records")]
    pub(crate) older_than: Option<String>,
    /// The kinds of the values, joined by commas, or all.
    #[arg(long, value_name = "KINDS")]
    pub(crate) kinds: Kinds,
    /// The reason: request, retention, law or mistake. It stays in the log.
    #[arg(long, value_name = "WHY")]
    pub(crate) why: String,
    /// The newest checkpoint that was kept elsewhere. A log that does not extend it was set back, and
    /// nothing is erased.
    #[arg(long, value_name = "FILE")]
    pub(crate) seen: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// The folder of the log.
    pub(crate) folder: PathBuf,
}

/// Kinds of values; `None` for all.
#[derive(Debug, Clone)]
pub struct Kinds(Option<Vec<FieldKind>>);

impl Kinds {
    fn of(&self, first: u64, last: u64) -> ErasedRange {
        ErasedRange { first, last, kinds: self.0.clone() }
    }
}

impl FromStr for Kinds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self(None));
        }
        let kind = |text: &str| {
            FieldKind::from_str(text).map_err(|_| {
                let all: Vec<_> = FieldKind::ALL.iter().map(|kind| kind.as_str()).collect();
                format!("{} is not a kind; the kinds are {}", Backticked(text), all.join(", "))
            })
        };
        text.split(',').map(kind).collect::<Result<_, _>>().map(|kinds| Self(Some(kinds)))
    }
}

/// Erases what the options ask for. Returns the records that have the statements.
fn erase(
    log: &Log,
    args: &EraseArgs,
    limit: Option<OffsetDateTime>,
    why: ErasureReason,
    now: OffsetDateTime,
) -> Result<Vec<u64>, LogError> {
    let ranges = match limit {
        Some(limit) => log.older_than(limit, args.kinds.0.as_deref())?,
        None => args.records.iter().map(|own| args.kinds.of(own.first, own.last)).collect(),
    };
    // Nothing may be old enough. An erasure of nothing else is a mistake.
    if limit.is_some() && ranges.is_empty() { Ok(Vec::new()) } else { log.erase(ranges, why, now) }
}

/// Returns the time before which records are old.
fn oldest(text: &str, now: OffsetDateTime) -> Result<OffsetDateTime, Error> {
    match text.parse().map_err(|why| Error::about("--older-than", why))? {
        When::At(time) => Ok(time),
        When::After(seconds) => Ok(now.saturating_sub(Duration::seconds(seconds.into()))),
    }
}

/// Erases values, and prints the record that has the statement.
///
/// # Errors
///
/// If an option is malformed, the log is open elsewhere, or the key is not that of the log.
pub fn run(args: &EraseArgs, output: &Output) -> Result<Outcome, Error> {
    let (key, now) = (args.key.signing_key()?, args.at.now()?);
    let why: ErasureReason = args.why.parse().map_err(|why| Error::about("--why", why))?;
    let limit = args.older_than.as_deref().map(|text| oldest(text, now)).transpose()?;
    let about = |why| statement::error(&args.folder, why);
    // Its names are those of the first record.
    let settings = LogSettings::new("", "");
    let seen = args.seen.as_deref().map(read_checkpoint).transpose()?;
    let log = Log::open(&args.folder, key, settings, seen.as_ref(), now).map_err(about)?;
    let erased = erase(&log, args, limit, why, now);
    log.close().map_err(about)?;
    let erased = erased.map_err(about)?;
    if erased.is_empty() {
        output.print("nothing to erase")?;
    }
    for index in erased {
        output.print(format_args!("erased; the statement is record {index}"))?;
    }
    Ok(Outcome::Done)
}
