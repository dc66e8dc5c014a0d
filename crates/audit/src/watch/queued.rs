//! A sink with a thread of its own.

use std::fmt::{self, Debug, Formatter};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use crate::watch::event::Event;
use crate::watch::monitor::caught;
use crate::watch::sink::EventSink;

/// Hands events to another sink on a thread of its own, so that a slow sink, such as one that sends them
/// over a network, delays no call.
///
/// A bounded number of events waits. Further ones are lost, and [`Event::Lost`] tells the sink how many.
/// So is an event at which the sink panics. Dropping it waits until the sink has everything that waits.
///
/// ```
/// use deputize_audit::{Event, Monitor, QueuedSink};
///
/// let post = |event: &Event| { /* … */ };
/// let monitor = Monitor::default().with_sink(QueuedSink::new(post, 1024)?);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct QueuedSink {
    /// Gone when the sink is dropped.
    events: Option<SyncSender<Event>>,
    lost: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl QueuedSink {
    /// Starts the thread. At most `waiting` events wait, of some hundred bytes each.
    ///
    /// # Errors
    ///
    /// The error of the operating system if it starts no thread.
    pub fn new(sink: impl EventSink + 'static, waiting: usize) -> io::Result<Self> {
        let (events, taken) = sync_channel(waiting);
        let lost = Arc::new(AtomicU64::new(0));
        let own = Arc::clone(&lost);
        let thread = thread::Builder::new()
            .name("deputize-events".into())
            .spawn(move || tell_all(&sink, &taken, &own))?;
        Ok(Self { events: Some(events), lost, thread: Some(thread) })
    }
}

fn tell_all(sink: &impl EventSink, taken: &Receiver<Event>, lost: &AtomicU64) {
    for event in taken {
        let at = event.at();
        if caught(|| sink.event(&event)).is_err() {
            lost.fetch_add(1, Ordering::Relaxed);
        }
        let count = lost.swap(0, Ordering::Relaxed);
        if count > 0 && caught(|| sink.event(&Event::Lost { at, count })).is_err() {
            lost.fetch_add(count, Ordering::Relaxed);
        }
    }
}

impl EventSink for QueuedSink {
    fn event(&self, event: &Event) {
        let sent = self.events.as_ref().is_some_and(|own| own.try_send(event.clone()).is_ok());
        if !sent {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for QueuedSink {
    fn drop(&mut self) {
        drop(self.events.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Debug for QueuedSink {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueuedSink").field("lost", &self.lost).finish_non_exhaustive()
    }
}
