//! `deputize mcp-guard`: a guard in front of an MCP server.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;
use deputize::CodedError;
use deputize::text::Visible;
use deputize_audit::Monitor;
use deputize_guard::{Guard, GuardConfig, Notice, ObserveUntil};
#[cfg(feature = "http")]
use deputize_mcp::Session;
use deputize_mcp::guarding::GuardSession;
#[cfg(feature = "http")]
use deputize_mcp::http::DoorSeen;
use deputize_mcp::{Ended, Seen, SessionError, serve_until};
use time::{Duration as Span, OffsetDateTime};

use crate::clients::startable;
#[cfg(feature = "http")]
use crate::commands::listen;
use crate::input::when::When;
use crate::output::granted::at;
use crate::output::{Error, Outcome, Output};
use crate::signals::Signals;

/// The example in the help.
pub const EXAMPLE: &str = "\
While it observes, the guard says so at each start, with the end. Each call goes out: one with a token
is charged to its key, and one without is charged to nobody. `deputize review` proposes grants.

Example:
  deputize mcp-guard --config guard.toml -- mcp-server-filesystem /srv
  deputize mcp-guard --config guard.toml --observe 14d -- mcp-server-filesystem /srv
  deputize mcp-guard --config guard.toml --listen 127.0.0.1:8080 -- mcp-server-filesystem /srv";

/// The time that a start waits for the first reading of the sources.
const FIRST_READ: Duration = Duration::from_secs(5);

/// The options of `mcp-guard`.
#[derive(Debug, Args)]
pub struct McpGuardArgs {
    /// The configuration, in TOML: audience, folder, trusted keys, revocation, log.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The audience is new: make the folder of the configuration, and accept presentations at once.
    /// Without it, a new folder refuses presentations for 30 seconds, since they could have been
    /// used before.
    #[arg(long)]
    pub(crate) new: bool,
    /// Refuse nothing until then: a time in RFC 3339, or a duration such as 14d, which counts from the first
    /// start that has it. At most 90 days; the guard enforces by itself from then on. Calls that present
    /// nothing go out, too.
    #[arg(long, value_name = "WHEN", conflicts_with = "enforce")]
    pub(crate) observe: Option<String>,
    /// Enforce, whatever `[observe]` the configuration has.
    #[arg(long)]
    pub(crate) enforce: bool,
    /// Listen for MCP over HTTP at this address, such as 127.0.0.1:8080, and start a server for each session.
    /// The URL is printed; the port 0 stands for any that is free.
    #[cfg(feature = "http")]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// The server and its arguments, which speaks MCP over its standard input and output.
    #[arg(value_name = "SERVER", required = true, last = true)]
    pub(crate) server: Vec<String>,
}

/// Guards a server until it ends. Notes go to standard error, like those of the server.
///
/// # Errors
///
/// If the configuration cannot be used, the server cannot be started, or it ends by a fault.
pub fn run(args: &McpGuardArgs, output: &Output) -> Result<Outcome, Error> {
    let config = observing(args, GuardConfig::read(&args.config).map_err(Error::new)?)?;
    let now = OffsetDateTime::now_utc();
    // A source is told of when what it says changes: a line for each reading would fill a pipe that
    // nobody reads.
    let last = Arc::new(Mutex::new(BTreeMap::new()));
    let tell = move |notice: &Notice<'_>| {
        let (about, line) = said(notice);
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.insert(about, line.clone()).as_ref() != Some(&line) {
            note(&line);
        }
    };
    let guard = match args.new {
        true => config.start_new_audience(Monitor::default(), now, tell),
        false => config.start(Monitor::default(), now, tell),
    };
    let guard = guard.map_err(Error::new)?;
    if let Some(sources) = guard.sources() {
        sources.first_read(FIRST_READ);
    }
    output.note(format_args!("deputize guards this server as {}", Visible(config.audience())));
    let signals = signals()?;
    #[cfg(feature = "http")]
    if let Some(address) = args.listen {
        let (settings, server) = (config.listen().clone(), args.server.clone());
        let start = move || {
            let session = session(guard.clone(), &config).for_one_holder();
            let session: Box<dyn Session> = Box::new(session);
            let mut command = command(&server)?;
            // Whatever the server starts ends with it.
            #[cfg(unix)]
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
            Ok((session, command.spawn()?))
        };
        let tell = |seen: &DoorSeen| note(&of_door(seen));
        listen::run(address, &settings, signals.stop(), start, tell, output)?;
        return Ok(signals.status().map_or(Outcome::Done, Outcome::Stopped));
    }
    let server = started(&args.server)?;
    let session = session(guard, &config);
    let see = |seen: Seen| note(&of_session(&seen));
    let input = BufReader::new(io::stdin());
    end_of(serve_until(signals.stop(), session, input, io::stdout(), server, see), &signals)
}

