//! `deputize completions` and `deputize man`: what is made of the definition of the commands.

use std::path::Path;

use clap::CommandFactory;
use clap_mangen::Man;

use crate::args::{Cli, CompletionsArgs, ManArgs};
use crate::error::{Error, Outcome, Shown};
use crate::output::Output;

/// Prints the completions for a shell.
///
/// # Errors
///
/// Where nobody reads them.
pub fn completions(args: &CompletionsArgs, output: &Output) -> Result<Outcome, Error> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "deputize", &mut script);
    output.print(String::from_utf8_lossy(&script))?;
    Ok(Outcome::Done)
}

/// Writes a page for `deputize` and one for each command.
///
/// # Errors
///
/// Where the folder does not exist or cannot be written to.
pub fn man(args: &ManArgs, output: &Output) -> Result<Outcome, Error> {
    let about = |why: &dyn std::fmt::Display| {
        Error::about(format_args!("`{}`", Shown(&args.folder.to_string_lossy())), why)
    };
    if !Path::new(&args.folder).is_dir() {
        return Err(about(&"this is no folder; make it first"));
    }
    let mut all = Cli::command();
    all.build();
    let commands: Vec<_> = all.get_subcommands().cloned().collect();
    for command in [all].into_iter().chain(commands) {
        let path = Man::new(command).generate_to(&args.folder).map_err(|e| about(&e))?;
        output.note(Shown(&path.to_string_lossy()));
    }
    Ok(Outcome::Done)
}
