//! The standing of a statement: current or not, for verifiers that hold those before it.

use deputize::Standing;

/// Checks that a statement which was accepted is the current one.
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
