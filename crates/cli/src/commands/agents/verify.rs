//! `deputize agents verify`: the check that a directory is authentic and fresh.

use std::path::PathBuf;

use clap::Args;

use crate::agents::state::{Refused, alike_in_words, in_words};
use crate::input::{directory, statement};
use crate::output::granted::named;
use crate::output::{Error, Outcome, Output};
use crate::statements::fresh::FreshArgs;
use crate::statements::issue::Issue;

/// The example in the help.
pub const EXAMPLE: &str = "\
A line follows for each agent that verifiers refuse, such as one whose review is overdue.
Exit status: 1 if the directory is stale, has another issuer, or was issued ahead of the
clock; 2 if the file is not a directory, or was not signed by the key that it names. A file
cannot show whether there is a newer directory.

Example:
  deputize agents verify acme.agents --issuer security.pub --max-stale 1h";

/// The options of `agents verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    #[command(flatten)]
    pub(crate) fresh: FreshArgs,
    /// The file of the directory; - for standard input.
    pub(crate) file: PathBuf,
}

/// Prints the verdict on the directory, the end of its freshness, and the agents that are refused.
///
/// # Errors
///
/// If an option is malformed, or the file is not an authentic directory.
pub fn run(args: &VerifyArgs, output: &Output) -> Result<Outcome, Error> {
    let required = args.fresh.read()?;
    let directory = directory::read(&args.file)?;
    let mut lines = Vec::new();
    for agent in directory.agents() {
        let refused = Refused::all_of(agent, required.now);
        let alike = directory.alike(&agent.key()).map(|other| alike_in_words(agent, other));
        let why = Some(in_words(&refused)).filter(|why| !why.is_empty());
        let why: Vec<_> = why.into_iter().chain(alike).collect();
        if !why.is_empty() {
            lines.push(format!("{}: {}", named(agent.principal()), why.join(", ")));
        }
    }
    let name = statement::name(&args.file);
    required.print("directory", &name, &Issue::from(&directory), &lines, output)
}
