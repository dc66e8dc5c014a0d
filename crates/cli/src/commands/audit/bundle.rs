//! `deputize audit bundle`: some records of a log in one file, with everything that shows what they are.

use std::path::PathBuf;

use clap::Args;
use deputize_audit::{BundleDraft, FolderFiles, ReadRecord};

use crate::commands::audit::filter::{Filter, FilterArgs, Records};
use crate::commands::audit::verify::read_checkpoint;
use crate::input::{revocation_list, statement};
use crate::limits::MAX_DIRECTORY_FILE_BYTES;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
The first record of the log, the outcomes of the chosen calls, and the erasures of their values
come along. A bundle that was handed out cannot be called back: values that are erased later
stay in it. With neither --records nor another option that chooses, all decisions are taken.

Example:
  deputize audit bundle /var/lib/crm/log --records 7-9,12 --seen last-week.checkpoint > calls.bundle
  deputize audit check calls.bundle";

/// The options of `audit bundle`.
#[derive(Debug, Args)]
pub struct BundleArgs {
    /// Take this record, or the first and the last one, such as 7 or 7-9; joined by commas, or
    /// repeated. Options that choose decisions add to these.
    #[arg(long, value_name = "RECORDS", value_delimiter = ',')]
    pub(crate) records: Vec<Records>,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
    /// Add a checkpoint that was kept elsewhere, and the proof that the log extends it; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) seen: Vec<PathBuf>,
    /// Add a revocation list, such as one by which the service decided; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Vec<PathBuf>,
    /// Add an agent directory; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) directory: Vec<PathBuf>,
    /// The folder of the log.
    pub(crate) folder: PathBuf,
}

/// Prints the bundle.
///
/// # Errors
///
/// If an option is malformed, there is no log in the folder, a record is not there or not that of the
/// tree, or the bundle would be too large.
pub fn run(args: &BundleArgs, output: &Output) -> Result<Outcome, Error> {
    let filter = Filter::of(&args.filter)?;
    let about = |why| statement::error(&args.folder, why);
    let mut draft = BundleDraft::default();
    for path in &args.seen {
        draft = draft.having_seen(read_checkpoint(path)?);
    }
    for path in &args.list {
        let bytes = revocation_list::read_bytes(path)?;
        draft = draft.with_list(&bytes).map_err(|why| statement::error(path, why))?;
    }
    for path in &args.directory {
        let bytes = statement::read_bytes("directory", path, MAX_DIRECTORY_FILE_BYTES)?;
        draft = draft.with_directory(&bytes).map_err(|why| statement::error(path, why))?;
    }
    let by_filter = args.records.is_empty() || args.filter.is_given();
    let select = |record: &ReadRecord| {
        let index = record.core.index;
        args.records.iter().any(|own| own.has(index)) || (by_filter && filter.has(record))
    };
    let bundle = draft.collect(&FolderFiles::new(&args.folder), select).map_err(about)?;
    let found: Vec<_> = bundle.claimed_records().map(|own| own.core.index).collect();
    for own in &args.records {
        let found = found.iter().filter(|index| own.has(**index)).count();
        let Records { first, last } = own;
        if u64::try_from(found) != Ok(last.saturating_sub(*first).saturating_add(1)) {
            let why = "the newest checkpoint covers no such records, or one of them cannot be read";
            return Err(Error::about(format_args!("--records {first}-{last}"), why));
        }
    }
    let json = bundle.to_json().map_err(about)?;
    output.write_bytes(json.as_bytes())?;
    Ok(Outcome::Done)
}
