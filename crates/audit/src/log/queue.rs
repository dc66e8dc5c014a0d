//! The queue between the callers and the thread that writes.

use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use deputize::{OpeningsWriter, Record, RecordKind};

use crate::limits::SEGMENT_RECORDS;
use crate::log::bounds::Refusals;
use crate::log::error::LogError;
use crate::log::order::Command;
use crate::tree::{Hash, leaf_hash};

/// A record with its index, ready to be written.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) core: String,
    pub(super) openings: String,
    pub(super) leaf: Hash,
}

/// The work of the writer.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) entries: Vec<Entry>,
    pub(super) commands: Vec<Command>,
    /// The writer is to end after these.
    pub(super) ends: bool,
}

/// The state that the callers and the writer share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    queue: Mutex<Queue>,
    /// There is something to write.
    work: Condvar,
    /// Something was written.
    done: Condvar,
    refusals: Mutex<Refusals>,
}

#[derive(Debug, Default)]
struct Queue {
    /// The index of the next record.
    next: u64,
    /// The values that the next record can repeat.
    openings: OpeningsWriter,
    entries: Vec<Entry>,
    commands: Vec<Command>,
    /// Records before this index are written.
    written: u64,
    wakers: Vec<Waker>,
    /// The log takes no more records, for this reason.
    closed: Option<LogError>,
    /// The writer is to look what is due, with nothing to write.
    looks: bool,
    /// The writer is to write what is there and end.
    ends: bool,
    /// True if refused calls may have records: the free room is more than the reserve.
    has_room: bool,
}

impl Queue {
    /// Gives a record its index and its lines.
    fn add(&mut self, record: &Record) -> Result<u64, LogError> {
        let index = self.next;
        // A segment repeats nothing of another one. Values that a record has which waits are those of
        // records behind the erasure, for what is before it is about to be written anew.
        let is_erasure = matches!(record.kind(), RecordKind::Erasure { .. });
        if is_erasure || index.checked_rem(SEGMENT_RECORDS) == Some(0) {
            self.openings = OpeningsWriter::default();
        }
        let (core, openings) = self.openings.write(record, index)?;
        let leaf = leaf_hash(core.as_bytes());
        self.entries.push(Entry { core, openings, leaf });
        self.next = index.saturating_add(1);
        Ok(index)
    }
}

