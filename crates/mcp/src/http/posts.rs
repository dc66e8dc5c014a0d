//! The messages that are on their way to a server.

use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::id::{Id, IdValue};
use crate::limits::MAX_HTTP_REQUESTS;

/// The messages that have not ended yet: neither answered nor failed.
#[derive(Debug, Default)]
pub(super) struct Posts {
    open: Mutex<Open>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Open {
    count: usize,
    /// `initialize`, of which there can be several.
    beginning: usize,
    /// The requests whose body is not written yet.
    unsent: BTreeSet<IdValue>,
    has_ended: bool,
}

impl Posts {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Open) -> T) -> T {
        let changed = change(&mut self.open());
        self.changed.notify_all();
        changed
    }

    fn wait_while(&self, holds: impl Fn(&Open) -> bool) {
        let mut open = self.open();
        while !open.has_ended && holds(&open) {
            open = self.changed.wait(open).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Takes a place for a message. Returns false if there is none.
    pub(super) fn begin(&self, id: Option<&Id>) -> bool {
        self.change(|open| {
            let has_room = open.count < MAX_HTTP_REQUESTS;
            if has_room {
                open.count = open.count.saturating_add(1);
                open.unsent.extend(id.map(Id::slot));
            }
            has_room
        })
    }

    /// Notes that a message is written.
    pub(super) fn sent(&self, id: Option<&Id>) {
        self.change(|open| id.map(|id| open.unsent.remove(&id.slot())));
    }

    /// Notes that a message has ended.
    pub(super) fn end(&self) {
        self.change(|open| open.count = open.count.saturating_sub(1));
    }

    /// Holds back what follows `initialize`, which needs the id of its session.
    pub(super) fn hold(&self) {
        self.change(|open| open.beginning = open.beginning.saturating_add(1));
    }

    pub(super) fn release(&self) {
        self.change(|open| open.beginning = open.beginning.saturating_sub(1));
    }

    /// Waits until nothing is held back.
    pub(super) fn wait_to_follow(&self) {
        self.wait_while(|open| open.beginning > 0);
    }

    /// Waits until a request is written, or has failed before.
    pub(super) fn wait_until_sent(&self, id: &Id) {
        self.wait_while(|open| open.unsent.contains(&id.slot()));
    }

    /// Waits until all have ended, or for so long. Nothing waits any more then.
    pub(super) fn finish(&self, most: Duration) {
        let since = Instant::now();
        let mut open = self.open();
        while open.count > 0
            && let Some(left) = most.checked_sub(since.elapsed())
        {
            (open, _) =
                self.changed.wait_timeout(open, left).unwrap_or_else(PoisonError::into_inner);
        }
        open.has_ended = true;
        self.changed.notify_all();
    }
}
