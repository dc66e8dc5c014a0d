//! `deputize audit`: the log of a service, verified and shown.

pub mod filter;
pub mod witnesses;
pub mod verify;
pub mod args;
mod unpresented;
mod page;
pub mod show;
pub mod tail;
pub mod erase;
pub mod prove;
pub mod bundle;
pub mod check;
pub mod matching;
pub mod export;

use clap::{Args, Subcommand};

use self::bundle::BundleArgs;
use self::check::CheckArgs;
use self::erase::EraseArgs;
use self::export::ExportArgs;
use self::matching::MatchArgs;
use self::prove::ProveArgs;
use self::show::ShowArgs;
use self::tail::TailArgs;
use self::verify::VerifyArgs;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
A log is a folder that a service writes. Its checkpoint is a signed note, which other tools read
and verify; copies of it, kept elsewhere, show that a log was cut back.

Example:
  deputize audit verify /var/lib/crm/log --seen last-week.checkpoint
  deputize audit show /var/lib/crm/log --agent researcher";

/// The commands of `audit`.
#[derive(Debug, Args)]
pub struct AuditArgs {
    /// The command to run.
    #[command(subcommand)]
    pub(crate) command: AuditCommand,
}

/// A command of `audit` and its options.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Verify that a log is whole: each record is as it was written, in its place, with its values.
    /// Exit status 1 if it is not.
    #[command(after_help = verify::EXAMPLE)]
    Verify(VerifyArgs),
    /// Show who did what, on whose authority, and what was refused.
    #[command(after_help = show::EXAMPLE)]
    Show(ShowArgs),
    /// Show the newest records of a log, and those that its service writes from now on.
    #[command(after_help = tail::EXAMPLE)]
    Tail(TailArgs),
    /// Erase values for good, while every proof about the rest holds.
    #[command(
        after_help = erase::EXAMPLE,
        mut_arg("key", |key| key.help("The private key of the log, PKCS#8 in PEM or an OpenSSH key without a passphrase; - for standard input"))
    )]
    Erase(EraseArgs),
    /// Print the proof that one record is in a log, which needs no other file to be checked.
    #[command(after_help = prove::EXAMPLE)]
    Prove(ProveArgs),
    /// Print some records in one file, with their values, their proofs, and everything else that an
    /// auditor needs.
    #[command(after_help = bundle::EXAMPLE)]
    Bundle(BundleArgs),
    /// Check a bundle or a proof, and say what it shows and what it does not.
    #[command(after_help = check::EXAMPLE)]
    Check(CheckArgs),
    /// Match numbered presentations with the records of services: which are in no log, and between when.
    /// Exit status 1 if one is missing.
    #[command(after_help = matching::EXAMPLE)]
    Match(MatchArgs),
    /// Export decisions as events of OCSF or as CloudEvents, one JSON object in a line; or the records as
    /// files for a static file server.
    #[command(after_help = export::EXAMPLE)]
    Export(ExportArgs),
}

/// Runs one of the commands.
///
/// # Errors
///
/// [`Error`] if it cannot do its work.
pub fn run(args: &AuditArgs, output: &Output) -> Result<Outcome, Error> {
    match &args.command {
        AuditCommand::Verify(args) => verify::run(args, output),
        AuditCommand::Show(args) => show::run(args, output),
        AuditCommand::Tail(args) => tail::run(args, output),
        AuditCommand::Erase(args) => erase::run(args, output),
        AuditCommand::Prove(args) => prove::run(args, output),
        AuditCommand::Bundle(args) => bundle::run(args, output),
        AuditCommand::Check(args) => check::run(args, output),
        AuditCommand::Match(args) => matching::run(args, output),
        AuditCommand::Export(args) => export::run(args, output),
    }
}
