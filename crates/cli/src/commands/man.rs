//! `deputize man`: manual pages.

use std::fmt::Display;
use std::path::PathBuf;
use std::{fs, io};

use clap::{Args, Command};
use clap_mangen::Man;
use deputize::text::{Backticked, Visible};

use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
Example:
  deputize man ~/.local/share/man/man1";

/// The options of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The directory to write to. It is made if it does not exist.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

/// Writes a page for `definition` and one for each of its commands, and prints their names.
///
/// # Errors
///
/// If the directory cannot be made or written to.
pub fn run(args: &ManArgs, definition: Command, output: &Output) -> Result<Outcome, Error> {
    let about = |why: &dyn Display| Error::about(Backticked(&args.folder.to_string_lossy()), why);
    if args.folder.exists() && !args.folder.is_dir() {
        return Err(about(&"this is a file, and the pages go to a directory; give another name"));
    }
    fs::create_dir_all(&args.folder).map_err(|e| about(&e))?;
    let mut all = definition.disable_help_subcommand(true);
    all.build();
    for page in with_subcommands(all).into_iter().map(Man::new) {
        let path = args.folder.join(page.get_filename());
        fs::write(&path, text_of(&page).map_err(Error::new)?).map_err(|e| about(&e))?;
        output.note(Visible(&path.to_string_lossy()));
    }
    Ok(Outcome::Done)
}

/// Returns a command, its commands, and theirs.
fn with_subcommands(command: Command) -> Vec<Command> {
    let below: Vec<_> = command.get_subcommands().cloned().flat_map(with_subcommands).collect();
    [vec![command], below].concat()
}

/// Renders the page, with the line breaks of tables and examples kept.
fn text_of(page: &Man) -> io::Result<String> {
    let mut text = Vec::new();
    page.render(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.replacen(".SH EXTRA\n", ".SH NOTES\n.nf\n", 1))
}
