//! `deputize audit`: the log of a service, verified and shown.

pub mod verify;
mod page;
pub mod show;
pub mod erase;

use clap::{Args, Subcommand};

use self::erase::EraseArgs;
use self::show::ShowArgs;
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
    /// Erase values for good, while every proof about the rest holds.
    #[command(
        after_help = erase::EXAMPLE,
        mut_arg("key", |key| key.help("The private key of the log, PKCS#8 in PEM or an OpenSSH key without a passphrase; - for standard input"))
    )]
    Erase(EraseArgs),
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
        AuditCommand::Erase(args) => erase::run(args, output),
    }
}
