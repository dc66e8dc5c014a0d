//! `deputize revocations prune`: a list issued anew, without expired hops.

use std::path::PathBuf;

use clap::Args;

use crate::output::format::DataFormat;
use crate::output::{Error, Outcome, Output};
use crate::revocations::issued::Issued;
use crate::statement_file::StatementFile;
use crate::statements::issue::IssueArgs;

/// The example in the help.
pub const EXAMPLE: &str = "\
The list gets the next sequence and a new time of issue, even if no hop has expired. Run it
before the time of --next has come, such as twice a day for 24h: a verifier that needs the
list refuses every call when it is stale.

Example:
  deputize revocations prune alice.revocations --key alice.key --next 24h";

/// The options of `revocations prune`.
#[derive(Debug, Args)]
pub struct PruneArgs {
    #[command(flatten)]
    pub(crate) issue: IssueArgs,
    /// The format: a line of text, or JSON.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DataFormat,
    /// The file of the list. It is replaced as a whole.
    pub(crate) file: PathBuf,
}

/// Issues the list anew.
///
/// # Errors
///
/// If an option is malformed, or the list cannot be read or written.
pub fn run(args: &PruneArgs, output: &Output) -> Result<Outcome, Error> {
    let file = StatementFile::new("", &args.file)?;
    let next = args.issue.after(&file, &args.file)?;
    let (list, judged) = next.sign()?;
    judged.map_err(|why| file.error(why))?;
    next.write(&list)?;
    let issued = Issued { path: &args.file, list: &list, written: true, next: &next };
    issued.print(args.format, &[], output)?;
    Ok(Outcome::Done)
}
