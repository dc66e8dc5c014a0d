//! `deputize completions` and `deputize man`: what is made of the definition of the commands.

use std::{fs, io};

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
    if !args.folder.is_dir() {
        return Err(about(&"this is no folder; make it first"));
    }
    let mut all = Cli::command().disable_help_subcommand(true);
    all.build();
    let commands: Vec<_> = all.get_subcommands().cloned().collect();
    for page in [all].into_iter().chain(commands).map(Man::new) {
        let path = args.folder.join(page.get_filename());
        fs::write(&path, manual(&page).map_err(Error::new)?).map_err(|e| about(&e))?;
        output.note(Shown(&path.to_string_lossy()));
    }
    Ok(Outcome::Done)
}

/// The page, in which tables and examples keep their lines.
fn manual(page: &Man) -> io::Result<String> {
    let mut text = Vec::new();
    page.render(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.replacen(".SH EXTRA\n", ".SH NOTES\n.nf\n", 1))
}
