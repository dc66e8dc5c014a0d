//! `deputize report`: an account of a token or a presentation.

use deputize::{Report, Verdict};

use crate::args::ReportArgs;
use crate::batching;
use crate::error::{Error, Outcome};
use crate::output::Output;
use crate::token::TokenText;
use crate::trusting;
use crate::verify::verifier;
use crate::when;

/// Prints the report, or those about many.
///
/// # Errors
///
/// Where an option is not what it should be, or the text is no token at all.
pub fn run(args: &ReportArgs, output: &Output) -> Result<Outcome, Error> {
    let trust = Some(&args.trust).filter(|trust| !trust.is_empty());
    let verifier = trust.map(|trust| verifier(trust)).transpose()?;
    if args.batch {
        return batching::report(args, verifier.as_ref());
    }
    let now = when::now(args.at.at.as_deref())?;
    let text = TokenText::read(args.token.as_deref(), output)?;
    let report = Report::of_text(text.as_str(), verifier.as_ref(), now);
    let report = report.map_err(|e| text.error(e))?;
    if report.verdict == Verdict::Unverified {
        trusting::note_claim_of(&report, output);
    }
    args.format.print(&report, output).or_else(Error::unless_unheard)?;
    Ok(if report.verdict == Verdict::Deny { Outcome::Denied } else { Outcome::Done })
}
