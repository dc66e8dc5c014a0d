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
  mkdir -p ~/.local/share/man/man1 && deputize man ~/.local/share/man/man1";

/// The options of `man`.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The directory to write to. It must exist.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

/// Writes a page for `definition` and one for each of its commands, and prints their names.
///
/// # Errors
///
/// If the directory does not exist or cannot be written to.
pub fn run(args: &ManArgs, definition: Command, output: &Output) -> Result<Outcome, Error> {
    let about = |why: &dyn Display| Error::about(Backticked(&args.folder.to_string_lossy()), why);
    if !args.folder.is_dir() {
        return Err(about(&"this is not a directory; create it first"));
    }
    let mut all = definition.disable_help_subcommand(true);
    all.build();
    let commands: Vec<_> = all.get_subcommands().cloned().collect();
    for page in [all].into_iter().chain(commands).map(Man::new) {
        let path = args.folder.join(page.get_filename());
        fs::write(&path, text_of(&page).map_err(Error::new)?).map_err(|e| about(&e))?;
        output.note(Visible(&path.to_string_lossy()));
    }
    Ok(Outcome::Done)
}

/// Renders the page, with the line breaks of tables and examples kept.
fn text_of(page: &Man) -> io::Result<String> {
    let mut text = Vec::new();
    page.render(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.replacen(".SH EXTRA\n", ".SH NOTES\n.nf\n", 1))
}
