//! `deputize completions`: the completion script for a shell.

use clap::{Args, Command};

use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
Example:
  deputize completions bash > ~/.local/share/bash-completion/completions/deputize";

/// The options of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

/// Prints the script that completes the commands and options of `definition`.
///
/// # Errors
///
/// If standard output is closed or fails.
pub fn run(
    args: &CompletionsArgs,
    mut definition: Command,
    output: &Output,
) -> Result<Outcome, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut definition, "deputize", &mut script);
    output.print(String::from_utf8_lossy(&script))?;
    Ok(Outcome::Done)
}
