//! `deputize mcp`: presenters in the configurations of MCP clients.

pub mod install;
pub mod uninstall;
pub mod guards;
pub mod doctor;

use clap::{Args, Subcommand};

use self::doctor::DoctorArgs;
use self::install::InstallArgs;
use self::uninstall::UninstallArgs;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
Desktop applications and editors attach nothing to a call. `install` puts `deputize mcp-present` in
front of a server in the configuration of such a client, and `uninstall` takes it away again. Every
other byte of the file stays.

Example:
  deputize mcp install --client cursor --server files --audience fs.acme.com \\
    --key planner.key --token @planner.token --trust alice.pub=alice@acme.com
  deputize mcp doctor
  deputize mcp uninstall --client cursor --server files";

/// The commands of `mcp`.
#[derive(Debug, Args)]
pub struct McpArgs {
    /// The command to run.
    #[command(subcommand)]
    pub(crate) command: McpCommand,
}

/// A command of `mcp` and its options.
#[derive(Debug, Subcommand)]
pub enum McpCommand {
    /// Put a presenter in front of a server, in the configuration of a client.
    #[command(after_help = install::EXAMPLE)]
    Install(InstallArgs),
    /// Take the presenter of a server out of the configuration of a client.
    #[command(after_help = uninstall::EXAMPLE)]
    Uninstall(UninstallArgs),
    /// Examine the servers of clients, and the configuration of a guard. Exit status 1 if something is
    /// wrong.
    #[command(after_help = doctor::EXAMPLE)]
    Doctor(DoctorArgs),
}

/// Runs one of the commands.
///
/// # Errors
///
/// [`Error`] if it cannot do its work.
pub fn run(args: &McpArgs, output: &Output) -> Result<Outcome, Error> {
    match &args.command {
        McpCommand::Install(args) => install::run(args, output),
        McpCommand::Uninstall(args) => uninstall::run(args, output),
        McpCommand::Doctor(args) => doctor::run(args, output),
    }
}
