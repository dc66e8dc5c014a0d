//! Events for an operator, who may read slowly or not at all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;
use std::{fmt, io};

use crate::limits::{HTTP_NOTE_PAUSE, MAX_HTTP_NOTES, PATIENCE, PAUSE};

/// Tells of events on a thread of its own and at a bounded rate, so that nobody waits for it. Those that are too
/// many are counted.
pub(super) struct Notes<E> {
    sender: Mutex<Option<SyncSender<E>>>,
    lost: Arc<AtomicU64>,
    teller: JoinHandle<()>,
}

impl<E> fmt::Debug for Notes<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notes").field("lost", &self.lost).finish_non_exhaustive()
    }
}

impl<E: Send + 'static> Notes<E> {
    /// `lost` makes the event that tells how many were lost.
    pub(super) fn new(
        see: impl Fn(E) + Send + 'static,
        lost: impl Fn(u64) -> E + Send + 'static,
    ) -> io::Result<Self> {
        let (sender, events) = sync_channel(MAX_HTTP_NOTES);
        let count = Arc::new(AtomicU64::new(0));
        let own = Arc::clone(&count);
        let tell = move || tell_all(&events, &own, &see, &lost);
        let teller = thread::Builder::new().name("mcp-notes".into()).spawn(tell)?;
        Ok(Self { sender: Mutex::new(Some(sender)), lost: count, teller })
    }

    pub(super) fn tell(&self, event: E) {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        if sender.as_ref().is_none_or(|own| own.try_send(event).is_err()) {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits for a bounded time until everything is told.
    pub(super) fn end(&self) {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        let since = Instant::now();
        while !self.teller.is_finished() && since.elapsed() < PATIENCE {
            thread::sleep(PAUSE);
        }
    }
}

fn tell_all<E>(
    events: &Receiver<E>,
    lost: &AtomicU64,
    see: &impl Fn(E),
    of_lost: &impl Fn(u64) -> E,
) {
    while let Ok(event) = events.recv() {
        see(event);
        match lost.swap(0, Ordering::Relaxed) {
            0 => {}
            lost => see(of_lost(lost)),
        }
        thread::sleep(HTTP_NOTE_PAUSE);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::{Duration, Instant};

    use super::Notes;
    use crate::limits::MAX_HTTP_NOTES;

    #[test]
    fn a_reader_that_hangs_holds_up_nobody() {
        let (go, gone) = channel::<()>();
        let (seen, all) = channel();
        let see = move |event: u64| {
            let _ = gone.recv_timeout(Duration::from_secs(20));
            let _ = seen.send(event);
        };
        let notes = Notes::new(see, |lost| 1_000_000 + lost).unwrap();
        let since = Instant::now();
        (0..1_000).for_each(|own| notes.tell(own));
        assert!(since.elapsed() < Duration::from_secs(5));
        drop(go);
        notes.end();
        let all: Vec<_> = all.try_iter().collect();
        assert!(all.len() <= MAX_HTTP_NOTES + 3, "{}", all.len());
        let lost: u64 = all.iter().filter(|own| **own > 1_000_000).map(|own| own - 1_000_000).sum();
        let told = all.iter().filter(|own| **own < 1_000_000).count();
        assert_eq!(u64::try_from(told).unwrap() + lost, 1_000);
    }
}
