//! Messages that wait until a client takes them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::http::places::Keeps;
use crate::limits::{
    MAX_HTTP_ANSWERS_BYTES, MAX_HTTP_BODIES_BYTES, MAX_HTTP_TOLD_BYTES, MAX_HTTP_WAITING,
};

/// Bytes are counted in units of this size.
const UNIT: usize = 1024;

/// Room for messages in memory.
#[derive(Debug, Clone)]
pub(super) struct Room(Arc<Semaphore>);

impl Room {
    pub(super) fn of(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes / UNIT)))
    }

    /// Takes room for so many bytes; `None` if there is none.
    pub(super) fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let units = u32::try_from(bytes.div_ceil(UNIT).max(1)).ok()?;
        Arc::clone(&self.0).try_acquire_many_owned(units).ok()
    }

    /// Holds bytes, if there is room for them.
    pub(super) fn hold(&self, bytes: Vec<u8>) -> Option<Held> {
        let room = self.take(bytes.len())?;
        Some(Held::with(bytes, room))
    }
}

/// The rooms of one session. No other session can fill them.
#[derive(Debug)]
pub(super) struct Rooms {
    /// For what was received and not yet decided about.
    pub(super) bodies: Room,
    /// For the answers to calls.
    pub(super) answers: Room,
    /// For everything else that goes to the client.
    pub(super) told: Room,
}

impl Rooms {
    pub(super) fn new() -> Self {
        Self {
            bodies: Room::of(MAX_HTTP_BODIES_BYTES),
            answers: Room::of(MAX_HTTP_ANSWERS_BYTES),
            told: Room::of(MAX_HTTP_TOLD_BYTES),
        }
    }
}

/// Bytes, and what they hold on to.
#[derive(Debug)]
pub(super) struct Held {
    bytes: Vec<u8>,
    _room: Option<OwnedSemaphorePermit>,
    _keeps: Option<Keeps>,
}

impl Held {
    /// Holds bytes with room that was taken for them.
    pub(super) fn with(bytes: Vec<u8>, room: OwnedSemaphorePermit) -> Self {
        Self { bytes, _room: Some(room), _keeps: None }
    }

    /// Holds a few bytes that need no room.
    pub(super) fn few(bytes: Vec<u8>) -> Self {
        Self { bytes, _room: None, _keeps: None }
    }

    /// Keeps the place of a connection until the bytes are written.
    pub(super) fn keeping(self, keeps: Option<Keeps>) -> Self {
        Self { _keeps: keeps, ..self }
    }

    /// Replaces the bytes by others that are about as long.
    pub(super) fn map(self, make: impl FnOnce(&[u8]) -> Vec<u8>) -> Self {
        Self { bytes: make(&self.bytes), ..self }
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
    /// As a notification, and for an authority that can end while it waits.
    Delivery,
    /// The server waits for an answer to it.
    Request,
    /// The client waits for it.
    Answer,
}

impl Kind {
    fn can_be_dropped(self) -> bool {
        matches!(self, Self::Notification | Self::Delivery)
    }
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
            let oldest = waiting.messages.iter().position(|(own, _)| own.can_be_dropped());
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

    /// Takes no further messages, and drops those that wait: nobody reads them.
    pub(super) fn drop_all(&self) {
        let mut waiting = self.waiting();
        waiting.is_closed = true;
        waiting.messages.clear();
        waiting.wake();
    }

    /// Returns true if it takes no further messages.
    pub(super) fn is_closed(&self) -> bool {
        self.waiting().is_closed
    }

    /// Closes this one, and returns another with the messages that wait.
    pub(super) fn succeeded(&self) -> Self {
        let mut waiting = self.waiting();
        let messages = std::mem::take(&mut waiting.messages);
        let is_closed = std::mem::replace(&mut waiting.is_closed, true);
        waiting.wake();
        Self(Mutex::new(Waiting { messages, is_closed, reader: None }))
    }

    /// Drops the deliveries that wait.
    pub(super) fn drop_deliveries(&self) {
        self.waiting().messages.retain(|(kind, _)| *kind != Kind::Delivery);
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use std::task::{Context, Poll, Waker};

    use super::{Held, Kind, Outbox, Room};
    use crate::limits::MAX_HTTP_WAITING;

    fn held(bytes: &[u8]) -> Held {
        Held::few(bytes.to_vec())
    }

    fn next(outbox: &Outbox) -> Poll<Option<Vec<u8>>> {
        let next = outbox.poll_next(&mut Context::from_waker(Waker::noop()));
        next.map(|own| own.map(|(_, held)| held.as_ref().to_vec()))
    }

    #[test]
    fn room_is_counted_in_bytes_and_given_back() {
        let room = Room::of(4 * 1024);
        let first = room.hold(vec![0; 3 * 1024]).unwrap();
        assert!(room.hold(vec![0; 2 * 1024]).is_none());
        drop(first.map(|_| Vec::new()));
        assert!(room.hold(vec![0; 4 * 1024]).is_some());
    }

    #[test]
    fn the_oldest_notification_makes_room_and_a_request_does_not() {
        let outbox = Outbox::default();
        assert!(outbox.push(Kind::Notification, held(b"first")));
        assert!((1..MAX_HTTP_WAITING).all(|_| outbox.push(Kind::Request, held(b"asked"))));
        assert!(outbox.push(Kind::Notification, held(b"second")));
        assert_eq!(next(&outbox), Poll::Ready(Some(b"asked".to_vec())));
        assert!(outbox.push(Kind::Request, held(b"last")));
        assert!(outbox.push(Kind::Request, held(b"instead of the second")));
        assert!(!outbox.push(Kind::Request, held(b"too many")));
        assert!(outbox.push(Kind::Answer, held(b"answer")));
        outbox.drop_all();
        assert!(!outbox.push(Kind::Answer, held(b"answer")));
        assert_eq!(next(&outbox), Poll::Ready(None));
    }

    #[test]
    fn a_delivery_waits_no_longer_than_its_authority() {
        let outbox = Outbox::default();
        outbox.push(Kind::Delivery, held(b"updated"));
        outbox.push(Kind::Notification, held(b"changed"));
        let later = outbox.succeeded();
        assert_eq!(next(&outbox), Poll::Ready(None));
        later.drop_deliveries();
        assert_eq!(next(&later), Poll::Ready(Some(b"changed".to_vec())));
        assert_eq!(next(&later), Poll::Pending);
    }
}
