//! Lines that wait for a server to read them.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::limits::{MAX_WAITING_ANSWER_BYTES, MAX_WAITING_BYTES};

/// Lines on their way to a server, in order and bounded in bytes.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<(Kind, Vec<u8>)>,
    /// The bytes of the client's lines, and of the guard's own.
    of_client: usize,
    of_guard: usize,
    is_closed: bool,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    OfClient,
    OfGuard,
}

/// The server reads too little.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line of the client, and waits for room. Returns false if the queue is closed.
    pub(crate) fn send(&self, line: Vec<u8>) -> bool {
        let mut waiting = self.waiting();
        while !waiting.is_closed && !waiting.has_room_for(line.len()) {
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        if waiting.is_closed {
            return false;
        }
        waiting.of_client = waiting.of_client.saturating_add(line.len());
        waiting.lines.push_back((Kind::OfClient, line));
        self.changed.notify_all();
        true
    }

    /// Adds a line of the guard. It does not wait: to wait for the server where its output is read would
    /// be to wait for oneself. If the queue is closed, the line goes nowhere.
    ///
    /// # Errors
    ///
    /// [`Full`] if the server has left too many of these unread.
    pub(crate) fn send_own(&self, line: Vec<u8>) -> Result<(), Full> {
        let mut waiting = self.waiting();
        if waiting.is_closed {
            return Ok(());
        }
        let bytes = waiting.of_guard.saturating_add(line.len());
        if waiting.of_guard > 0 && bytes > MAX_WAITING_ANSWER_BYTES {
            return Err(Full);
        }
        waiting.of_guard = bytes;
        waiting.lines.push_back((Kind::OfGuard, line));
        self.changed.notify_all();
        Ok(())
    }

    /// Waits for the next line; `None` if the queue is closed and empty.
    pub(crate) fn next(&self) -> Option<Vec<u8>> {
        let mut waiting = self.waiting();
        loop {
            if let Some((kind, line)) = waiting.lines.pop_front() {
                let bytes = match kind {
                    Kind::OfClient => &mut waiting.of_client,
                    Kind::OfGuard => &mut waiting.of_guard,
                };
                *bytes = bytes.saturating_sub(line.len());
                self.changed.notify_all();
                return Some(line);
            }
            if waiting.is_closed {
                return None;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Accepts no further line. What waits can still be taken.
    pub(crate) fn close(&self) {
        self.waiting().is_closed = true;
        self.changed.notify_all();
    }

    /// Closes the queue, and drops what waits.
    pub(crate) fn drop_all(&self) {
        let mut waiting = self.waiting();
        *waiting = Waiting { is_closed: true, ..Waiting::default() };
        self.changed.notify_all();
    }
}

impl Waiting {
    fn has_room_for(&self, bytes: usize) -> bool {
        self.of_client == 0 || self.of_client.saturating_add(bytes) <= MAX_WAITING_BYTES
    }
}
