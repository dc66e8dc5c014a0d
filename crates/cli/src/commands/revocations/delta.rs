//! `deputize revocations delta`: the changes from an older list to a newer one.

use std::path::PathBuf;

use clap::Args;

use crate::input::{revocation_list, statement};
use crate::output::{Error, Outcome, Output};
use crate::revocations::compare::relation;

/// The example in the help.
pub const EXAMPLE: &str = "\
A delta has no signature of its own: it holds the note of the newer list, and applying it gives
that list or an error.

Example:
  deputize revocations delta yesterday.revocations alice.revocations > alice.delta";

/// The options of `revocations delta`.
#[derive(Debug, Args)]
pub struct DeltaArgs {
    /// The file of the older list; - for standard input.
    pub(crate) old: PathBuf,
    /// The file of the newer list; - for standard input.
    pub(crate) new: PathBuf,
}

/// Writes the delta to standard output.
///
/// # Errors
///
/// If one of the files is not a list, the newer list does not follow the older one, or standard
/// output is a terminal.
pub fn run(args: &DeltaArgs, output: &Output) -> Result<Outcome, Error> {
    let (old, new) = (revocation_list::read(&args.old)?, revocation_list::read(&args.new)?);
    let relation = relation(&new, &old);
    if !relation.is_accepted() {
        return Err(statement::error(&args.new, format_args!("this list {relation}")));
    }
    output.write_bytes(&new.delta_from(&old))?;
    Ok(Outcome::Done)
}
