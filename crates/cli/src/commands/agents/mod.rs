//! `deputize agents`: signed directories of agents.

pub mod add;
pub mod status;
pub mod retire;
pub mod review;
pub mod rekey;
pub mod remove;
pub mod renew;
pub mod show;
pub mod verify;
pub mod export;
pub mod import;

use clap::{Args, Subcommand};
use deputize::AgentStatus;

use self::add::AddArgs;
use self::export::ExportArgs;
use self::import::ImportArgs;
use self::rekey::RekeyArgs;
use self::remove::RemoveArgs;
use self::renew::RenewArgs;
use self::retire::RetireArgs;
use self::review::ReviewArgs;
use self::show::ShowArgs;
use self::status::StatusArgs;
use self::verify::VerifyArgs;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
A directory lists agents, who answers for each, and whether it may act. It is a signed note,
which other tools read and verify, followed by a line of JSON for each agent. The commands take
an agent by its name, its id or its key. A directory names agents and never a root: it makes no
key trusted.

Example:
  deputize agents add --new --key security.key acme.agents --agent planner=planner.pub \\
    --id spiffe://acme.com/agents/planner --accountable alice@acme.com --next-review 90d
  deputize agents suspend --key security.key acme.agents planner
  deputize agents show acme.agents";

/// The commands of `agents`.
#[derive(Debug, Args)]
pub struct AgentsArgs {
    /// The command to run.
    #[command(subcommand)]
    pub(crate) command: AgentsCommand,
}

/// A command of `agents` and its options.
#[derive(Debug, Subcommand)]
pub enum AgentsCommand {
    /// Add an agent to a directory, or begin one with it.
    #[command(after_help = add::EXAMPLE)]
    Add(AddArgs),
    /// Suspend agents until they are resumed.
    #[command(after_help = status::SUSPEND)]
    Suspend(StatusArgs),
    /// End the suspension of agents.
    #[command(after_help = status::RESUME)]
    Resume(StatusArgs),
    /// Retire agents for good. Their entries stay.
    #[command(after_help = retire::EXAMPLE)]
    Retire(RetireArgs),
    /// Record that agents were reviewed, and when the next review is due.
    #[command(after_help = review::EXAMPLE)]
    Review(ReviewArgs),
    /// Add the new key of an agent, by the statement that it succeeds the old one.
    #[command(after_help = rekey::EXAMPLE)]
    Rekey(RekeyArgs),
    /// Remove the entries of agents that ended more than a year ago.
    #[command(after_help = remove::EXAMPLE)]
    Remove(RemoveArgs),
    /// Issue a directory anew, so that it stays fresh.
    #[command(after_help = renew::EXAMPLE)]
    Renew(RenewArgs),
    /// Show the agents of a directory: who answers for each, and whether it may act.
    #[command(after_help = show::EXAMPLE)]
    Show(ShowArgs),
    /// Verify a directory: its form, its signature, its issuer, and that it is fresh. Exit status 1
    /// if it is not.
    #[command(after_help = verify::EXAMPLE)]
    Verify(VerifyArgs),
    /// Add and replace agents from a JSON file.
    #[command(after_help = import::EXAMPLE)]
    Import(ImportArgs),
    /// Print the agents in JSON.
    #[command(after_help = export::EXAMPLE)]
    Export(ExportArgs),
}

/// Runs one of the commands.
///
/// # Errors
///
/// [`Error`] if it cannot do its work.
pub fn run(args: &AgentsArgs, output: &Output) -> Result<Outcome, Error> {
    match &args.command {
        AgentsCommand::Add(args) => add::run(args, output),
        AgentsCommand::Suspend(args) => status::run(args, AgentStatus::Suspended, output),
        AgentsCommand::Resume(args) => status::run(args, AgentStatus::Active, output),
        AgentsCommand::Retire(args) => retire::run(args, output),
        AgentsCommand::Review(args) => review::run(args, output),
        AgentsCommand::Rekey(args) => rekey::run(args, output),
        AgentsCommand::Remove(args) => remove::run(args, output),
        AgentsCommand::Renew(args) => renew::run(args, output),
        AgentsCommand::Show(args) => show::run(args, output),
        AgentsCommand::Verify(args) => verify::run(args, output),
        AgentsCommand::Import(args) => import::run(args, output),
        AgentsCommand::Export(args) => export::run(args, output),
    }
}
