//! The judgement of a directory before it is written, by the rules of verifiers.

use deputize::{Directory, DirectoryPolicy, MemoryStatementState, Statements, Token, TrustAnchor};
use time::{Duration, OffsetDateTime};

use crate::statements::current::require_current;

/// Judges a directory as a verifier does that holds the directories before it, and follows its
/// issuer or trusts the root key that gave the issuer the power.
///
/// # Errors
///
/// A sentence if such a verifier does not accept the directory as the current one.
pub fn judge(
    directory: &Directory,
    before: &[&Directory],
    now: OffsetDateTime,
) -> Result<(), String> {
    let root = directory.authority().map_or(directory.issuer(), Token::root_key);
    let state = MemoryStatementState::default();
    let statements = Statements::new(TrustAnchor::for_any_owner(root), state);
    let statements = statements.map_err(|why| why.to_string())?;
    if directory.authority().is_none() {
        // To make the policy names the issuer, for as long as the statements live.
        let _ = DirectoryPolicy::issued_by(&statements, directory.issuer(), Duration::MAX);
    }
    for before in before {
        // A directory that is not accepted does not affect the next one.
        let _ = statements.accept_directory((*before).clone(), now);
    }
    let accepted = statements.accept_directory(directory.clone(), now);
    require_current(accepted.map_err(|why| why.to_string())?.effect)
}
