//! Help, and usage errors in one line.

use clap::error::ErrorKind;
use deputize::text::Visible;

use crate::output::error::{Error, Outcome};
use crate::output::streams::Output;

/// Prints the requested help or version; any other result of parsing is an error.
///
/// # Errors
///
/// Every other error in the arguments.
pub fn print(error: &clap::Error, output: &Output) -> Result<Outcome, Error> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            output.print_colored(error.render().ansi())?;
            Ok(Outcome::Done)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            output.note(error.render().ansi().to_string().trim_end());
            Err(Error::new("a command is missing"))
        }
        _ => Err(Error::new(sentence(error))),
    }
}

/// Returns the sentence and the tips of an error from clap on one line, without the usage below.
pub fn sentence(error: &clap::Error) -> String {
    let rendered = error.render().to_string();
    let end =
        ["\nUsage:", "\nFor more information"].iter().filter_map(|at| rendered.find(at)).min();
    let message = rendered.get(..end.unwrap_or(rendered.len())).unwrap_or_default();
    let message = message.trim().strip_prefix("error: ").unwrap_or(message);
    let paragraphs = message.split("\n\n").map(|paragraph| {
        let lines = paragraph.lines().map(|line| shortened(line.trim()));
        lines.collect::<Vec<_>>().join(" ")
    });
    let line = paragraphs.filter(|p| !p.is_empty()).collect::<Vec<_>>().join("; ");
    Visible(&line).to_string()
}

/// Replaces the list of all deny codes, which would fill a screen.
fn shortened(line: &str) -> &str {
    let is_long = line.starts_with("[possible values:") && line.len() > 100;
    if is_long { "[`deputize explain` lists them all]" } else { line }
}
