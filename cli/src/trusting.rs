//! Whose token a holder is about to use.

use deputize::{Report, Token};
use time::OffsetDateTime;

use crate::args::HolderTrustArgs;
use crate::error::{Error, Outcome, Shown};
use crate::keys;
use crate::output::Output;
use crate::token::TokenText;

/// The token, if its root key may speak for its owner, and otherwise what the command comes to. Where
/// no key was given to compare it with, standard error says whose token it claims to be.
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
        note_claim(&token, output);
        return Ok(Ok(token));
    }
    match keys::trust_anchors(&args.trust)?.owner_of(&token, now) {
        Ok(_) => Ok(Ok(token)),
        Err(why) => {
            output.note(why);
            Ok(Err(Outcome::Denied))
        }
    }
}

/// Whose token it says it is. Whoever made its root key may have chosen the name.
pub fn note_claim(token: &Token, output: &Output) {
    let owner = Shown(token.claimed_owner().name());
    let root = token.root_key().fingerprint();
    output.note(format_args!(
        "note: the token claims to be {owner}'s, by the root key {root}, which was not compared with any key that you trust; use --trust"
    ));
}

/// The same of a token or a presentation that is reported on.
pub fn note_claim_of(report: &Report, output: &Output) {
    if let Some(owner) = &report.owner {
        let (name, root) = (Shown(&owner.name), &owner.fingerprint);
        output.note(format_args!(
            "note: the token claims to be {name}'s, by the root key {root}, which was not compared with any key that you trust; use --trust"
        ));
    }
}
