//! `deputize agents renew`: the same directory again, so that it stays fresh.

use clap::Args;

use crate::agents::change::{ChangeArgs, Unchanged};
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
The directory gets the next sequence and a new time of issue. Run it before the time of
--next has come, such as twice a day for 24h: a verifier that needs the directory refuses
every call when it is stale.

Example:
  deputize agents renew --key security.key acme.agents --next 24h";

/// The options of `agents renew`.
#[derive(Debug, Args)]
pub struct RenewArgs {
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
}

/// Issues the directory anew.
///
/// # Errors
///
/// If an option is malformed, or the directory cannot be read or written.
pub fn run(args: &RenewArgs, output: &Output) -> Result<Outcome, Error> {
    args.change.run(None, Unchanged::IsRenewed, output, |_| Ok(()))
}
