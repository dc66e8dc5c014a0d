//! Signals that end a session.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use deputize_mcp::Stop;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// The signals that end a session in order: the first one of `SIGTERM` and `SIGINT`. A second one ends the
/// process at once.
#[derive(Debug)]
pub struct Signals {
    stop: Stop,
    came: Arc<AtomicUsize>,
}

impl Signals {
    /// Takes the signals over.
    ///
    /// # Errors
    ///
    /// If the operating system refuses.
    pub fn take() -> io::Result<Self> {
        let (stop, came) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        for signal in [SIGTERM, SIGINT] {
            let number = u8::try_from(signal).unwrap_or_default();
            // What is registered first is asked first.
            flag::register_conditional_shutdown(signal, status(number).into(), Arc::clone(&stop))?;
            flag::register_usize(signal, Arc::clone(&came), number.into())?;
            flag::register(signal, Arc::clone(&stop))?;
        }
        Ok(Self { stop: stop.into(), came })
    }

    /// Returns the handle that they set.
    pub fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Returns the exit status for the signal that came, if there was one.
    pub fn status(&self) -> Option<u8> {
        let came = u8::try_from(self.came.load(Ordering::Relaxed)).unwrap_or_default();
        (came > 0).then(|| status(came))
    }
}

/// Returns the exit status of a process that a signal ended, by the convention of shells.
fn status(signal: u8) -> u8 {
    signal.saturating_add(128)
}
