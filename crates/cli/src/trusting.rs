//! Whose token a holder is about to use.

use deputize::{Report, Token};
use time::OffsetDateTime;

use crate::args::HolderTrustArgs;
use crate::error::{Error, Outcome, Shown};
use crate::keys;
use crate::output::Output;
use crate::token::TokenText;

/// The token, if its root key may speak for its owner or there is no key to compare it with; otherwise
/// what the command comes to.
///
/// # Errors
///
/// Where the text is not a token, or one of the keys is not a key.
pub fn token(
    text: &TokenText,
    args: &HolderTrustArgs,
    now: OffsetDateTime,
    output: &Output,
) -> Result<Result<Token, Outcome>, Error> {
    let token = Token::parse(text.as_str()).map_err(|e| text.error(e))?;
    if args.trust.is_empty() {
        return Ok(Ok(token));
    }
    if let Err(why) = keys::trust_anchors(&args.trust)?.owner_of(&token, now) {
        output.note(why);
        return Ok(Err(Outcome::Denied));
    }
    Ok(Ok(token))
}

/// Says whose token it claims to be, where that was compared with no key.
pub fn note_claim(token: &Token, args: &HolderTrustArgs, output: &Output) {
    if args.trust.is_empty() {
        note(token.claimed_owner().name(), &token.root_key().fingerprint(), output);
    }
}

/// The same of a token or a presentation that is reported on.
pub fn note_claim_of(report: &Report, output: &Output) {
    if let Some(owner) = &report.owner {
        note(&owner.name, &owner.fingerprint, output);
    }
}

/// Whoever made the root key may have chosen the name.
fn note(owner: &str, root: &str, output: &Output) {
    let owner = Shown(owner);
    output.note(format_args!(
        "note: owner as claimed: {owner}, root key {root}, not compared with any key that you trust; give --trust"
    ));
}
