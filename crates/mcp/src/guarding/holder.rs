//! The holder to whom a connection belongs.

use std::sync::{Mutex, MutexGuard, PoisonError};

use deputize::{PublicKey, VerifiedChain};

/// The one holder whose calls a connection carries (`docs/BINDINGS.md`, section 2, "MCP over HTTP"): that of the
/// first call that is allowed.
#[derive(Debug, Default)]
pub(super) struct OneHolder(Mutex<Option<PublicKey>>);

impl OneHolder {
    pub(super) fn lock(&self) -> MutexGuard<'_, Option<PublicKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks that a call is one of the holder of the session. Before its first call there is none.
    pub(super) fn permits(holder: Option<PublicKey>, chain: &VerifiedChain) -> Result<(), String> {
        match holder.is_none_or(|own| own == chain.holder().key()) {
            true => Ok(()),
            false => {
                Err("the session belongs to another holder; begin one by `initialize`".to_owned())
            }
        }
    }
}
