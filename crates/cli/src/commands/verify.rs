//! `deputize verify`: the decision about one call, or about many.

use std::path::{Path, PathBuf};

use clap::Args;
use deputize::text::Backticked;
use deputize::{Decision, DenyCode, Request};

use crate::commands::batch::{self, BatchArgs};
use crate::input::json_file;
use crate::input::request::{CallArgs, digest_of};
use crate::input::token::TokenText;
use crate::input::trust::ServiceTrustArgs;
use crate::output::format::Format;
use crate::output::{Error, Outcome, Output};

/// The example in the help.
pub const EXAMPLE: &str = "\
This command remembers no presentation, so one can be used again until it is 30 seconds old.
It checks revocation only with --revocations. The report says so.

With --batch, an invalid line gets \"decision\":\"error\" and processing continues; a blank line is
skipped. The exit status is 2 if a line was invalid, else 1 if a call was refused, else 0.
`deputize schema batch-line` and `deputize schema decision` print the formats.

Example:
  deputize verify --trust alice.pub=alice@acme.com --operation crm.read \\
    --resource accounts/emea/42 --audience crm.acme.com --arg limit=5 @call.token
  deputize verify --trust alice.pub --revocations alice.revocations --operation crm.read \\
    --max-stale 1h --resource accounts/emea/42 --audience crm.acme.com --arg limit=5 @call.token
  deputize verify --trust alice.pub --batch < calls.jsonl > decisions.jsonl";

/// The options of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A root key to trust, and the owner for whom it may speak (by default, any); repeatable.
    #[arg(long, value_name = "KEY[=OWNER]", required = true)]
    pub(crate) trust: Vec<String>,
    #[command(flatten)]
    pub(crate) service: ServiceTrustArgs,
    #[command(flatten)]
    pub(crate) call: CallArgs,
    /// The format of the report.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
    /// If the token was presented for another request: name the members in which this call differs
    /// from the sender's request, a JSON file in the form of --request, and whether that is what
    /// was presented. On standard error.
    #[arg(long, value_name = "FILE")]
    pub(crate) explain_mismatch: Option<PathBuf>,
    /// Decide about many calls. Reads lines {"presentation":"…","request":{…}} from standard input
    /// or @FILE, and answers each, in order, with a line of JSON.
    #[arg(long, conflicts_with_all = ["operation", "resource", "audience", "arg", "request", "format", "explain_mismatch"])]
    pub(crate) batch: bool,
    #[command(flatten)]
    pub(crate) many: BatchArgs,
    /// The presentation: its text, @FILE, or - for standard input (the default).
    pub(crate) presentation: Option<String>,
}

/// Prints the decision, or the decisions about many calls.
///
/// # Errors
///
/// If an option is malformed, or the text is not a token.
pub fn run(args: &VerifyArgs, output: &Output) -> Result<Outcome, Error> {
    let now = args.many.at.now()?;
    let verifier = args.service.verifier(&args.trust, now, output)?;
    let source = args.presentation.as_deref();
    if args.batch {
        return batch::verify(source, &args.many, &verifier);
    }
    let request = args.call.request()?;
    let sent = args.explain_mismatch.as_deref().map(read_sent).transpose()?;
    let presentation = TokenText::read(source, output)?.presentation()?;
    let decision = verifier.decide(presentation, request.clone(), now);
    if let Some(sent) = sent {
        explain_mismatch(&sent, &request, &decision, output);
    }
    args.format.print_decision(&decision, output).or_else(Error::unless_output_closed)?;
    Ok(if decision.is_allowed() { Outcome::Done } else { Outcome::Refused })
}

fn read_sent(path: &Path) -> Result<Request, Error> {
    const OPTION: &str = "--explain-mismatch";
    let text = json_file::read(OPTION, path)?;
    Request::from_json(&text).map_err(|e| json_file::error(OPTION, path, e))
}

/// Prints how the service's own `request` differs from the request that the sender claims it
/// `sent`, and whether the sender presented that one.
fn explain_mismatch(sent: &Request, request: &Request, decision: &Decision, output: &Output) {
    let Decision::Deny(denial) = decision else { return };
    let mut reasons = denial.reasons().iter();
    let Some(reason) = reasons.find(|reason| reason.code == DenyCode::WrongRequest) else { return };
    let own = digest_of(sent);
    match &reason.requested {
        Some(presented) if *presented == own => {
            output.note(format_args!("the sender's request is the one that was presented: {own}"));
        }
        presented => output.note(format_args!(
            "the sender's request is NOT the one that was presented: its digest is {own}, and {} was presented",
            presented.as_deref().unwrap_or("another")
        )),
    }
    let differences = request.differences(sent);
    if differences.is_empty() {
        output.note("the sender's request does not differ from this call");
        return;
    }
    output.note("the sender's request differs from this call in:");
    for pointer in differences {
        output.note(format_args!("  {}", Backticked(&pointer)));
    }
}
