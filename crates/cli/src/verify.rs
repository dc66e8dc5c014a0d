//! `deputize verify`: may this call be made?

use deputize::{OperationPattern, Presentation, ReplayPolicy, Report, RevocationPolicy, Verifier};
use time::Duration;

use crate::args::VerifyArgs;
use crate::batching;
use crate::calling;
use crate::decision::Answer;
use crate::error::{Error, Outcome};
use crate::format::Format;
use crate::keys;
use crate::output::Output;
use crate::token::TokenText;
use crate::when;

/// Decides, and prints the decision, or those about many.
///
/// # Errors
///
/// Where an option is not what it should be, or the text is no token at all.
pub fn run(args: &VerifyArgs, output: &Output) -> Result<Outcome, Error> {
    let verifier = verifier(&args.trust)?;
    if args.batch {
        return batching::verify(args, &verifier);
    }
    let now = when::now(args.at.at.as_deref())?;
    let request = calling::request(&args.call)?;
    let text = TokenText::read(args.presentation.as_deref(), output)?;
    let presentation = Presentation::parse(text.as_str()).map_err(|e| text.error(e))?;
    // Another kind of Biscuit is not a token that is refused, but none.
    Report::of_text(text.as_str(), None, now).map_err(|e| text.error(e))?;
    let decision = verifier.decide(presentation, request, now);
    match args.format {
        Format::Json => output.print(Answer::of(&decision).to_json().map_err(Error::new)?),
        format => format.print(&Report::of(&decision), output),
    }
    .or_else(Error::unless_unheard)?;
    Ok(if decision.is_allowed() { Outcome::Done } else { Outcome::Denied })
}

/// A verifier that trusts these keys. A process that ends at once has nothing to remember replays in,
/// and no source of revocations; its reports say so.
///
/// # Errors
///
/// Where there is none, or one of them is not a key.
pub fn verifier(trust: &[String]) -> Result<Verifier, Error> {
    // Whoever asks at a shell sees each hop's lifetime in the report.
    let by_expiry = RevocationPolicy::OnlyByExpiry { at_most: Duration::MAX };
    let replays = ReplayPolicy::accepted_for([OperationPattern::Any]);
    Ok(Verifier::new(keys::trust_anchors(trust)?, by_expiry, replays))
}
