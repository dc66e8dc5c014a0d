//! `deputize present`: a token closed over one request.

use crate::args::PresentArgs;
use crate::calling;
use crate::error::{Error, Outcome};
use crate::keys;
use crate::output::Output;
use crate::token::TokenText;
use crate::trusting;
use crate::when;

/// Prints the presentation.
///
/// # Errors
///
/// Where an option is not what it should be, or the key is not the holder's.
pub fn run(args: &PresentArgs, output: &Output) -> Result<Outcome, Error> {
    let now = when::now(args.at.at.as_deref())?;
    let request = calling::request(&args.call)?;
    let key = keys::of(&args.key)?;
    let text = TokenText::read(args.token.as_deref(), output)?;
    let token = match trusting::token(&text, &args.trust, now, output)? {
        Ok(token) => token,
        Err(outcome) => return Ok(outcome),
    };
    let presentation = token.present(&key, &request, now).map_err(Error::new)?;
    trusting::note_claim(&token, &args.trust, output);
    output.print(presentation.to_text())?;
    Ok(Outcome::Done)
}
