//! `deputize revocations`: the content of revocation lists, and their order in a series.

pub mod show;
pub mod verify;
pub mod diff;
pub mod prune;
pub mod delta;
pub mod apply;

use clap::{Args, Subcommand};

use self::apply::ApplyArgs;
use self::delta::DeltaArgs;
use self::diff::DiffArgs;
use self::prune::PruneArgs;
use self::show::ShowArgs;
use self::verify::VerifyArgs;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
A list is a signed note, which other tools read and verify, followed by the hops in 23 bytes
each. `deputize revoke` issues one.

Example:
  deputize revocations show alice.revocations
  deputize revocations verify alice.revocations --issuer alice.pub --max-stale 1h";

/// The commands of `revocations`.
#[derive(Debug, Args)]
pub struct RevocationsArgs {
    /// The command to run.
    #[command(subcommand)]
    pub(crate) command: RevocationsCommand,
}

/// A command of `revocations` and its options.
#[derive(Debug, Subcommand)]
pub enum RevocationsCommand {
    /// Show what a list revokes, who issued it, and until when it is fresh.
    #[command(after_help = show::EXAMPLE)]
    Show(ShowArgs),
    /// Verify a list: its form, its signature, its issuer, and that it is fresh. Exit status 1 if
    /// it is not.
    #[command(after_help = verify::EXAMPLE)]
    Verify(VerifyArgs),
    /// Compare two lists: what was added, what was given back, and whether the newer one follows
    /// the older one. Exit status 1 if it does not.
    #[command(after_help = diff::EXAMPLE)]
    Diff(DiffArgs),
    /// Issue a list anew, without the hops that have expired, so that it stays fresh.
    #[command(after_help = prune::EXAMPLE, visible_alias = "renew")]
    Prune(PruneArgs),
    /// Write what changed between two lists, for those who have the older one.
    #[command(after_help = delta::EXAMPLE)]
    Delta(DeltaArgs),
    /// Make the newer list from the older one and a delta.
    #[command(after_help = apply::EXAMPLE)]
    Apply(ApplyArgs),
}

/// Runs one of the commands.
///
/// # Errors
///
/// [`Error`] if it cannot do its work.
pub fn run(args: &RevocationsArgs, output: &Output) -> Result<Outcome, Error> {
    match &args.command {
        RevocationsCommand::Show(args) => show::run(args, output),
        RevocationsCommand::Verify(args) => verify::run(args, output),
        RevocationsCommand::Diff(args) => diff::run(args, output),
        RevocationsCommand::Prune(args) => prune::run(args, output),
        RevocationsCommand::Delta(args) => delta::run(args, output),
        RevocationsCommand::Apply(args) => apply::run(args, output),
    }
}
