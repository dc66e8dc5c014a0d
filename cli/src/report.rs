//! `deputize report`: an account of a token or a presentation.

use deputize::{Presentation, Report, Token, TokenError, Verdict};
use time::OffsetDateTime;

use crate::args::ReportArgs;
use crate::batching;
use crate::error::{Error, Outcome};
use crate::output::Output;
use crate::token::TokenText;
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
        return batching::report(args.token.as_deref(), verifier.as_ref(), &args.at);
    }
    let now = when::now(args.at.at.as_deref())?;
    let text = TokenText::read(args.token.as_deref(), output)?;
    let report = match Held::parse(&text)? {
        Held::Token(token) => match &verifier {
            Some(verifier) => Report::of_token(verifier, &token, now),
            None => Report::unverified_token(&token, now),
        },
        Held::Presentation(presentation) => match verifier {
            Some(verifier) => of_presentation(&verifier, presentation, now),
            None => Report::unverified_presentation(&presentation, now),
        },
    };
    args.format.print(&report, output)?;
    Ok(if report.verdict == Verdict::Deny { Outcome::Denied } else { Outcome::Done })
}

/// What the text turned out to be.
enum Held {
    Token(Token),
    Presentation(Presentation),
}

impl Held {
    fn parse(text: &TokenText) -> Result<Self, Error> {
        match Token::parse(text.as_str()) {
            Ok(token) => Ok(Self::Token(token)),
            Err(TokenError::NotHeld) => Presentation::parse(text.as_str())
                .map(Self::Presentation)
                .map_err(|e| text.error(e)),
            Err(error) => Err(text.error(error)),
        }
    }
}

fn of_presentation(
    verifier: &deputize::Verifier,
    presentation: Presentation,
    now: OffsetDateTime,
) -> Report {
    match verifier.verify(presentation, now) {
        Ok(chain) => Report::of_chain(&chain),
        Err(denial) => Report::of_denial(&denial),
    }
}
