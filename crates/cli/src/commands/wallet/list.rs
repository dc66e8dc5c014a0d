//! `deputize wallet list`: the tokens of an agent.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use deputize::text::{Quoted, visible_json};
use deputize::{Capability, HopId, Principal, PrincipalKind, PublicKey, Token};
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;

use crate::input::trust::trust_anchors;
use crate::input::when::{AtArgs, When};
use crate::output::granted::{self, at};
use crate::output::{Error, Outcome, Output};
use crate::wallet::{self, Folder, id_of};

/// The example in the help.
pub const EXAMPLE: &str = "\
Without --trust, all authentic tokens are listed, and their owners are only claims. A file
that is damaged, or whose token is not trusted, is named on standard error.

Example:
  deputize wallet list --wallet wallet --trust alice.pub=alice@acme.com --expiring-within 1h";

/// The options of `wallet list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// The directory of the wallet.
    #[arg(long, value_name = "DIR")]
    pub(crate) wallet: PathBuf,
    /// A root key to trust, and the owner for whom it may speak (by default, any); repeatable. Only
    /// tokens under such a root key are listed.
    #[arg(long, value_name = "KEY[=OWNER]")]
    pub(crate) trust: Vec<String>,
    /// A successor statement of a root key, from `deputize rotate`; repeatable. Its --trust holds
    /// for the new key, too.
    #[arg(long, value_name = "FILE", requires = "trust")]
    pub(crate) successor: Vec<PathBuf>,
    /// List only the tokens that expire within this time, such as 1h, or have expired.
    #[arg(long, value_name = "DURATION")]
    pub(crate) expiring_within: Option<String>,
    /// The format: lines of text, or JSON.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: ListFormat,
    #[command(flatten)]
    pub(crate) at: AtArgs,
}

/// The formats of `wallet list`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListFormat {
    /// A few lines for each token.
    Text,
    /// A JSON array with an object for each token.
    Json,
}

/// A token of a wallet in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Listed<'a> {
    /// The id of its last hop, which is its id in the wallet.
    id: HopId,
    /// True if --trust vouches for the owner. Otherwise the owner is only a claim.
    trusted: bool,
    /// The name of the accountable owner.
    owner: &'a str,
    /// The kind of the owner.
    owner_kind: PrincipalKind,
    /// The key that signed the first hop.
    root_key: PublicKey,
    /// The holder, whose key can use the token.
    holder: &'a Principal,
    /// The capabilities that all hops grant.
    capabilities: Vec<Capability>,
    /// The services that all hops allow calls to, if they are limited.
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<BTreeSet<&'a str>>,
    /// The time from which all hops are valid, RFC 3339, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    not_before: Option<String>,
    /// The time at which the first hop expires, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    expires: String,
    /// The number of delegations that may still follow.
    further_hops: u32,
    /// The purpose of the last hop, in its delegator's words.
    purpose: &'a str,
}

/// Prints the tokens.
///
/// # Errors
///
/// If an option is malformed, or the wallet cannot be read.
pub fn run(args: &ListArgs, output: &Output) -> Result<Outcome, Error> {
    let now = args.at.now()?;
    let is_trusted = !args.trust.is_empty();
    let anchors = is_trusted.then(|| trust_anchors(&args.trust, &args.successor)).transpose()?;
    let before = args.expiring_within.as_deref().map(|text| {
        let within: When = text.parse()?;
        within.from(now)
    });
    let before = before.transpose().map_err(|e| Error::about("--expiring-within", e))?;
    let wallet = wallet::read(&Folder::open(&args.wallet)?, anchors, None, now, output)?;
    let tokens: Vec<_> = match before {
        Some(before) => wallet.expiring_before(before).collect(),
        None => wallet.tokens().iter().collect(),
    };
    match args.format {
        ListFormat::Json => {
            let listed = tokens.iter().filter_map(|token| listed(token, is_trusted));
            let listed: Vec<_> = listed.collect();
            let json = serde_json::to_string_pretty(&listed).map_err(Error::new)?;
            output.print(visible_json(&json))?;
        }
        ListFormat::Text if tokens.is_empty() => output.note("the wallet has no such token"),
        ListFormat::Text => {
            let texts: Vec<_> = tokens.iter().map(|token| text_of(token, now)).collect();
            output.print(texts.join("\n\n"))?;
        }
    }
    if !is_trusted && !tokens.is_empty() {
        output.note("note: the owners are what the tokens claim; pass --trust to check them");
    }
    Ok(Outcome::Done)
}

fn listed(token: &Token, trusted: bool) -> Option<Listed<'_>> {
    let hop = token.hops().last()?;
    Some(Listed {
        id: hop.id(),
        trusted,
        owner: token.claimed_owner().name(),
        owner_kind: token.claimed_owner().kind(),
        root_key: token.root_key(),
        holder: token.holder(),
        capabilities: token.capabilities(),
        audience: token.audience(),
        not_before: token.not_before().map(at),
        expires: at(token.expires()),
        further_hops: token.further_hops(),
        purpose: hop.grant().purpose(),
    })
}

fn text_of(token: &Token, now: OffsetDateTime) -> String {
    let owner = Quoted(token.claimed_owner().name());
    let (root, holder) = (token.root_key().fingerprint(), token.holder());
    let expired = if token.expires() <= now { ", EXPIRED" } else { "" };
    let mut lines = vec![format!("for {owner} (root key {root}), held by {holder}{expired}")];
    lines.extend(granted::lines(token, &token.capabilities()));
    lines.extend(id_of(token).map(|id| format!("  id:      {id}")));
    lines.join("\n")
}
