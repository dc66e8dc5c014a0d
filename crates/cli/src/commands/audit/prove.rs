//! `deputize audit prove`: the proof that one record is in a log.

use std::path::PathBuf;

use clap::Args;
use deputize_audit::{FolderFiles, RecordProof};

use crate::input::statement;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
The proof is one text, in the form of C2SP tlog-proof, with the record in it, without its values.
It shows that the newest checkpoint covers the record, and needs no other file to be checked.

Example:
  deputize audit prove /var/lib/crm/log 7 > record-7.tlog-proof
  deputize audit check record-7.tlog-proof";

/// The options of `audit prove`.
#[derive(Debug, Args)]
pub struct ProveArgs {
    /// The folder of the log.
    pub(crate) folder: PathBuf,
    /// The index of the record, as `audit show` has it.
    pub(crate) record: u64,
}

/// Prints the proof.
///
/// # Errors
///
/// If there is no log in the folder, or no such record that its checkpoint covers.
pub fn run(args: &ProveArgs, output: &Output) -> Result<Outcome, Error> {
    let proof = RecordProof::prove(&FolderFiles::new(&args.folder), args.record);
    output.print(proof.map_err(|why| statement::error(&args.folder, why))?)?;
    Ok(Outcome::Done)
}
