//! The check that a statement is the current one, for verifiers that hold those before it.

use deputize::StatementEffect;

/// Checks that an accepted statement is the current one of its series.
///
/// # Errors
///
/// A sentence if it is not.
pub fn require_current(effect: StatementEffect) -> Result<(), String> {
    match effect {
        StatementEffect::Current => Ok(()),
        StatementEffect::Forked { .. } => {
            Err("it and another one contradict each other".to_owned())
        }
        StatementEffect::RolledBack { seen, .. } => {
            Err(format!("one with the sequence {seen} was seen"))
        }
        StatementEffect::PowerEnded => Err("the power of its issuer has expired".to_owned()),
        other => Err(format!("it is not the current one: {other:?}")),
    }
}
