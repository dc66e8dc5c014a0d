//! `deputize revocations verify`: the check that a list is authentic and fresh.

use std::path::PathBuf;

use clap::Args;

use crate::input::{revocation_list, statement};
use crate::output::{Error, Outcome, Output};
use crate::statements::fresh::FreshArgs;
use crate::statements::issue::Issue;

/// The example in the help.
pub const EXAMPLE: &str = "\
Exit status: 1 if the list is stale, has another issuer, or was issued ahead of the clock; 2
if the file is not a list, or was not signed by the key that it names. A file cannot show
whether there is a newer list.

Example:
  deputize revocations verify alice.revocations --issuer alice.pub --max-stale 1h";

/// The options of `revocations verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub(crate) fresh: FreshArgs,
    /// The file of the list; - for standard input.
    pub(crate) file: PathBuf,
}

/// Prints the verdict on the list, and the end of its freshness.
///
/// # Errors
///
/// If an option is malformed, or the file is not an authentic list.
pub fn run(args: &VerifyArgs, output: &Output) -> Result<Outcome, Error> {
    let required = args.fresh.read()?;
    let list = revocation_list::read(&args.file)?;
    required.print("list", &statement::name(&args.file), &Issue::from(&list), &[], output)
}
