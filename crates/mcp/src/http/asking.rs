//! A request of a client.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value as Json;

use crate::http::outbox::Outbox;
use crate::id::Id;

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) struct Asking {
    /// The id that the client knows.
    pub(super) id: Id,
    /// The id that the server knows.
    pub(super) number: u64,
    /// True for `initialize`.
    pub(super) begins: bool,
    /// True for a call, which a holder alone can make.
    pub(super) is_call: bool,
    /// True once it was decided that the call is made.
    pub(super) is_made: AtomicBool,
    /// The token by which the server tells how far the request is.
    pub(super) progress: Option<Json>,
    pub(super) outbox: Outbox,
}

impl Asking {
    pub(super) fn is_made(&self) -> bool {
        self.is_made.load(Ordering::Relaxed)
    }
}
