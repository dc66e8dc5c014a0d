//! `deputize wallet`: the tokens of a holder, in a directory.

pub mod add;
pub mod list;
pub mod drop;

use clap::{Args, Subcommand};

use self::add::AddArgs;
use self::drop::DropArgs;
use self::list::ListArgs;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
A wallet stores tokens and no trust: each command that uses one takes the root keys to trust as
options, and checks every token anew. The directory has mode 0700, its files 0600.

Example:
  deputize wallet add --wallet wallet --trust alice.pub=alice@acme.com @researcher.token
  deputize present --wallet wallet --trust alice.pub=alice@acme.com --key researcher.key \\
    --operation crm.read --resource accounts/emea/42 --audience crm.acme.com > call.token
  deputize wallet drop --wallet wallet --expired";

/// The commands of `wallet`.
#[derive(Debug, Args)]
pub struct WalletCommandArgs {
    /// The command to run.
    #[command(subcommand)]
    pub(crate) command: WalletCommand,
}

/// A command of `wallet` and its options.
#[derive(Debug, Subcommand)]
pub enum WalletCommand {
    /// Add a token, if its owner is trusted and it has not expired.
    #[command(after_help = add::EXAMPLE)]
    Add(AddArgs),
    /// List the tokens: for whom each acts, what it grants, and until when.
    #[command(after_help = list::EXAMPLE)]
    List(ListArgs),
    /// Remove tokens.
    #[command(after_help = drop::EXAMPLE)]
    Drop(DropArgs),
}

/// Runs one of the commands.
///
/// # Errors
///
/// [`Error`] if it cannot do its work.
pub fn run(args: &WalletCommandArgs, output: &Output) -> Result<Outcome, Error> {
    match &args.command {
        WalletCommand::Add(args) => add::run(args, output),
        WalletCommand::List(args) => list::run(args, output),
        WalletCommand::Drop(args) => drop::run(args, output),
    }
}
