//! `deputize mcp doctor`: whether presenters and a guard can do their work.

use std::path::{Path, PathBuf};

use clap::Args;
use deputize::text::{Backticked, Quoted, Visible};
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;

use super::guards::{GuardDiagnosis, examine};
use crate::clients::{
    Behind, Client, Document, HeldToken, Holding, Presented, Server, found_program,
    is_this_program, read,
};
use crate::output::format::DataFormat;
use crate::output::granted::at;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
Without --client, --file and --config, every client is examined whose configuration is at its usual
place. A server without a presenter is listed, and is not wrong. Nothing is started, and the key and the
tokens that the file of a project names are examined only if the client or the file is named.

Example:
  deputize mcp doctor --client cursor
  deputize mcp doctor --config guard.toml";

/// The options of `mcp doctor`.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// A client to examine; repeatable.
    #[arg(long, value_name = "CLIENT")]
    pub(crate) client: Vec<Client>,
    /// The configuration of a client, at any place; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Vec<PathBuf>,
    /// The configuration of a guard; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Vec<PathBuf>,
    /// The format: lines of text, or JSON.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DataFormat,
}

/// What was found, in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// True if nothing is wrong.
    healthy: bool,
    /// The configurations of clients.
    clients: Vec<ClientDiagnosis>,
    /// The configurations of guards.
    guards: Vec<GuardDiagnosis>,
}

/// The configuration of a client.
#[derive(Debug, Serialize, JsonSchema)]
struct ClientDiagnosis {
    /// The client, unless the file was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'static str>,
    /// The file.
    file: String,
    /// What is wrong with the file.
    problems: Vec<String>,
    /// The servers.
    servers: Vec<ServerDiagnosis>,
}

/// A server of a client.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct ServerDiagnosis {
    /// The name.
    name: String,
    /// True if a presenter stands in front of it.
    presented: bool,
    /// The audience to which calls are presented.
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<String>,
    /// The tokens that the presenter has.
    tokens: Vec<TokenDiagnosis>,
    /// What is wrong.
    problems: Vec<String>,
    /// What is worth knowing.
    notes: Vec<String>,
}

/// A token of a presenter.
#[derive(Debug, Serialize, JsonSchema)]
struct TokenDiagnosis {
    /// The owner.
    owner: String,
    /// True if the presenter trusts the root key for the owner. Otherwise the owner is a claim.
    trusted: bool,
    /// The holder.
    holder: String,
    /// The time at which it ends, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    expires: String,
}

/// Examines what was named, or every client.
///
/// # Errors
///
/// If standard output is closed or fails.
pub fn run(args: &DoctorArgs, output: &Output) -> Result<Outcome, Error> {
    let now = OffsetDateTime::now_utc();
    let is_any_named = !(args.client.is_empty() && args.file.is_empty() && args.config.is_empty());
    let mut places: Vec<(Option<Client>, PathBuf)> = match is_any_named {
        false => Client::present().map(|(client, file)| (Some(client), file)).collect(),
        true => {
            let named = args.client.iter().map(|own| (Some(*own), own.file().unwrap_or_default()));
            named.collect()
        }
    };
    places.extend(args.file.iter().map(|file| (None, file.clone())));
    let clients = places.iter();
    let clients: Vec<_> =
        clients.map(|(client, file)| of_client(*client, file, is_any_named, now, output)).collect();
    let guards: Vec<_> = args.config.iter().map(|file| examine(file, now)).collect();
    let problems = clients.iter().map(ClientDiagnosis::problems).sum::<usize>();
    let problems = problems.saturating_add(guards.iter().map(|own| own.problems.len()).sum());
    let healthy = problems == 0;
    let found = Diagnosis { healthy, clients, guards };
    match args.format {
        DataFormat::Json => output.print_json(&found)?,
        DataFormat::Text if found.clients.is_empty() && found.guards.is_empty() => {
            output.note("no client has a configuration at its usual place; give one with --file");
        }
        DataFormat::Text => output.print(found.lines().join("\n"))?,
    }
    match healthy {
        true => Ok(Outcome::Done),
        false => {
            output.note(format_args!(
                "{problems} {}",
                if problems == 1 { "problem" } else { "problems" }
            ));
            Ok(Outcome::Refused)
        }
    }
}

