//! The holder to whom a connection belongs.

use std::sync::{Mutex, PoisonError};

use deputize::{PublicKey, VerifiedChain};

/// The one holder whose calls a connection carries (`docs/BINDINGS.md`, section 2, "MCP over HTTP"): that of the
/// first call that everything else allows.
#[derive(Debug, Default)]
pub(super) struct OneHolder(Mutex<Option<PublicKey>>);

impl OneHolder {
    /// Checks that a call is one of this holder. The first one is, and no other can come between.
    pub(super) fn permits(&self, chain: &VerifiedChain) -> Result<(), String> {
        let mut holder = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = chain.holder().key();
        match *holder.get_or_insert(key) == key {
            true => Ok(()),
            false => {
                Err("the session belongs to another holder; begin one by `initialize`".to_owned())
            }
        }
    }
}
