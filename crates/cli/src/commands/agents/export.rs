//! `deputize agents export`: the agents of a directory in JSON.

use std::path::PathBuf;

use clap::Args;
use deputize::ScimAgents;

use crate::input::directory;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
`deputize agents import` reads what is printed. `deputize schema agents` prints its format.

Example:
  deputize agents export acme.agents > agents.json";

/// The note about SCIM.
pub(super) const EXPERIMENTAL: &str = "note: SCIM agents are experimental: they follow an Internet-Draft, which may change or be dropped";

/// The options of `agents export`.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// Print a SCIM list of agent resources, for identity providers. Experimental: it follows an
    /// Internet-Draft.
    #[arg(long)]
    pub(crate) scim: bool,
    /// The file of the directory; - for standard input.
    pub(crate) file: PathBuf,
}

/// Prints the agents.
///
/// # Errors
///
/// If the file cannot be read or is not a directory.
pub fn run(args: &ExportArgs, output: &Output) -> Result<Outcome, Error> {
    let agents = directory::read(&args.file)?.agents().to_vec();
    match args.scim {
        true => {
            output.print_json(&ScimAgents(agents))?;
            output.note(EXPERIMENTAL);
        }
        false => output.print_json(&agents)?,
    }
    Ok(Outcome::Done)
}
