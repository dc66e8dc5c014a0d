//! `deputize report`: the report on a token or a presentation, or on many.

use clap::Args;
use deputize::{Report, Verdict};

use crate::commands::batch::{self, BatchArgs};
use crate::commands::ends;
use crate::input::token::TokenText;
use crate::input::trust::{self, ServiceTrustArgs};
use crate::output::format::{DataFormat, Format};
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
Exit status: 1 if the token is not authentic or, with --trust, not trusted or not valid; else 0.

With --batch, each line gets {\"report\":…}, an invalid line gets \"decision\":\"error\", and
processing continues; a blank line is skipped. The exit status is 2 if a line was invalid,
else 1 if a token was refused, else 0. `deputize schema report` prints the format.

With --ends, each owner, key, token and hop that a revocation list can name is listed with the
tokens that would end with it. Expired tokens are left out. The names are only claims.

Example:
  deputize report --trust alice.pub=alice@acme.com --format html @researcher.token > chain.html
  deputize report --trust alice.pub --batch < tokens.jsonl > reports.jsonl
  deputize report --ends @planner.token @researcher.token";

/// The options of `report`.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// A root key to trust, and the owner for whom it may speak (by default, any); repeatable.
    /// Without --trust, everything in the report is UNVERIFIED.
    #[arg(long, value_name = "KEY[=OWNER]")]
    pub(crate) trust: Vec<String>,
    #[command(flatten)]
    pub(crate) service: ServiceTrustArgs,
    /// The format of the report.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
    /// Report on many tokens. Reads lines {"token":"…"} or {"presentation":"…"} from standard input
    /// or @FILE, and answers each, in order, with a line of JSON.
    #[arg(long, conflicts_with = "format")]
    pub(crate) batch: bool,
    #[command(flatten)]
    pub(crate) many: BatchArgs,
    /// List the tokens that would end with each owner, key, token and hop, if it were revoked. A
    /// file can have many tokens, one in each line.
    #[arg(long, conflicts_with_all = ["batch", "trust", "revoker", "revocations"])]
    pub(crate) ends: bool,
    /// The token or presentation: its text, @FILE, or - for standard input (the default).
    pub(crate) token: Option<String>,
    /// More tokens, with --ends.
    #[arg(value_name = "TOKEN", requires = "ends")]
    pub(crate) more: Vec<String>,
}

/// Prints the report, or the reports on many tokens.
///
/// # Errors
///
/// If an option is malformed, or the text is not a token.
pub fn run(args: &ReportArgs, output: &Output) -> Result<Outcome, Error> {
    let now = args.many.at.now()?;
    let trust = Some(&args.trust).filter(|trust| !trust.is_empty());
    let verifier = trust.map(|trust| args.service.verifier(trust, now, output)).transpose()?;
    let source = args.token.as_deref();
    if args.batch {
        return batch::report(source, &args.many, verifier.as_ref());
    }
    if args.ends {
        let format = match args.format {
            Format::Text => DataFormat::Text,
            Format::Json => DataFormat::Json,
            _ => return Err(Error::about("--format", "with --ends it is text or json")),
        };
        let more = args.more.iter().map(String::as_str);
        let sources: Vec<_> = source.into_iter().chain(more).collect();
        return ends::run(&sources, format, now, output);
    }
    let text = TokenText::read(source, output)?;
    let report = Report::of_text(text.as_str(), verifier.as_ref(), now);
    let report = report.map_err(|e| text.error(e))?;
    if report.verdict == Verdict::Unverified {
        trust::note_claim_in(&report, output);
    }
    args.format.print(&report, output).or_else(Error::unless_output_closed)?;
    Ok(if report.verdict == Verdict::Deny { Outcome::Refused } else { Outcome::Done })
}
