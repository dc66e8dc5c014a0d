//! `deputize agents show`: a directory for people, and as JSON.

use std::path::PathBuf;

use clap::Args;
use deputize::text::Quoted;
use deputize::{Agent, Directory, PublicKey, StatementScope, Token};
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;

use crate::agents::choose::choose;
use crate::agents::state::{Refused, alike_in_words, in_words};
use crate::input::directory;
use crate::input::when::AtArgs;
use crate::limits::SHOWN_ENTRIES;
use crate::output::format::DataFormat;
use crate::output::granted::at;
use crate::output::{Error, Outcome, Output};
use crate::statements::issue::Issue;
use crate::statements::place::{self, Place};

/// The example in the help.
pub const EXAMPLE: &str = "\
The form and the signature are checked. With the name, the id or the key of an agent, its whole
entry is shown.

Example:
  deputize agents show acme.agents
  deputize agents show acme.agents planner";

/// The options of `agents show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Show all agents, however many there are.
    #[arg(long)]
    pub(crate) all: bool,
    /// The format: text, or JSON with all agents or the named ones.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DataFormat,
    #[command(flatten)]
    pub(crate) at: AtArgs,
    /// The file of the directory; - for standard input.
    pub(crate) file: PathBuf,
    /// Agents, each by its name, its id or its key. By default, a table of all.
    #[arg(value_name = "AGENT")]
    pub(crate) agents: Vec<String>,
}

/// A directory in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Shown<'a> {
    #[serde(flatten)]
    place: Place,
    /// The token that gives the issuer its power, for a directory by a power.
    #[serde(skip_serializing_if = "Option::is_none")]
    authority: Option<String>,
    /// The agents.
    agents: Vec<ShownAgent<'a>>,
}

/// An agent of a directory, and the reasons against it.
#[derive(Debug, Serialize, JsonSchema)]
struct ShownAgent<'a> {
    /// The entry.
    agent: &'a Agent,
    /// The reasons why verifiers refuse it at the time of the command.
    refused: Vec<Refused>,
    /// The keys of other agents whose names are equal or look alike. Verifiers refuse both, unless
    /// successor statements link their keys and the names are equal.
    alike: Vec<PublicKey>,
}

/// Prints the directory.
///
/// # Errors
///
/// If the file cannot be read or is not a directory, or an agent is not in it.
pub fn run(args: &ShowArgs, output: &Output) -> Result<Outcome, Error> {
    let now = args.at.now()?;
    let directory = directory::read(&args.file)?;
    let keys = args.agents.iter().map(|text| choose(directory.agents().iter(), text));
    let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
    let named: Vec<_> = keys.iter().filter_map(|key| directory.agent(key)).collect();
    match args.format {
        DataFormat::Json => {
            let agents = if named.is_empty() { directory.agents().iter().collect() } else { named };
            let agents = agents.into_iter().map(|agent| ShownAgent {
                agent,
                refused: Refused::all_of(agent, now),
                alike: directory.alike(&agent.key()).map(Agent::key).collect(),
            });
            let agents = agents.collect();
            let authority = directory.authority().map(Token::to_text);
            let place = Place::of(&Issue::from(&directory));
            output.print_json(&Shown { place, authority, agents })?;
        }
        DataFormat::Text if named.is_empty() => output.print(table(&directory, args.all, now))?,
        DataFormat::Text => {
            let texts = named.iter().map(|agent| details(&directory, agent, now));
            output.print(texts.collect::<Vec<_>>().join("\n\n"))?;
        }
    }
    Ok(Outcome::Done)
}

fn table(directory: &Directory, all: bool, now: OffsetDateTime) -> String {
    let issuer = directory.issuer();
    let mut lines = vec![format!("agents of {} ({issuer})", issuer.fingerprint())];
    lines.extend(place::lines(&Issue::from(directory), &scope_in_words(directory.scope())));
    let count = directory.agents().len();
    lines.push(format!("  agents:   {count}"));
    if count == 0 {
        return lines.join("\n");
    }
    let mut agents: Vec<_> = directory.agents().iter().collect();
    agents.sort_by_key(|agent| agent.principal().name());
    let shown = if all { count } else { SHOWN_ENTRIES };
    let head = ["NAME", "KIND", "STATUS", "ANSWERS FOR IT", "NEXT REVIEW", "KEY"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(agents.iter().take(shown).map(|agent| row(agent, now)));
    lines.extend(aligned(&rows));
    if let Some(more) = count.checked_sub(shown).filter(|more| *more > 0) {
        lines.push(format!("    … and {more} more agents; --all shows them"));
    }
    lines.join("\n")
}

fn row(agent: &Agent, now: OffsetDateTime) -> [String; 6] {
    let refused = Refused::all_of(agent, now);
    let mut status = agent.status().to_string();
    for own in &refused {
        match own {
            Refused::NotYetValid { .. } => status.push_str(", NOT YET"),
            Refused::Ended { .. } if status != "retired" => status.push_str(", ENDED"),
            _ => {}
        }
    }
    let is_overdue = refused.iter().any(|own| matches!(own, Refused::ReviewOverdue { .. }));
    let overdue = if is_overdue { " OVERDUE" } else { "" };
    [
        Quoted(agent.principal().name()).to_string(),
        agent.principal().kind().to_string(),
        status,
        Quoted(agent.accountable().name()).to_string(),
        agent
            .next_review()
            .map_or_else(|| "none".to_owned(), |due| format!("{}{overdue}", at(due))),
        agent.key().fingerprint(),
    ]
}

/// Returns rows in columns of equal width.
fn aligned(rows: &[[String; 6]]) -> impl Iterator<Item = String> {
    let mut widths = [0_usize; 6];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    rows.iter().map(move |row| {
        let mut line = String::from("   ");
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(&format!(" {cell:<width$} ", width = *width));
        }
        line.trim_end().to_owned()
    })
}

fn details(directory: &Directory, agent: &Agent, now: OffsetDateTime) -> String {
    let (own, by) = (agent.principal(), agent.accountable());
    let mut lines =
        vec![format!("{} ({}, {})", Quoted(own.name()), own.kind(), own.key().fingerprint())];
    let mut add = |label: &str, text: String| lines.push(format!("  {label:<14}{text}"));
    add("key:", own.key().to_string());
    add("id:", agent.id().to_owned());
    add("status:", agent.status().to_string());
    add("answers:", format!("{} ({})", Quoted(by.name()), by.kind()));
    for (place, text) in agent.responsibilities().iter().enumerate() {
        add(if place == 0 { "is for:" } else { "" }, Quoted(text).to_string());
    }
    for (label, time) in [
        ("valid from:", agent.valid_from()),
        ("valid until:", agent.valid_until()),
        ("last review:", agent.last_review()),
        ("next review:", agent.next_review()),
    ] {
        time.into_iter().for_each(|time| add(label, at(time)));
    }
    if agent.may_spawn() {
        add("may spawn:", "delegates below it need no entry".to_owned());
    }
    let refused = Refused::all_of(agent, now);
    if !refused.is_empty() {
        add("REFUSED:", in_words(&refused));
    }
    for other in directory.alike(&agent.key()) {
        add("name:", alike_in_words(agent, other));
    }
    lines.join("\n")
}

/// Returns the chains that a directory is about, for people.
fn scope_in_words(scope: StatementScope) -> String {
    match scope {
        StatementScope::Named => "named, for verifiers that name the issuer".to_owned(),
        StatementScope::Power(_) => format!("{scope}, as far as the issuer's token grants it"),
        other => other.to_string(),
    }
}
