//! What verifiers make of a list, by the rules that they use themselves.

use deputize::{MemoryStatementState, RevocationList, StatementScope, Statements, TrustAnchor};
use time::OffsetDateTime;

use crate::statements::standing::require_current;

/// Judges a list as a verifier does that trusts its root key, names its issuer if it is a list for
/// that, and holds the lists before it. Whether a list has power over a hop depends on the chain.
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
        // One that is not accepted has no effect on what follows.
        let _ = statements.accept_list((*before).clone(), now);
    }
    let accepted = statements.accept_list(list.clone(), now).map_err(|why| why.to_string())?;
    require_current(accepted.standing)
}
