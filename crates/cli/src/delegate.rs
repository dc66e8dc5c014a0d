//! `deputize delegate`: one more link, narrower than the one before.

use deputize::Hop;

use crate::args::DelegateArgs;
use crate::error::{Error, Outcome};
use crate::granting;
use crate::keys;
use crate::output::Output;
use crate::token::TokenText;
use crate::trusting;
use crate::when;

/// Prints the token with one hop more.
///
/// # Errors
///
/// Where an option is not what it should be, or the library refuses the grant.
pub fn run(args: &DelegateArgs, output: &Output) -> Result<Outcome, Error> {
    let now = when::now(args.at.at.as_deref())?;
    let key = keys::of(&args.key)?;
    let text = TokenText::read(args.token.as_deref(), output)?;
    let token = match trusting::token(&text, &args.trust, now, output)? {
        Ok(token) => token,
        Err(outcome) => return Ok(outcome),
    };
    let grant = granting::grant(&args.grant, token.hops().last().map(Hop::grant), now)?;
    let longer = token.delegate(&key, grant, now).map_err(Error::new)?;
    trusting::note_claim(&token, &args.trust, output);
    granting::print(&longer, output)?;
    Ok(Outcome::Done)
}
