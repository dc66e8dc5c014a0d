//! The check that a statement is the current one, for verifiers that hold those before it.

use deputize::Standing;

/// Checks that an accepted statement is the current one of its series.
///
/// # Errors
///
/// A sentence if it is not.
pub fn require_current(standing: Standing) -> Result<(), String> {
    match standing {
        Standing::Current => Ok(()),
        Standing::Forked { .. } => Err("it and another one contradict each other".to_owned()),
        Standing::RolledBack { seen, .. } => Err(format!("one with the sequence {seen} was seen")),
        Standing::PowerEnded => Err("the power of its issuer has expired".to_owned()),
        other => Err(format!("it is not the current one: {other:?}")),
    }
}
