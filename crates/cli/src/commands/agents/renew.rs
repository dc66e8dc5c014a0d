//! `deputize agents renew`: the same directory again, so that it stays fresh.

use std::path::PathBuf;

use clap::Args;

use crate::agents::change::{ChangeArgs, Unchanged};
use crate::input::directory;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
The directory gets the next sequence and a new time of issue. Run it before the time of
--next has come, such as twice a day for 24h: a verifier that needs the directory refuses
every call when it is stale.

With --ends-fork, it has the agents of the file, and the agents that only the other directory
has, which are suspended. An agent that is not active in both may not act.

Example:
  deputize agents renew --key security.key acme.agents --next 24h";

/// The options of `agents renew`.
#[derive(Debug, Args)]
pub struct RenewArgs {
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    /// End a fork of the directory and the one in this file, such as after a backup was restored.
    #[arg(long, value_name = "FILE")]
    pub(crate) ends_fork: Option<PathBuf>,
}

/// Issues the directory anew.
///
/// # Errors
///
/// If an option is malformed, there is no fork to end, or the directory cannot be read or written.
pub fn run(args: &RenewArgs, output: &Output) -> Result<Outcome, Error> {
    let other = args.ends_fork.as_deref().map(directory::read).transpose()?;
    args.change.run(None, Unchanged::IsRenewed, output, |next| match other {
        Some(other) => next.end_fork(other),
        None => Ok(()),
    })
}
