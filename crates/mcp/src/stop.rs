//! A handle that ends sessions.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Ends sessions in order, from another thread or at a signal: the server's input is closed, the server has
/// [`PATIENCE`](crate::limits::PATIENCE) to answer and to end, each request that is still open is answered
/// with an error, and the outcomes are recorded. A clone is the same handle.
///
/// ```
/// use std::sync::{Arc, atomic::AtomicBool};
///
/// use deputize_mcp::Stop;
///
/// // A flag that a handler of signals sets, too.
/// let flag = Arc::new(AtomicBool::new(false));
/// let stop = Stop::from(Arc::clone(&flag));
/// stop.stop();
/// assert!(stop.is_stopped());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Creates a handle.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends the sessions that have this handle.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns true if they are to end.
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The flag ends the sessions when it is set.
impl From<Arc<AtomicBool>> for Stop {
    fn from(flag: Arc<AtomicBool>) -> Self {
        Self(flag)
    }
}
