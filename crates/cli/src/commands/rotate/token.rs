//! The delegation of a token from the old key to the new one.

use deputize::limits::MAX_PURPOSE_BYTES;
use deputize::{Grant, Hop, Principal, PublicKey, Signer, SigningKey, Token};
use time::OffsetDateTime;

use super::result::Rotated;

/// Delegates all that a token grants from its holder's old key to the new one.
pub(super) fn rotate(
    token: &Token,
    old: &SigningKey,
    new: PublicKey,
    now: OffsetDateTime,
) -> Rotated {
    if token.expires() <= now {
        return Rotated::Expired;
    }
    match delegated(token, old, new, now) {
        Ok(token) => Rotated::Delegated { token },
        Err(why) => Rotated::Ask { why, to: new },
    }
}

fn delegated(
    token: &Token,
    old: &SigningKey,
    new: PublicKey,
    now: OffsetDateTime,
) -> Result<Token, String> {
    let holder = token.holder();
    let to = Principal::new(holder.name(), holder.kind(), new).map_err(|why| why.to_string())?;
    let purpose = purpose(token, &old.public_key());
    let grant = Grant::below(token, to, token.capabilities(), purpose);
    let grant = grant.map_err(|why| why.to_string())?;
    // This delegation is one of those that may follow.
    let grant = grant.with_max_hops(token.further_hops().saturating_sub(1));
    token.delegate(old, grant, now).map_err(|why| why.to_string())
}

/// Returns the purpose: a note about the new key, and the purpose of the token if there is room.
fn purpose(token: &Token, old: &PublicKey) -> String {
    let rotation = format!("rotation of the key {}", old.fingerprint());
    let before = token.hops().last().map(Hop::grant).map_or("", Grant::purpose);
    let both = format!("{rotation}: {before}");
    if both.len() <= MAX_PURPOSE_BYTES { both } else { rotation }
}
