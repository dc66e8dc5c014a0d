//! Messages that wait until a client takes them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::{MAX_HTTP_HELD_BYTES, MAX_HTTP_WAITING};

/// Bytes are counted in units of this size.
const UNIT: usize = 1024;

/// The room for messages in memory.
#[derive(Debug, Clone)]
pub(super) struct Room(Arc<Semaphore>);

impl Room {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(MAX_HTTP_HELD_BYTES / UNIT)))
    }

    /// Takes room for so many bytes; `None` if there is none.
    pub(super) fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let units = u32::try_from(bytes.div_ceil(UNIT).max(1)).ok()?;
        Arc::clone(&self.0).try_acquire_many_owned(units).ok()
    }

    /// Holds bytes, if there is room for them.
    pub(super) fn hold(&self, bytes: Vec<u8>) -> Result<Held, Vec<u8>> {
        match self.take(bytes.len()) {
            Some(room) => Ok(Held { bytes, _room: Some(room) }),
            None => Err(bytes),
        }
    }
}

/// Bytes, and the room that they take.
#[derive(Debug)]
pub(super) struct Held {
    bytes: Vec<u8>,
    _room: Option<OwnedSemaphorePermit>,
}

impl Held {
    /// Holds bytes with room that was taken for them.
    pub(super) fn with(bytes: Vec<u8>, room: OwnedSemaphorePermit) -> Self {
        Self { bytes, _room: Some(room) }
    }

    /// Holds a few bytes that need no room.
    pub(super) fn few(bytes: Vec<u8>) -> Self {
        Self { bytes, _room: None }
    }

    /// Replaces the bytes by others that are about as long.
    pub(super) fn map(self, make: impl FnOnce(&[u8]) -> Vec<u8>) -> Self {
        Self { bytes: make(&self.bytes), _room: self._room }
    }
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// The kind of a message that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It tells something that can be asked for again. Where there is no room, the oldest is dropped.
    Notification,
    /// The server waits for an answer to it.
    Request,
    /// The client waits for it.
    Answer,
}

/// The messages for one stream.
#[derive(Debug, Default)]
pub(super) struct Outbox(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    messages: VecDeque<(Kind, Held)>,
    is_closed: bool,
    reader: Option<Waker>,
}

impl Outbox {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a message. Returns false if there is no room for it, or the client takes none any more.
    pub(super) fn push(&self, kind: Kind, message: Held) -> bool {
        let mut waiting = self.waiting();
        if waiting.is_closed {
            return false;
        }
        if waiting.messages.len() >= MAX_HTTP_WAITING && kind != Kind::Answer {
            let oldest = waiting.messages.iter().position(|(own, _)| *own == Kind::Notification);
            match oldest {
                Some(oldest) => drop(waiting.messages.remove(oldest)),
                None => return false,
            }
        }
        waiting.messages.push_back((kind, message));
        waiting.wake();
        true
    }

    /// Takes no further messages. Those that wait are still read.
    pub(super) fn close(&self) {
        let mut waiting = self.waiting();
        waiting.is_closed = true;
        waiting.wake();
    }

    /// Returns the next message; `None` after the last one.
    pub(super) fn poll_next(&self, context: &mut Context<'_>) -> Poll<Option<(Kind, Held)>> {
        let mut waiting = self.waiting();
        match waiting.messages.pop_front() {
            Some(message) => Poll::Ready(Some(message)),
            None if waiting.is_closed => Poll::Ready(None),
            None => {
                waiting.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Waiting {
    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }
}