/// Takes over the signals that end a session.
pub(super) fn signals() -> Result<Signals, Error> {
    Signals::take().map_err(|why| Error::about("cannot handle signals", why))
}

/// Returns the configuration with the end of the observation that the options state.
fn observing(args: &McpGuardArgs, config: GuardConfig) -> Result<GuardConfig, Error> {
    if args.enforce {
        if let Some(until) = config.observe_until() {
            let until = at(until);
            note(&format!(
                "--enforce: `[observe]` until {until} is ignored, and refusals are enforced"
            ));
        }
        return Ok(config.enforcing());
    }
    let Some(text) = &args.observe else { return Ok(config) };
    let until = match text.parse().map_err(|why| Error::about("--observe", why))? {
        When::At(time) => ObserveUntil::Time(time),
        When::After(seconds) => ObserveUntil::AfterFirstStart(Span::seconds(seconds.into())),
    };
    config.observing(until).map_err(|why| Error::about("--observe", why))
}

/// Returns the session of one client.
pub(super) fn session(guard: Guard, config: &GuardConfig) -> GuardSession {
    GuardSession::new(guard, config.audience())
        .with_meta(config.mcp_meta().iter().cloned())
        .with_roots(config.mcp_roots().iter().cloned())
}

/// Starts a server with pipes for its input and output.
pub(super) fn started(server: &[String]) -> Result<Child, Error> {
    let started = command(server).and_then(|mut own| own.spawn());
    let program = server.first().map_or("", String::as_str);
    started.map_err(|why| Error::about(format!("the server {}", Visible(program)), why))
}

/// Returns the command that starts a server.
fn command(server: &[String]) -> io::Result<Command> {
    let server = server.split_first();
    let (program, args) = server.ok_or_else(|| io::Error::other("name the server after --"))?;
    let mut command = Command::new(startable(program));
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(command)
}

/// Returns the outcome of a session.
pub(super) fn end_of(
    ended: Result<Ended, SessionError>,
    signals: &Signals,
) -> Result<Outcome, Error> {
    let ended = ended.map_err(Error::new)?;
    // The server may have ended by the signal, too, or by the guard.
    if let Some(status) = signals.status() {
        return Ok(Outcome::Stopped(status));
    }
    match (ended.fault, ended.server.success()) {
        (Some(why), _) => Err(Error::new(why)),
        (None, true) => Ok(Outcome::Done),
        (None, false) => Err(Error::new(format_args!("the server ended with {}", ended.server))),
    }
}

/// Prints a line to standard error, from whichever thread. A closed standard error is not a failure.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "deputize: {text}");
}

/// Returns the subject of a notice, and its line.
fn said(notice: &Notice<'_>) -> (String, String) {
    match notice {
        Notice::Warning(line) => ((*line).to_owned(), (*line).to_owned()),
        Notice::Source(state) => {
            let place = state.place.to_string();
            let line = match (&state.failure, &state.accepted) {
                (Some(why), _) => format!("{place}: {why} [{}]", why.code()),
                (None, Some(own)) => {
                    format!("{place}: sequence {}, {:?}", own.sequence, own.effect)
                }
                (None, None) => format!("{place}: unchanged"),
            };
            (place, line)
        }
        _ => (String::new(), String::new()),
    }
}

/// Returns the note about an event at a door.
#[cfg(feature = "http")]
fn of_door(seen: &DoorSeen) -> String {
    match seen {
        DoorSeen::InSession(seen) => of_session(seen),
        DoorSeen::NotStarted(why) => format!("the server cannot be started: {}", Visible(why)),
        DoorSeen::Ended { fault: Some(why), .. } => format!("a session ended: {why}"),
        DoorSeen::Ended { server: Some(status), .. } => format!("a server ended with {status}"),
        DoorSeen::NotAccepted(why) => format!("a connection cannot be accepted: {why}"),
        DoorSeen::Lost(count) => format!("{count} further notes came too fast to be printed"),
        _ => String::new(),
    }
}

pub(super) fn of_session(seen: &Seen) -> String {
    match seen {
        Seen::NotAMessage(code) => format!("a line of the server is not a message [{code}]"),
        Seen::Unasked => "an answer of the server that nobody waits for was dropped".to_owned(),
        Seen::UnaskedByServer => {
            "an answer of the client that nobody waits for was dropped".to_owned()
        }
        Seen::NotOpened => {
            "a notification of the server that no authority stands for was dropped".to_owned()
        }
        Seen::OutcomeNotRecorded(code) => {
            format!("the outcome of a call was not recorded [{code}]")
        }
        _ => String::new(),
    }
}
