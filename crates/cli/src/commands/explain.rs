//! `deputize explain`: the meaning of a deny code, and its remedy.

use clap::Args;
use clap::builder::PossibleValuesParser;
use deputize::DenyCode;

use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
Example:
  deputize explain resource_not_granted";

/// The options of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code, such as expired. Without it, all codes are explained.
    #[arg(value_parser = codes(), hide_possible_values = true)]
    pub(crate) code: Option<String>,
}

/// Prints the explanation of one code, or of all.
///
/// # Errors
///
/// If standard output is closed or fails.
pub fn run(args: &ExplainArgs, output: &Output) -> Result<Outcome, Error> {
    let only = args.code.as_deref();
    let codes = DenyCode::ALL.iter().filter(|code| only.is_none_or(|only| only == code.as_str()));
    let explained: Vec<_> = codes
        .map(|code| {
            let (meaning, remedy) = (code.meaning(), code.remedy());
            format!("\u{1b}[1m{code}\u{1b}[0m\n  {meaning}\n  → {remedy}\n")
        })
        .collect();
    output.print_colored(explained.join("\n"))?;
    Ok(Outcome::Done)
}

/// Returns the parser of codes, which also completes and suggests them.
fn codes() -> PossibleValuesParser {
    PossibleValuesParser::new(DenyCode::ALL.iter().map(|code| code.as_str()))
}
