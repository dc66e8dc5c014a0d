//! `deputize audit export`: the decisions of a log for the systems that collect events, and its records
//! for a static file server.

pub mod event;
pub mod ocsf;
pub mod cloud_events;

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use deputize_audit::{FolderFiles, LogError, LogReader, export_tiles};

use self::cloud_events::CloudEvent;
use self::event::Decided;
use self::ocsf::OcsfEvent;
use crate::commands::audit::filter::{Filter, FilterArgs};
use crate::commands::audit::verify::verify_to_print;
use crate::input::statement;
use crate::output::count::Count;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
Each line is a JSON object. With ocsf, each hop of the chain has an event of its own, since an event
names one delegation; they share `metadata.correlation_uid`, and the last one is the call. Events
are claims: the proof of each is in the log, by its index. A record that no checkpoint covers yet
has no event. Exit status 1 if the log is not whole.

With tiles, the folder of --output gets files that any static file server can publish as a log of
C2SP tlog-tiles: checkpoint, tile/L/N, and the records in tile/entries/N. The records are without
their values: only commitments, times, codes and ids are in them, and the statements of
erasures, with the chain of whoever erased by a delegated power. The checkpoint is written last.
Exit status 2 if the records are not those of the checkpoint; it is not written then.

Example:
  deputize audit export /var/lib/crm/log --format ocsf --refused > refused.ocsf.jsonl
  deputize audit export /var/lib/crm/log --format tiles --output /var/www/crm-log";

/// The options of `audit export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// The format.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: ExportFormat,
    /// With tiles: the folder to write to, which must be empty or new.
    #[arg(long, value_name = "FOLDER", required_if_eq("format", "tiles"))]
    pub(crate) output: Option<PathBuf>,
    /// The folder of the log.
    pub(crate) folder: PathBuf,
}

/// The formats of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// The Open Cybersecurity Schema Framework, API activity.
    Ocsf,
    /// CloudEvents 1.0 of the CNCF.
    Cloudevents,
    /// Tiles and entry bundles of C2SP: the records without values, in a folder.
    Tiles,
}

/// Prints the events of the decisions that the options ask for, or writes the tiles.
///
/// # Errors
///
/// If an option is malformed or has no place in the format, or there is no log in the folder.
pub fn run(args: &ExportArgs, output: &Output) -> Result<Outcome, Error> {
    match (args.format, &args.output) {
        (ExportFormat::Tiles, Some(to)) => tiles(args, to, output),
        (_, Some(_)) => Err(Error::about("--output", "events go to standard output")),
        (_, None) => events(args, output),
    }
}

fn tiles(args: &ExportArgs, to: &Path, output: &Output) -> Result<Outcome, Error> {
    if args.filter.is_given() {
        let why = "a log is exported whole, without the options that choose decisions";
        return Err(Error::about("--format tiles", why));
    }
    let exported = export_tiles(&FolderFiles::new(&args.folder), to);
    let checkpoint = exported.map_err(|why| match why {
        LogError::NotEmpty { .. } => Error::about("--output", why),
        why => statement::error(&args.folder, why),
    })?;
    let size = checkpoint.claimed().head().size();
    output.print(format_args!("exported {size} records without their values"))?;
    Ok(Outcome::Done)
}

fn events(args: &ExportArgs, output: &Output) -> Result<Outcome, Error> {
    let filter = Filter::of(&args.filter)?;
    let verdict = verify_to_print(&args.folder, output)?;
    let files = FolderFiles::new(&args.folder);
    let mut reader = LogReader::new(&files).up_to(verdict.head.size());
    let (mut lines, mut count) = (output.lines()?, Count::beside_results("records"));
    let mut read: u64 = 0;
    while let Some(record) =
        reader.next_record().map_err(|why| statement::error(&args.folder, why))?
    {
        read = read.saturating_add(1);
        count.show_some(read);
        let Some(decided) =
            filter.has(&record).then(|| Decided::of(&verdict.origin, &record)).flatten()
        else {
            continue;
        };
        match args.format {
            ExportFormat::Cloudevents => {
                if let Some(event) = CloudEvent::of(&decided) {
                    lines.print_json(&event)?;
                }
            }
            ExportFormat::Ocsf => {
                for event in OcsfEvent::all_of(&decided) {
                    lines.print_json(&event)?;
                }
            }
            // It has no events.
            ExportFormat::Tiles => {}
        }
    }
    lines.end()?;
    Ok(if verdict.is_whole() { Outcome::Done } else { Outcome::Refused })
}
