//! `deputize agents add`: a new agent in a directory.

use clap::Args;
use deputize::text::Quoted;
use deputize::{Agent, Owner};
use time::OffsetDateTime;

use crate::agents::change::{ChangeArgs, Unchanged};
use crate::agents::next::BeginArgs;
use crate::input::grant::principal;
use crate::input::kind::KindName;
use crate::input::when::When;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
The name and the kind are what delegations must state for this key. The exit status is 1,
and nothing is written, if the name equals or resembles that of another agent (see
--anyway).

Example:
  deputize agents add --key security.key acme.agents --agent researcher=researcher.pub \\
    --id spiffe://acme.com/agents/researcher --accountable alice@acme.com \\
    --responsibility 'reads the EMEA accounts' --valid-until 365d --next-review 90d";

/// The options of `agents add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    #[command(flatten)]
    pub(crate) begin: BeginArgs,
    /// The name and the public key of the agent.
    #[arg(long, value_name = "NAME=KEY")]
    pub(crate) agent: String,
    /// The kind of the agent.
    #[arg(long, value_name = "KIND", default_value = "agent")]
    pub(crate) kind: KindName,
    /// A name that stays when the key changes: a URI, such as a SPIFFE id.
    #[arg(long, value_name = "URI")]
    pub(crate) id: String,
    /// The person or organization that answers for the agent.
    #[arg(long, value_name = "NAME")]
    pub(crate) accountable: String,
    /// The kind of --accountable: human or organization.
    #[arg(long, value_name = "KIND", default_value = "human")]
    pub(crate) accountable_kind: KindName,
    /// A purpose of the agent, in words; repeatable.
    #[arg(long, value_name = "TEXT")]
    pub(crate) responsibility: Vec<String>,
    /// The time from which on it may act: 15m or 2d from now, or a time. By default, at once.
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub(crate) valid_from: Option<String>,
    /// The time from which on it may not act any more. By default, it has no end.
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub(crate) valid_until: Option<String>,
    /// The time of its next review, from which on it is refused. By default, it needs no review.
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    pub(crate) next_review: Option<String>,
    /// Delegates below this agent need no entry of their own.
    #[arg(long)]
    pub(crate) may_spawn: bool,
}

/// Adds an agent.
///
/// # Errors
///
/// If an option is malformed, the key is listed already, or the directory cannot be read or
/// written.
pub fn run(args: &AddArgs, output: &Output) -> Result<Outcome, Error> {
    let agent = args.agent()?;
    // Read before the file is locked.
    let times = args.times()?;
    let first = args.begin.first(output)?;
    args.change.run(first, Unchanged::Stays, output, |next| {
        let agent = times.set(agent, next.now)?;
        let (own, by) = (agent.principal(), agent.accountable());
        next.messages.done.push(format!(
            "added: {} ({}, {}), {}, {} ({}) answers for it",
            Quoted(own.name()),
            own.kind(),
            own.key().fingerprint(),
            agent.id(),
            Quoted(by.name()),
            by.kind()
        ));
        next.draft.add(agent).map_err(|why| next.error(why))
    })
}

/// The times in the entry.
struct Times {
    valid_from: Option<When>,
    valid_until: Option<When>,
    next_review: Option<When>,
}

impl Times {
    fn set(&self, agent: Agent, now: OffsetDateTime) -> Result<Agent, Error> {
        type Set = fn(Agent, OffsetDateTime) -> Agent;
        let times: [(&str, Option<When>, Set); 3] = [
            ("--valid-from", self.valid_from, Agent::with_valid_from),
            ("--valid-until", self.valid_until, Agent::with_valid_until),
            ("--next-review", self.next_review, Agent::with_next_review),
        ];
        times.into_iter().try_fold(agent, |agent, (option, when, set)| match when {
            None => Ok(agent),
            Some(when) => Ok(set(agent, when.from(now).map_err(|e| Error::about(option, e))?)),
        })
    }
}

impl AddArgs {
    fn agent(&self) -> Result<Agent, Error> {
        let own = principal("--agent", &self.agent, self.kind.into())?;
        let by = Owner::new(&self.accountable, self.accountable_kind.into());
        let by = by.map_err(|e| Error::about("--accountable", e))?;
        let agent = Agent::new(&self.id, own, by).map_err(Error::new)?;
        let agent = agent.with_responsibilities(&self.responsibility);
        Ok(agent.map_err(|e| Error::about("--responsibility", e))?.with_may_spawn(self.may_spawn))
    }

    fn times(&self) -> Result<Times, Error> {
        let read = |option: &str, text: &Option<String>| {
            let when = text.as_deref().map(str::parse::<When>).transpose();
            when.map_err(|e| Error::about(option, e))
        };
        Ok(Times {
            valid_from: read("--valid-from", &self.valid_from)?,
            valid_until: read("--valid-until", &self.valid_until)?,
            next_review: read("--next-review", &self.next_review)?,
        })
    }
}
