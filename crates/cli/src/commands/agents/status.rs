//! `deputize agents suspend` and `resume`: suspension, and its end.

use clap::Args;
use deputize::AgentStatus;

use crate::agents::change::{ChangeArgs, Unchanged};
use crate::output::granted::named;
use crate::output::{Error, Outcome, Output};

/// The example in the help of `suspend`.
pub const SUSPEND: &str = "\
Verifiers refuse the agent as soon as they get this directory. To revoke its tokens, see
`deputize revoke`.

Example:
  deputize agents suspend --key security.key acme.agents planner";

/// The example in the help of `resume`.
pub const RESUME: &str = "\
Example:
  deputize agents resume --key security.key acme.agents planner";

/// The options of `agents suspend` and `agents resume`.
#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    /// The agents, each by its name, its id or its key.
    #[arg(value_name = "AGENT", required = true)]
    pub(crate) agents: Vec<String>,
}

/// Suspends agents, or resumes them.
///
/// # Errors
///
/// If an agent is not listed or is retired, or the directory cannot be read or written.
pub fn run(args: &StatusArgs, status: AgentStatus, output: &Output) -> Result<Outcome, Error> {
    args.change.run(None, Unchanged::Stays, output, |next| {
        for text in &args.agents {
            let agent = next.agent(text)?;
            let key = agent.key();
            let set = match status {
                AgentStatus::Suspended => next.draft.suspend(&key),
                _ => next.draft.resume(&key),
            };
            set.map_err(|why| next.error(why))?;
            let name = named(agent.principal());
            if agent.status() == status {
                next.messages.notes.push(format!("note: it is {status} already: {name}"));
                continue;
            }
            let verb = if status == AgentStatus::Suspended { "suspended" } else { "resumed" };
            next.messages.done.push(format!("{verb}: {name}"));
        }
        Ok(())
    })
}
