//! `deputize agents retire`: the end of agents.

use clap::Args;
use deputize::{Agent, AgentStatus, DirectoryError};
use time::OffsetDateTime;

use crate::agents::change::{ChangeArgs, Unchanged};
use crate::agents::next::Next;
use crate::input::when::When;
use crate::output::granted::{at, named};
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
The entry stays, with its name: a deleted entry would admit the agent again below one that may
spawn. `deputize agents remove` removes it a year after its end.

Example:
  deputize agents retire --key security.key acme.agents planner";

/// The options of `agents retire`.
#[derive(Debug, Args)]
pub struct RetireArgs {
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    /// The time of its end, such as 2026-11-23T18:00:00Z, or 8h from now. Until a time in the
    /// future, the agent may act. By default, now.
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub(crate) from: Option<String>,
    /// The agents, each by its name, its id or its key.
    #[arg(value_name = "AGENT", required = true)]
    pub(crate) agents: Vec<String>,
}

/// Retires agents, or sets their end.
///
/// # Errors
///
/// If `--from` is malformed, an agent is not listed, or the directory cannot be read or written.
pub fn run(args: &RetireArgs, output: &Output) -> Result<Outcome, Error> {
    let from = args.from.as_deref().map(str::parse::<When>).transpose();
    let from = from.map_err(|e| Error::about("--from", e))?;
    args.change.run(None, Unchanged::Stays, output, |next| {
        let end = from.map_or(Ok(next.now), |from| from.from(next.now));
        let end = end.map_err(|e| Error::about("--from", e))?;
        for text in &args.agents {
            let agent = next.agent(text)?;
            match end <= next.now {
                true => retire(agent, end, next)?,
                // A retired agent would be refused at once.
                false => end_later(agent, end, next)?,
            }
        }
        Ok(())
    })
}

fn retire(agent: Agent, end: OffsetDateTime, next: &mut Next<'_>) -> Result<(), Error> {
    let (key, name) = (agent.key(), named(agent.principal()));
    next.draft.retire(&key, end).map_err(|why| next.error(why))?;
    match next.draft.agent(&key) {
        Some(after) if *after != agent => {
            let since = after.valid_until().map_or_else(String::new, at);
            next.messages.done.push(format!("retired: {name}, ended at {since}"));
        }
        _ => next.messages.notes.push(format!("note: it is retired already: {name}")),
    }
    Ok(())
}

fn end_later(agent: Agent, end: OffsetDateTime, next: &mut Next<'_>) -> Result<(), Error> {
    let (key, name) = (agent.key(), named(agent.principal()));
    if agent.status() == AgentStatus::Retired {
        return Err(next.error(DirectoryError::Retired { key: Box::new(key) }));
    }
    if let Some(until) = agent.valid_until().filter(|until| *until <= end) {
        next.messages
            .notes
            .push(format!("note: it ends earlier already, at {}: {name}", at(until)));
        return Ok(());
    }
    let agent = agent.with_valid_until(end);
    let until = agent.valid_until().map_or_else(String::new, at);
    next.draft.replace(agent).map_err(|why| next.error(why))?;
    next.messages.done.push(format!("ends: {name}, at {until}"));
    next.messages.notes.push(format!(
        "note: {name} may act until then, and is not retired yet; run the command again after that time, so that nobody resumes it"
    ));
    Ok(())
}
