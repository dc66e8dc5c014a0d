//! `deputize agents import`: agents from a JSON file.

use std::path::{Path, PathBuf};

use clap::Args;
use deputize::text::json::JsonError;
use deputize::{Agent, AgentStatus, DirectoryError, ScimAgents};
use serde::de::DeserializeOwned;

use super::export::EXPERIMENTAL;
use crate::agents::change::{ChangeArgs, Unchanged};
use crate::agents::changes::difference;
use crate::agents::next::{BeginArgs, Next};
use crate::agents::state::{Refused, in_words};
use crate::input::{encoding, statement};
use crate::limits::MAX_AGENTS_FILE_BYTES;
use crate::output::granted::named;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
An agent whose key is listed is replaced, any other is added, and the changes are printed.
Agents that the file does not have stay as they are. The import is an error if it would revive a
retired agent. It is refused with exit status 1 if it would let a suspended or ended agent act
again (see --anyway).

Example:
  deputize agents import --key security.key acme.agents agents.json";

/// The options of `agents import`.
#[derive(Debug, Args)]
pub struct ImportArgs {
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    #[command(flatten)]
    pub(crate) begin: BeginArgs,
    /// Read a SCIM list of agent resources. Experimental: it follows an Internet-Draft.
    #[arg(long)]
    pub(crate) scim: bool,
    /// The file with the agents, a JSON array as `agents export` prints it; - for standard input.
    pub(crate) agents: PathBuf,
}

/// Adds and replaces agents.
///
/// # Errors
///
/// If the file is not a list of agents, has a key twice, or would revive a retired agent, or the
/// directory cannot be read or written.
pub fn run(args: &ImportArgs, output: &Output) -> Result<Outcome, Error> {
    let agents = args.read()?;
    if args.scim {
        output.note(EXPERIMENTAL);
    }
    let first = args.begin.first(output)?;
    args.change.run(first, Unchanged::Stays, output, |next| {
        let listed = next.before.as_ref().map_or(0, |before| before.agents().len());
        let mut known = 0_usize;
        for agent in agents {
            known = known.saturating_add(usize::from(put(agent, next)?));
        }
        if let Some(kept) = listed.checked_sub(known).filter(|kept| *kept > 0) {
            next.messages.notes.push(format!(
                "note: {} that the file does not have {} unchanged",
                if kept == 1 { "an agent".to_owned() } else { format!("{kept} agents") },
                if kept == 1 { "stays" } else { "stay" }
            ));
        }
        Ok(())
    })
}

/// Adds or replaces one agent. Returns true if its key was listed.
fn put(agent: Agent, next: &mut Next<'_>) -> Result<bool, Error> {
    let (key, name) = (agent.key(), named(agent.principal()));
    let Some(before) = next.draft.agent(&key).cloned() else {
        next.draft.add(agent).map_err(|why| next.error(why))?;
        next.messages.done.push(format!("added: {name}"));
        return Ok(false);
    };
    if before == agent {
        return Ok(true);
    }
    if before.status() == AgentStatus::Retired && agent.status() != AgentStatus::Retired {
        return Err(next.error(DirectoryError::Retired { key: Box::new(key) }));
    }
    let inactive = |agent: &Agent| {
        let refused = Refused::all_of(agent, next.now).into_iter();
        let reasons =
            refused.filter(|own| matches!(own, Refused::Suspended | Refused::Ended { .. }));
        in_words(&reasons.collect::<Vec<_>>())
    };
    let reasons = inactive(&before);
    if !reasons.is_empty() && inactive(&agent).is_empty() {
        next.messages.doubts.push(format!(
            "the file would let {name} act again, and it may not act now: {reasons}"
        ));
    }
    next.messages.done.push(format!("changed: {name}: {}", difference(&before, &agent)));
    next.draft.replace(agent).map_err(|why| next.error(why))?;
    Ok(true)
}

impl ImportArgs {
    fn read(&self) -> Result<Vec<Agent>, Error> {
        let path = &self.agents;
        let bytes = statement::read_bytes("list of agents", path, MAX_AGENTS_FILE_BYTES)?;
        let text = encoding::utf8(&bytes).map_err(|why| statement::error(path, why))?;
        let agents = match self.scim {
            true => parse::<ScimAgents>(text, path)?.0,
            false => parse::<Vec<Agent>>(text, path)?,
        };
        let mut keys: Vec<_> = agents.iter().map(Agent::key).collect();
        keys.sort_unstable();
        match keys.windows(2).find_map(|pair| pair.first().filter(|own| pair.last() == Some(*own)))
        {
            None => Ok(agents),
            Some(key) => Err(statement::error(path, format_args!("it has the key {key} twice"))),
        }
    }
}

fn parse<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|why| statement::error(path, JsonError::from(why)))
}
