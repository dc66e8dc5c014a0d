//! `deputize agents review`: the review of agents.

use clap::Args;
use deputize::Agent;

use crate::agents::change::{ChangeArgs, Unchanged};
use crate::input::when::When;
use crate::output::granted::{at, named};
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
The time of the review is now. From --next-review on, verifiers refuse the agent.

Example:
  deputize agents review --key security.key acme.agents planner --next-review 90d";

/// The options of `agents review`.
#[derive(Debug, Args)]
pub struct ReviewArgs {
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    /// The time of the next review: 90d from now, or a time.
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub(crate) next_review: String,
    /// The agents, each by its name, its id or its key.
    #[arg(value_name = "AGENT", required = true)]
    pub(crate) agents: Vec<String>,
}

/// Records a review.
///
/// # Errors
///
/// If `--next-review` is malformed or not later than now, an agent is not listed or retired, or the
/// directory cannot be read or written.
pub fn run(args: &ReviewArgs, output: &Output) -> Result<Outcome, Error> {
    let about = |why: &dyn std::fmt::Display| Error::about("--next-review", why);
    let due: When = args.next_review.parse().map_err(|e| about(&e))?;
    args.change.run(None, Unchanged::Stays, output, |next| {
        let due = due.from(next.now).map_err(|e| about(&e))?;
        for text in &args.agents {
            let agent = next.agent(text)?;
            let reviewed = next.draft.review(&agent.key(), next.now, due);
            reviewed.map_err(|why| next.error(why))?;
            let name = named(agent.principal());
            let due = next.draft.agent(&agent.key()).and_then(Agent::next_review);
            let due = due.map_or_else(String::new, at);
            next.messages.done.push(format!("reviewed: {name}, again by {due}"));
        }
        Ok(())
    })
}