impl Shared {
    pub(super) fn new(next: u64) -> Arc<Self> {
        let queue = Queue { next, written: next, has_room: true, ..Queue::default() };
        Arc::new(Self { queue: Mutex::new(queue), ..Self::default() })
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // No code that holds the lock can panic in the middle of a change.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a record its index, and leaves it to the writer. Does not wait.
    pub(super) fn push(self: &Arc<Self>, record: &Record) -> Result<Written, LogError> {
        let mut queue = self.lock();
        if let Some(why) = &queue.closed {
            return Err(why.clone());
        }
        let index = queue.add(record)?;
        drop(queue);
        self.work.notify_one();
        Ok(Written { index, shared: Arc::clone(self) })
    }

    /// For the writer: adds a record of its own, even while the log ends. Returns its index.
    pub(super) fn push_last(&self, record: &Record) -> Result<u64, LogError> {
        self.lock().add(record)
    }

    /// Returns the refused calls of this minute.
    pub(super) fn refusals(&self) -> MutexGuard<'_, Refusals> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the writer: the time until the calls that are counted have a record.
    pub(super) fn counted_for(&self) -> Option<Duration> {
        self.refusals().due_in()
    }

    /// For the writer: adds the records of calls that were counted for a minute, or at the end.
    pub(super) fn push_counted(&self, ends: bool) -> Result<(), LogError> {
        let counted = {
            let mut refusals = self.refusals();
            let is_due = |left: Duration| ends || left.is_zero();
            if refusals.due_in().is_some_and(is_due) { refusals.take() } else { Vec::new() }
        };
        for record in counted {
            self.push_last(&record)?;
        }
        Ok(())
    }

    /// Tells the writer that a call was counted, which it has to record within a minute.
    pub(super) fn counted(&self) -> Result<(), LogError> {
        let mut queue = self.lock();
        if let Some(why) = &queue.closed {
            return Err(why.clone());
        }
        queue.looks = true;
        drop(queue);
        self.work.notify_one();
        Ok(())
    }

    /// Leaves an order to the writer.
    pub(super) fn order(&self, command: Command) -> Result<(), LogError> {
        let mut queue = self.lock();
        if let Some(why) = &queue.closed {
            return Err(why.clone());
        }
        queue.commands.push(command);
        drop(queue);
        self.work.notify_one();
        Ok(())
    }

    /// Returns why the log was closed, unless it was by its owner.
    pub(super) fn failure(&self) -> Option<LogError> {
        self.lock().closed.clone().filter(|why| *why != LogError::Closed)
    }

    /// Returns the number of records that wait.
    pub(super) fn waiting(&self) -> usize {
        self.lock().entries.len()
    }

    pub(super) fn has_room(&self) -> bool {
        self.lock().has_room
    }

    pub(super) fn set_room(&self, has_room: bool) {
        self.lock().has_room = has_room;
    }

    /// For the writer: waits for something to do for at most this time, and takes all of it.
    pub(super) fn take(&self, most: Option<Duration>) -> Taken {
        let mut queue = self.lock();
        let is_idle = |queue: &mut Queue| {
            queue.entries.is_empty() && queue.commands.is_empty() && !queue.ends && !queue.looks
        };
        queue = match most {
            None => self.work.wait_while(queue, is_idle).unwrap_or_else(PoisonError::into_inner),
            Some(most) => {
                let waited = self.work.wait_timeout_while(queue, most, is_idle);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        queue.looks = false;
        Taken {
            entries: std::mem::take(&mut queue.entries),
            commands: std::mem::take(&mut queue.commands),
            ends: queue.ends,
        }
    }

    /// For the writer: takes the records that wait.
    pub(super) fn take_entries(&self) -> Vec<Entry> {
        std::mem::take(&mut self.lock().entries)
    }

    /// For the writer: the next so many records are written.
    pub(super) fn wrote(&self, count: u64) {
        let mut queue = self.lock();
        queue.written = queue.written.saturating_add(count);
        self.wake(queue);
    }

    /// Takes no more records, for this reason, and none that waits is written.
    pub(super) fn close(&self, why: LogError) {
        let mut queue = self.lock();
        // A failure while the log ends is told, too.
        if matches!(queue.closed, None | Some(LogError::Closed)) {
            queue.closed = Some(why);
        }
        queue.entries.clear();
        // Whoever waits for one of them learns it from the channel.
        queue.commands.clear();
        self.wake(queue);
    }

    /// Lets the writer write what is there, and end.
    pub(super) fn end(&self) {
        let mut queue = self.lock();
        queue.ends = true;
        queue.closed.get_or_insert(LogError::Closed);
        drop(queue);
        self.work.notify_one();
    }

    fn wake(&self, mut queue: MutexGuard<'_, Queue>) {
        let wakers = std::mem::take(&mut queue.wakers);
        drop(queue);
        self.done.notify_all();
        wakers.into_iter().for_each(Waker::wake);
    }
}

/// A record that has an index. It is written when [`wait`](Self::wait) or the future says so.
#[derive(Debug)]
#[must_use = "a record counts when it is written"]
pub struct Written {
    index: u64,
    shared: Arc<Shared>,
}

impl Written {
    /// Returns the index of the record.
    pub fn index(&self) -> u64 {
        self.index
    }

    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Blocks the thread until the record is written, and returns its index.
    ///
    /// # Errors
    ///
    /// [`LogError`] if it could not be written. The log is closed then.
    pub fn wait(self) -> Result<u64, LogError> {
        let queue = self.shared.lock();
        let is_open = |queue: &mut Queue| self.state(queue).is_none();
        let mut queue =
            self.shared.done.wait_while(queue, is_open).unwrap_or_else(PoisonError::into_inner);
        self.state(&mut queue).unwrap_or(Ok(self.index))
    }

    fn state(&self, queue: &mut Queue) -> Option<Result<u64, LogError>> {
        match &queue.closed {
            _ if queue.written > self.index => Some(Ok(self.index)),
            // The writer still writes what was there before the end.
            Some(LogError::Closed) | None => None,
            Some(why) => Some(Err(why.clone())),
        }
    }
}

impl Future for Written {
    type Output = Result<u64, LogError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut queue = self.shared.lock();
        match self.state(&mut queue) {
            Some(result) => Poll::Ready(result),
            None => {
                queue.wakers.push(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
