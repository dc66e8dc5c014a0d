//! `deputize mcp-present`: a presenter on the client's side of an MCP server.

use std::io::{self, BufReader};
use std::path::PathBuf;

use clap::{ArgGroup, Args};
use deputize::{ConstraintError, Signer, Subpath, Wallet};
#[cfg(feature = "http")]
use deputize_mcp::http::{LinkSeen, Target, connect};
use deputize_mcp::presenting::PresenterSession;
use deputize_mcp::serve_until;
use time::OffsetDateTime;

use crate::commands::mcp_guard::{end_of, note, of_session, signals, started};
use crate::input::keys::KeyArgs;
use crate::input::token::TokenText;
use crate::input::trust::HolderTrustArgs;
use crate::output::{Error, Outcome, Output};
#[cfg(feature = "http")]
use crate::signals::Signals;
use crate::wallet::{Folder, read};

/// The example in the help.
pub const EXAMPLE: &str = "\
Put it in front of the server in the configuration of a client, which can attach nothing itself. The
audience is that of the guard at the other end.

Example:
  deputize mcp-present --key planner.key --token @planner.token --audience fs.acme.com \\
    -- ssh files.acme.com deputize mcp-guard --config guard.toml -- mcp-server-filesystem /srv
  deputize mcp-present --key planner.key --token @planner.token --audience fs.acme.com \\
    --url https://files.acme.com/mcp";

/// The options of `mcp-present`.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("held").args(["token", "wallet"]).required(true)))]
pub struct McpPresentArgs {
    #[command(flatten)]
    pub(crate) key: KeyArgs,
    #[command(flatten)]
    pub(crate) trust: HolderTrustArgs,
    /// The token to present: its text, or @FILE.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// Present the narrowest token of this wallet that permits a call. Needs --trust.
    #[arg(long, value_name = "DIR", requires = "trust")]
    pub(crate) wallet: Option<PathBuf>,
    /// The audience of the server. It must be that of its guard, and is never taken from what the server
    /// announces.
    #[arg(long, value_name = "NAME")]
    pub(crate) audience: String,
    /// Make relative paths absolute below this directory, in calls that no token permits as they are. It is
    /// the absolute path from which the server takes relative paths.
    #[arg(long, value_name = "DIR", value_parser = absolute)]
    pub(crate) base: Option<Subpath>,
    /// Reach the server over HTTP at this URL, such as `https://files.acme.com/mcp`, instead of starting one.
    #[cfg(feature = "http")]
    #[arg(long, value_name = "URL", conflicts_with = "server")]
    pub(crate) url: Option<String>,
    /// The server and its arguments, which speaks MCP over its standard input and output.
    #[cfg_attr(
        feature = "http",
        arg(value_name = "SERVER", required_unless_present = "url", last = true)
    )]
    #[cfg_attr(not(feature = "http"), arg(value_name = "SERVER", required = true, last = true))]
    pub(crate) server: Vec<String>,
}

/// Reads the absolute path of a directory at the server, whose system may be another one.
pub(super) fn absolute(text: &str) -> Result<Subpath, String> {
    let directory: Subpath = text.parse().map_err(|why: ConstraintError| why.to_string())?;
    match directory.as_str().starts_with('/') {
        true => Ok(directory),
        false => Err("it is relative, and must be absolute, such as `/srv/docs`".to_owned()),
    }
}

/// Presents for a client until the server ends. Notes go to standard error, like those of the server.
///
/// # Errors
///
/// If a token or the key cannot be read, the server cannot be started, or it ends by a fault.
pub fn run(args: &McpPresentArgs, output: &Output) -> Result<Outcome, Error> {
    let now = OffsetDateTime::now_utc();
    let key = args.key.signing_key()?;
    let wallet = match &args.wallet {
        Some(path) => {
            let anchors = Some(args.trust.anchors()?);
            read(&Folder::open(path)?, anchors, Some(key.public_key()), now, output)?
        }
        None => {
            let text = TokenText::read(args.token.as_deref(), output)?;
            let token = match args.trust.token(&text, now, output)? {
                Ok(token) => token,
                Err(outcome) => return Ok(outcome),
            };
            args.trust.note_claim(&token, output);
            let mut wallet = Wallet::trusting_any_root();
            wallet.add(token, now).map_err(|why| Error::about("--token", why))?;
            wallet
        }
    };
    let signals = signals()?;
    let mut session = PresenterSession::new(wallet, key, &args.audience);
    if let Some(base) = &args.base {
        session = session.with_base(base.clone());
    }
    #[cfg(feature = "http")]
    if let Some(url) = &args.url {
        return over_http(url, session, &signals);
    }
    let server = started(&args.server)?;
    let see = |seen| note(&of_session(&seen));
    let input = BufReader::new(io::stdin());
    end_of(serve_until(signals.stop(), session, input, io::stdout(), server, see), &signals)
}

/// Presents for a client to a server over HTTP, until its input ends or the server ends the session.
#[cfg(feature = "http")]
fn over_http(url: &str, session: PresenterSession, signals: &Signals) -> Result<Outcome, Error> {
    let target = Target::parse(url).map_err(|why| Error::about("--url", why))?;
    let see = |seen| match seen {
        LinkSeen::InSession(seen) => note(&of_session(&seen)),
        LinkSeen::NotTaken(why) => note(&format!("a message got lost: {why}")),
        LinkSeen::NoStream(why) => {
            note(&format!("the server's own messages cannot be read: {why}"));
        }
        _ => {}
    };
    let ended =
        connect(&target, signals.stop(), session, BufReader::new(io::stdin()), io::stdout(), see);
    ended.map_err(Error::new)?;
    Ok(signals.status().map_or(Outcome::Done, Outcome::Stopped))
}
