//! `deputize revocations show`: a list for people, and as JSON.

use std::path::PathBuf;

use clap::Args;
use deputize::{RevocationList, StatementScope, Token};
use schemars::JsonSchema;
use serde::Serialize;

use crate::input::revocation_list;
use crate::limits::SHOWN_ENTRIES;
use crate::output::format::DataFormat;
use crate::output::{Error, Outcome, Output};
use crate::revocations::entry::Entry;
use crate::revocations::place::{Place, is_final};
use crate::statements::issue::Issue;
use crate::statements::place;

/// The example in the help.
pub const EXAMPLE: &str = "\
The form and the signature are checked. The power of the issuer over a hop depends on the chain.

Example:
  deputize revocations show alice.revocations";

/// The options of `revocations show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// Show all hops, however many there are.
    #[arg(long)]
    pub(crate) all: bool,
    /// The format: lines of text, or JSON with all entries.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: DataFormat,
    /// The file of the list; - for standard input.
    pub(crate) file: PathBuf,
}

/// A list in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Shown {
    #[serde(flatten)]
    place: Place,
    /// The token that gives the issuer its power, for a list by a power.
    #[serde(skip_serializing_if = "Option::is_none")]
    authority: Option<String>,
    /// The entries, hops first.
    entries: Vec<Entry>,
}

/// Prints the list.
///
/// # Errors
///
/// If the file cannot be read or is not a list.
pub fn run(args: &ShowArgs, output: &Output) -> Result<Outcome, Error> {
    let list = revocation_list::read(&args.file)?;
    match args.format {
        DataFormat::Json => {
            let hops = list.hops().map(|hop| Entry::hop(&hop));
            let entries = hops.chain(Entry::of_text(&list)).collect();
            let authority = list.authority().map(Token::to_text);
            output.print_json(&Shown { place: Place::of(&list), authority, entries })?;
        }
        DataFormat::Text => output.print(text(&list, args.all))?,
    }
    Ok(Outcome::Done)
}

fn text(list: &RevocationList, all: bool) -> String {
    let issuer = list.issuer();
    let mut lines = vec![format!("revocations of {} ({issuer})", issuer.fingerprint())];
    lines.extend(place::lines(&Issue::from(list), &scope_in_words(list.scope())));
    if is_final(list) {
        lines.push(
            "  final:    it reports its own key as compromised; no list follows it".to_owned(),
        );
    }
    let others = Entry::of_text(list);
    let count = list.hop_count();
    lines.push(format!("  entries:  {}", count.saturating_add(others.len())));
    lines.extend(others.iter().map(|entry| format!("    {entry}")));
    let shown = if all { count } else { SHOWN_ENTRIES };
    lines.extend(list.hops().take(shown).map(|hop| format!("    {}", Entry::hop(&hop))));
    if let Some(more) = count.checked_sub(shown).filter(|more| *more > 0) {
        lines.push(format!("    … and {more} more hops; --all shows them"));
    }
    lines.join("\n")
}

/// Returns the chains that a list is about, for people.
fn scope_in_words(scope: StatementScope) -> String {
    match scope {
        StatementScope::Own => {
            "own, chains in which the issuer is the root key or a delegate".into()
        }
        StatementScope::Root(_) => {
            format!("{scope}, for verifiers that name the issuer as revoker")
        }
        StatementScope::Power(_) => format!("{scope}, as far as the issuer's token grants it"),
        other => other.to_string(),
    }
}
