//! `deputize revocations apply`: the newer list, from the older one and a delta.

use std::path::PathBuf;

use clap::Args;

use crate::input::{revocation_list, statement};
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
The result is the list that its issuer signed, byte for byte. Write it to a file other
than OLD, and then rename it.

Example:
  deputize revocations apply alice.revocations alice.delta > new && mv new alice.revocations";

/// The options of `revocations apply`.
#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// The file of the older list; - for standard input.
    pub(crate) old: PathBuf,
    /// The file of the delta; - for standard input.
    pub(crate) delta: PathBuf,
}

/// Writes the newer list to standard output.
///
/// # Errors
///
/// If one of the files cannot be read, the delta is for another list, or standard output is a
/// terminal.
pub fn run(args: &ApplyArgs, output: &Output) -> Result<Outcome, Error> {
    let old = revocation_list::read(&args.old)?;
    let delta = revocation_list::read_bytes(&args.delta)?;
    let new = old.apply(&delta).map_err(|why| statement::error(&args.delta, why))?;
    output.write_bytes(new.as_bytes())?;
    Ok(Outcome::Done)
}
