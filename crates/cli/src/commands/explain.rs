//! `deputize explain`: the meaning of codes, and what to do about each.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Args, Command};
use deputize::{DenyCode, LintCode};

use crate::output::{Error, Outcome, Output, usage};

/// The example in the help.
pub const EXAMPLE: &str = "\
Example:
  deputize explain resource_not_granted expired";

/// The options of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The codes, such as expired: of a refusal, a warning, a wallet, or a line of --batch. Without
    /// one, all codes are explained.
    #[arg(value_name = "CODE", value_parser = CodeParser::new(), hide_possible_values = true)]
    pub(crate) codes: Vec<Asked>,
}

/// A code, or the error about a text that is not one.
type Asked = Result<String, String>;

/// The codes of a wallet and of `--batch`, with their meaning and remedy.
const OTHERS: [(&str, &str, &str); 5] = [
    (
        "no_token_fits",
        "No token of the wallet permits the call.",
        "read the reasons of each token, and ask for a delegation that permits the call",
    ),
    (
        "ambiguous_owner",
        "Tokens of several owners, or under several root keys, permit the call.",
        "say on whose behalf it is made, with --on-behalf-of, or trust one root key only",
    ),
    (
        "malformed_line",
        "A line of --batch is not the JSON of a line.",
        "write the line as `deputize schema batch-line` says",
    ),
    (
        "malformed_token",
        "The text is not a token or a presentation.",
        "send the text as it was made",
    ),
    (
        "malformed_request",
        "The JSON is not a request.",
        "write the request as `deputize schema request` says",
    ),
];

/// The remedy of every lint.
const OF_LINTS: &str =
    "a warning: the grant was signed all the same; the message says what to write instead";

/// Prints the explanation of the codes, or of all.
///
/// # Errors
///
/// If a text is not a code, after the others are explained, and if standard output fails.
pub fn run(args: &ExplainArgs, output: &Output) -> Result<Outcome, Error> {
    let asked: Vec<_> = args.codes.iter().flatten().map(String::as_str).collect();
    let explained: Vec<_> = match args.codes.is_empty() {
        true => all().map(text).collect(),
        false => {
            let of = |code: &&str| all().find(|(own, ..)| own == code);
            asked.iter().filter_map(of).map(text).collect()
        }
    };
    if !explained.is_empty() {
        output.print_colored(explained.join("\n"))?;
    }
    let unknown: Vec<_> = args.codes.iter().filter_map(|code| code.as_ref().err()).collect();
    if unknown.is_empty() {
        return Ok(Outcome::Done);
    }
    let sentences: Vec<_> = unknown.into_iter().map(String::as_str).collect();
    Err(Error::new(sentences.join("; ")))
}

/// Returns all codes, each with its meaning and remedy.
fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    let denials = DenyCode::ALL.iter().map(|code| (code.as_str(), code.meaning(), code.remedy()));
    let lints = LintCode::ALL.iter().map(|code| (code.as_str(), code.meaning(), OF_LINTS));
    denials.chain(OTHERS).chain(lints)
}

fn text((code, meaning, remedy): (&str, &str, &str)) -> String {
    format!("\u{1b}[1m{code}\u{1b}[0m\n  {meaning}\n  → {remedy}\n")
}

/// The parser of codes, which completes and suggests them. It accepts other texts too, so that one
/// of these does not keep the codes beside it from being explained.
#[derive(Clone)]
struct CodeParser(PossibleValuesParser);

impl CodeParser {
    fn new() -> Self {
        Self(PossibleValuesParser::new(all().map(|(code, ..)| code)))
    }
}

impl TypedValueParser for CodeParser {
    type Value = Asked;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Asked, clap::Error> {
        Ok(self.0.parse_ref(command, arg, value).map_err(|error| usage::sentence(&error)))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        self.0.possible_values()
    }
}
