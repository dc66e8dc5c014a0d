//! `deputize explain`: what the code of a denial means, and what to do about it.

use deputize::DenyCode;

use crate::args::ExplainArgs;
use crate::error::{Error, Outcome};
use crate::output::Output;

/// Prints one code, or all.
///
/// # Errors
///
/// Where nobody reads it.
pub fn run(args: &ExplainArgs, output: &Output) -> Result<Outcome, Error> {
    let asked = args.code.as_deref();
    let codes =
        DenyCode::ALL.iter().filter(|code| asked.is_none_or(|asked| asked == code.as_str()));
    let told: Vec<_> = codes
        .map(|code| {
            let (meaning, remedy) = (code.meaning(), code.remedy());
            format!("\u{1b}[1m{code}\u{1b}[0m\n  {meaning}\n  → {remedy}\n")
        })
        .collect();
    output.print_colored(told.join("\n"))?;
    Ok(Outcome::Done)
}
