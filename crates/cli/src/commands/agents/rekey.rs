//! `deputize agents rekey`: an agent with a new key.

use std::path::PathBuf;

use clap::Args;
use deputize::Agent;

use crate::agents::change::{ChangeArgs, Unchanged};
use crate::input::successors;
use crate::output::granted::named;
use crate::output::{Error, Outcome, Output, shell};

/// The example in the help.
pub const EXAMPLE: &str = "\
`deputize rotate` writes the statement. The entry of the old key stays, because its tokens
are in use: retire it when they have expired. Both entries have the same name, so verifiers
need the statement, too.

Example:
  deputize agents rekey --key security.key acme.agents planner.successor";

/// The options of `agents rekey`.
#[derive(Debug, Args)]
pub struct RekeyArgs {
    #[command(flatten)]
    pub(crate) change: ChangeArgs,
    /// The file of the successor statement; - for standard input.
    pub(crate) statement: PathBuf,
}

/// Adds the new key with the content of the old key's entry.
///
/// # Errors
///
/// If the file is not a statement, the old key is not listed or retired, the new one is listed, or
/// the directory cannot be read or written.
pub fn run(args: &RekeyArgs, output: &Output) -> Result<Outcome, Error> {
    let statement = successors::read(&args.statement)?;
    args.change.run(None, Unchanged::Stays, output, |next| {
        next.draft.rekey(&statement).map_err(|why| next.error(why))?;
        let (old, new) = (statement.old(), statement.new_key());
        let Some(agent) = next.draft.agent(&old) else { return Ok(()) };
        next.messages.done.push(format!("rekeyed: {}, to {new}", named(agent.principal())));
        let (issuer, file) = (&args.change.issue.key.key, shell::path(&args.change.file));
        let issuer =
            if issuer.as_os_str() == "-" { "KEY".to_owned() } else { shell::path(issuer) };
        next.messages.notes.push(format!(
            "note: verifiers that do not have the successor statement refuse both keys; when the old key is not used any more, run `deputize agents retire --key {issuer} {file} {old}`"
        ));
        let before = next.before.iter().flat_map(|before| before.alike(&old));
        next.messages.linked = before.map(Agent::key).chain([old]).collect();
        Ok(())
    })
}
