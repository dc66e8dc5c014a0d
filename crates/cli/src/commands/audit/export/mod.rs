//! `deputize audit export`: the decisions of a log for the systems that collect events.

pub mod event;
pub mod ocsf;
pub mod cloud_events;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use deputize::RecordKind;
use deputize_audit::{FolderFiles, LogReader};

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

Example:
  deputize audit export /var/lib/crm/log --format ocsf --refused > refused.ocsf.jsonl";

/// The options of `audit export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// The format of the events.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: ExportFormat,
    /// The folder of the log.
    pub(crate) folder: PathBuf,
}

/// The formats of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// The Open Cybersecurity Schema Framework, API activity.
    Ocsf,
    /// CloudEvents 1.0 of the CNCF.
    Cloudevents,
}

/// Prints the events of the decisions that the options ask for.
///
/// # Errors
///
/// If an option is malformed, or there is no log in the folder.
pub fn run(args: &ExportArgs, output: &Output) -> Result<Outcome, Error> {
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
        let RecordKind::Decision(decision) = &record.core.kind else { continue };
        if !filter.has(&record, decision) {
            continue;
        }
        let decided = Decided::of(&verdict.origin, &record, decision);
        match args.format {
            ExportFormat::Cloudevents => lines.print_json(&CloudEvent::of(&decided))?,
            ExportFormat::Ocsf => {
                for event in OcsfEvent::all_of(&decided) {
                    lines.print_json(&event)?;
                }
            }
        }
    }
    lines.end()?;
    Ok(if verdict.is_whole() { Outcome::Done } else { Outcome::Refused })
}
