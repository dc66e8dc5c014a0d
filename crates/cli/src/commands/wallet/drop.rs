//! `deputize wallet drop`: tokens that the holder no longer needs.

use std::path::PathBuf;

use clap::Args;
use deputize::text::Backticked;
use deputize::{HopId, HopIdError};

use crate::input::when::AtArgs;
use crate::output::{Error, Outcome, Output};
use crate::wallet::{self, Folder, id_of};

/// The example in the help.
pub const EXAMPLE: &str = "\
The ids of the removed tokens are printed. `deputize wallet list` prints all ids. A damaged
file is removed by the id in its name.

Example:
  deputize wallet drop --wallet wallet --expired";

/// The options of `wallet drop`.
#[derive(Debug, Args)]
pub struct DropArgs {
    /// The directory of the wallet.
    #[arg(long, value_name = "DIR")]
    pub(crate) wallet: PathBuf,
    /// Remove all tokens that have expired.
    #[arg(long)]
    pub(crate) expired: bool,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// The ids of the tokens to remove, 64 hexadecimal digits each.
    #[arg(value_name = "ID", required_unless_present = "expired", conflicts_with = "expired")]
    pub(crate) ids: Vec<String>,
}

/// Removes tokens, and prints their ids.
///
/// # Errors
///
/// If the wallet has no token with one of the ids. Then no token is removed.
pub fn run(args: &DropArgs, output: &Output) -> Result<Outcome, Error> {
    let folder = Folder::open(&args.wallet)?;
    let mut ids = Vec::new();
    for text in &args.ids {
        let id: HopId = text.parse().map_err(|e: HopIdError| Error::about(Backticked(text), e))?;
        if !folder.has(&id) {
            return Err(Error::about(Backticked(text), "the wallet has no token with this id"));
        }
        ids.push(id);
    }
    if args.expired {
        let now = args.at.now()?;
        let expired = wallet::read(&folder, None, None, now, output)?.remove_expired(now);
        ids.extend(expired.iter().filter_map(id_of));
    }
    folder.remove(&ids)?;
    let lines: Vec<_> = ids.iter().map(ToString::to_string).collect();
    if lines.is_empty() {
        output.note("no token has expired");
        return Ok(Outcome::Done);
    }
    output.print(lines.join("\n")).or_else(Error::unless_output_closed)?;
    Ok(Outcome::Done)
}
