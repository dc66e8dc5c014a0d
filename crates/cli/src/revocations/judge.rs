//! The judgement of a list before it is written, by the rules of verifiers.

use deputize::{MemoryStatementState, RevocationList, StatementScope, Statements, TrustAnchor};
use time::OffsetDateTime;

use crate::statements::current::require_current;

/// Judges a list as a verifier does that holds the lists before it, trusts its root key, and names
/// its issuer if the scope needs that. The power of a list over a hop depends on the chain.
///
/// # Errors
///
/// A sentence if such a verifier does not accept the list as the current one.
pub fn judge(
    list: &RevocationList,
    before: &[&RevocationList],
    now: OffsetDateTime,
) -> Result<(), String> {
    let root = match (list.scope(), list.authority()) {
        (StatementScope::Root(root), _) => root,
        (_, Some(token)) => token.root_key(),
        _ => list.issuer(),
    };
    let anchor = TrustAnchor::for_any_owner(root).with_revoker(list.issuer());
    let statements = Statements::new(anchor, MemoryStatementState::default());
    let statements = statements.map_err(|why| why.to_string())?;
    for before in before {
        // A list that is not accepted does not affect the next one.
        let _ = statements.accept_list((*before).clone(), now);
    }
    let accepted = statements.accept_list(list.clone(), now).map_err(|why| why.to_string())?;
    require_current(accepted.effect)
}
