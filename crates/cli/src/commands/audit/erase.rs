//! `deputize audit erase`: values of a log are removed for good.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use deputize::FieldKind;
use deputize::text::Backticked;
use deputize_audit::{ErasedRange, ErasureReason, Log, LogSettings};

use crate::commands::audit::filter::Records;
use crate::input::keys::KeyArgs;
use crate::input::statement;
use crate::input::when::AtArgs;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
The service must have closed the log: one process writes it. The statement, signed by the key
of the log, becomes a record first; every proof about the rest still holds. What the values
could be found from goes with them: the holder's signature, reasons in words, results of the
calls, and other records of the same presentation. Blocks of the disk and backups are not
reached.

Example:
  deputize audit erase --key log.key --records 7-9 --kinds resource,argument --why request \\
    /var/lib/crm/log";

/// The options of `audit erase`.
#[derive(Debug, Args)]
pub struct EraseArgs {
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    /// The record, or the first and the last one, such as 7 or 7-9; repeatable, ascending.
    #[arg(long, value_name = "RECORDS", required = true)]
    pub(crate) records: Vec<Records>,
    /// The kinds of the values, joined by commas, or all.
    #[arg(long, value_name = "KINDS")]
    pub(crate) kinds: Kinds,
    /// The reason: request, retention, law or mistake. It stays in the log.
    #[arg(long, value_name = "WHY")]
    pub(crate) why: String,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// The folder of the log.
    pub(crate) folder: PathBuf,
}

/// Kinds of values; `None` for all.
#[derive(Debug, Clone)]
pub struct Kinds(Option<Vec<FieldKind>>);

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

/// Erases values, and prints the record that has the statement.
///
/// # Errors
///
/// If an option is malformed, the log is open elsewhere, or the key is not that of the log.
pub fn run(args: &EraseArgs, output: &Output) -> Result<Outcome, Error> {
    let (key, now) = (args.key.signing_key()?, args.at.now()?);
    let why: ErasureReason = args.why.parse().map_err(|why| Error::about("--why", why))?;
    let about = |why| statement::error(&args.folder, why);
    // Its names are those of the first record.
    let log = Log::open(&args.folder, key, LogSettings::new("", ""), None, now).map_err(about)?;
    let ranges = args.records.iter().map(|own| ErasedRange {
        first: own.first,
        last: own.last,
        kinds: args.kinds.0.clone(),
    });
    let erased = log.erase(ranges, why, now);
    log.close().map_err(about)?;
    let index = erased.map_err(about)?;
    output.print(format_args!("erased; the statement is record {index}"))?;
    Ok(Outcome::Done)
}
