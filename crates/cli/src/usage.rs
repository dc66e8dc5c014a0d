//! Help where it was asked for, and one line where the arguments make no sense.

use std::ffi::OsString;

use anstream::ColorChoice;
use clap::error::ErrorKind;

use crate::error::{Error, Outcome, Shown};
use crate::output::Output;

/// Prints the help that was asked for; gives anything else back as an error.
///
/// # Errors
///
/// What was wrong with the arguments.
pub fn tell(error: &clap::Error, output: &Output) -> Result<Outcome, Error> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            output.print_colored(error.render().ansi())?;
            Ok(Outcome::Done)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            output.note(error.render().ansi().to_string().trim_end());
            Err(Error::new("a command is missing"))
        }
        _ => Err(Error::new(one_line(&error.render().to_string()))),
    }
}

/// What `--color` says among arguments that could not be read as a whole.
pub fn color_in(args: &[OsString]) -> ColorChoice {
    let mut words = args.iter().map(|word| word.to_string_lossy()).take_while(|word| word != "--");
    let said = words.find_map(|word| match word.strip_prefix("--color=") {
        Some(said) => Some(said.to_owned()),
        None if word == "--color" => Some(String::new()),
        None => None,
    });
    match said.map(|said| {
        if said.is_empty() { words.next().unwrap_or_default().into_owned() } else { said }
    }) {
        Some(said) if said == "always" => ColorChoice::Always,
        Some(said) if said == "never" => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

/// The sentence and the tips of what clap says, without the usage below.
fn one_line(rendered: &str) -> String {
    let end =
        ["\nUsage:", "\nFor more information"].iter().filter_map(|at| rendered.find(at)).min();
    let told = rendered.get(..end.unwrap_or(rendered.len())).unwrap_or_default();
    let told = told.trim().strip_prefix("error: ").unwrap_or(told);
    let paragraphs = told.split("\n\n").map(|paragraph| {
        let lines = paragraph.lines().map(|line| shortened(line.trim()));
        lines.collect::<Vec<_>>().join(" ")
    });
    let line = paragraphs.filter(|p| !p.is_empty()).collect::<Vec<_>>().join("; ");
    Shown(&line).to_string()
}

/// All codes of denials would fill a screen.
fn shortened(line: &str) -> &str {
    let is_long = line.starts_with("[possible values:") && line.len() > 100;
    if is_long { "[`deputize explain` lists them all]" } else { line }
}
