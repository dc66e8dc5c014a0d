//! The newest checkpoint of a log, kept outside of it while the log is written.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};

use crate::folder::Folder;
use crate::limits::CHECKPOINT_KEPT;

/// Keeps the newest checkpoint of the log in a folder, on a thread of its own, until it is dropped.
#[derive(Debug)]
pub(crate) struct Keeper {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Keeper {
    /// `failed` gets the reason when a checkpoint cannot be kept, once until one is kept again.
    pub(crate) fn start(
        folder: Folder,
        failed: impl Fn(&io::Error) + Send + 'static,
    ) -> io::Result<Self> {
        let mut last = folder.keep(None)?;
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("deputize-keeper".into()).spawn(move || {
            let mut has_failed = false;
            loop {
                let goes_on =
                    stopped.recv_timeout(CHECKPOINT_KEPT) == Err(RecvTimeoutError::Timeout);
                match folder.keep(last.take()) {
                    Ok(kept) => (last, has_failed) = (kept, false),
                    Err(why) if !has_failed => {
                        failed(&why);
                        has_failed = true;
                    }
                    Err(_) => {}
                }
                if !goes_on {
                    return;
                }
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Keeper {
    /// Keeps the last checkpoint. The log was dropped before.
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
