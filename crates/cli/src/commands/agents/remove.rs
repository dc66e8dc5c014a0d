//! `deputize agents remove`: removal of agents that ended long ago.

use clap::Args;

use crate::agents::change::{ChangeArgs, Unchanged};
use crate::output::granted::named;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
An entry can be removed a year after its end. Verifiers refuse a directory that lacks an entry
that must stay.

Example:
  deputize agents remove --key security.key acme.agents planner";

/// The options of `agents remove`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    /// The agents, each by its name, its id or its key.
    #[arg(value_name = "AGENT", required = true)]
    pub(crate) agents: Vec<String>,
}

/// Removes entries.
///
/// # Errors
///
/// If an agent is not listed or must stay, or the directory cannot be read or written.
pub fn run(args: &RemoveArgs, output: &Output) -> Result<Outcome, Error> {
    args.change.run(None, Unchanged::Stays, output, |next| {
        for text in &args.agents {
            let key = next.agent(text)?.key();
            let agent = next.draft.remove(&key).map_err(|why| next.error(why))?;
            next.messages.done.push(format!(
                "removed: {}, {}",
                named(agent.principal()),
                agent.id()
            ));
        }
        Ok(())
    })
}