fn of_client(
    client: Option<Client>,
    file: &Path,
    is_named: bool,
    now: OffsetDateTime,
    output: &Output,
) -> ClientDiagnosis {
    let unnamed = client.filter(|own| own.is_of_project() && !is_named);
    let document = read(file).and_then(|text| Document::parse(&text, client));
    let (servers, problems) = match document {
        Ok(document) => (document.servers, Vec::new()),
        Err(why) => (Vec::new(), vec![why]),
    };
    ClientDiagnosis {
        client: client.map(Client::name),
        file: Visible(&file.to_string_lossy()).to_string(),
        problems,
        servers: servers.iter().map(|own| of_server(own, unnamed, now, output)).collect(),
    }
}

/// `unnamed` is the client if nobody named it, and its file is that of a project.
fn of_server(
    server: &Server,
    unnamed: Option<Client>,
    now: OffsetDateTime,
    output: &Output,
) -> ServerDiagnosis {
    let mut found = ServerDiagnosis { name: server.name.clone(), ..ServerDiagnosis::default() };
    let behind = match server.starts() {
        Err(why) => {
            found.problems.push(why);
            return found;
        }
        Ok(Err(behind)) => behind,
        Ok(Ok(presented)) => {
            let Presented { program, presenting, behind, .. } = presented;
            let holding = match unnamed {
                None => presenting.examine(now, output),
                Some(client) => Holding::unexamined(client),
            };
            found.presented = true;
            match missing(&program, server) {
                Some(why) => found.problems.push(why),
                None => found.notes.extend(foreign(&program, server)),
            }
            found.problems.extend(holding.problems);
            found.notes.extend(holding.notes);
            found.tokens.extend(holding.tokens.into_iter().map(TokenDiagnosis::from));
            found.audience = Some(presenting.audience);
            behind
        }
    };
    if let Behind::Program { command, .. } = &behind {
        found.problems.extend(missing(command, server));
    }
    found
}

/// Returns the sentence about a program that is not found. Variables are the client's matter.
fn missing(program: &str, server: &Server) -> Option<String> {
    let is_found = program.contains("${") || found_program(program, search_path(server));
    (!is_found).then(|| format!("the program {} is not found", Backticked(program)))
}

/// Returns the sentence about a presenter that has the name of this program, and is another one or cannot be
/// told from it.
fn foreign(program: &str, server: &Server) -> Option<String> {
    let is_own = is_this_program(program, search_path(server));
    (!is_own).then(|| {
        format!(
            "the presenter {} is not this program, or a path that depends on the client",
            Backticked(program)
        )
    })
}

fn search_path(server: &Server) -> Option<&str> {
    server.env().iter().find(|(name, _)| name == "PATH").map(|(_, path)| path.as_str())
}

impl From<HeldToken> for TokenDiagnosis {
    fn from(own: HeldToken) -> Self {
        let HeldToken { owner, trusted, holder, expires } = own;
        Self { owner, trusted, holder, expires: at(expires) }
    }
}

impl ClientDiagnosis {
    fn problems(&self) -> usize {
        let servers = self.servers.iter().map(|own| own.problems.len()).sum::<usize>();
        servers.saturating_add(self.problems.len())
    }
}

impl Diagnosis {
    fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let findings = |problems: &[String], notes: &[String], indent: &str| {
            let problems = problems.iter().map(|own| format!("{indent}PROBLEM: {own}"));
            let notes = notes.iter().map(|own| format!("{indent}note: {own}"));
            problems.chain(notes).collect::<Vec<_>>()
        };
        for own in &self.clients {
            lines.push(match own.client {
                Some(client) => format!("{client}, {}", own.file),
                None => own.file.clone(),
            });
            lines.extend(findings(&own.problems, &[], "  "));
            for server in &own.servers {
                lines.push(server.line());
                lines.extend(server.tokens.iter().map(TokenDiagnosis::line));
                lines.extend(findings(&server.problems, &server.notes, "    "));
            }
        }
        for own in &self.guards {
            lines.push(match &own.audience {
                Some(audience) => format!("guard of {}, {}", Backticked(audience), own.file),
                None => format!("guard, {}", own.file),
            });
            lines.extend(findings(&own.problems, &own.notes, "  "));
        }
        lines
    }
}

impl ServerDiagnosis {
    fn line(&self) -> String {
        let name = Backticked(&self.name);
        match &self.audience {
            Some(audience) => format!("  {name} is presented to {}", Backticked(audience)),
            None => format!("  {name} has no presenter"),
        }
    }
}

impl TokenDiagnosis {
    fn line(&self) -> String {
        let claim = if self.trusted { "" } else { ", which is only a claim" };
        let owner = Quoted(&self.owner);
        format!("    for {owner}{claim}, held by {}, until {}", self.holder, self.expires)
    }
}
