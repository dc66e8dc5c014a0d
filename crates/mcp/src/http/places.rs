//! Connections, and which of them gives way.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::task::AbortHandle;

use crate::limits::MAX_HTTP_CONNECTIONS;

/// A connection. While an exchange of a known holder is on it, it does not give way.
#[derive(Debug)]
pub(super) struct Place(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    exchanges: usize,
    since: Instant,
}

impl Place {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Kept { exchanges: 0, since: Instant::now() })))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the place as long as the result lives.
    pub(super) fn keep(self: &Arc<Self>) -> Keeps {
        let mut kept = self.kept();
        kept.exchanges = kept.exchanges.saturating_add(1);
        Keeps(Arc::clone(self))
    }

    /// Returns the time from which on the place is not kept; `None` while it is.
    fn free_since(&self) -> Option<Instant> {
        let kept = self.kept();
        (kept.exchanges == 0).then_some(kept.since)
    }
}

/// An exchange that keeps the place of its connection.
#[derive(Debug)]
pub(super) struct Keeps(Arc<Place>);

impl Drop for Keeps {
    fn drop(&mut self) {
        let mut kept = self.0.kept();
        kept.exchanges = kept.exchanges.saturating_sub(1);
        kept.since = Instant::now();
    }
}

/// The connections that are open.
#[derive(Debug, Default)]
pub(super) struct Places(Mutex<Vec<(AbortHandle, Arc<Place>)>>);

impl Places {
    fn open(&self) -> MutexGuard<'_, Vec<(AbortHandle, Arc<Place>)>> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|(task, _)| !task.is_finished());
        open
    }

    /// Makes room for a connection: closes the one that has had no exchange of a known holder for longest.
    /// Returns false if each has one.
    pub(super) fn make_room(&self) -> bool {
        let mut open = self.open();
        if open.len() < MAX_HTTP_CONNECTIONS {
            return true;
        }
        let free = open.iter().filter_map(|(_, own)| Some((own.free_since()?, Arc::clone(own))));
        let Some((_, longest)) = free.min_by_key(|(since, _)| *since) else { return false };
        open.retain(|(task, own)| {
            let stays = !Arc::ptr_eq(own, &longest);
            if !stays {
                task.abort();
            }
            stays
        });
        true
    }

    /// Notes a connection.
    pub(super) fn add(&self, task: AbortHandle, place: Arc<Place>) {
        self.open().push((task, place));
    }

    /// Returns true if no exchange of a known holder is under way.
    pub(super) fn are_free(&self) -> bool {
        self.open().iter().all(|(_, place)| place.free_since().is_some())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::{Place, Places};
    use crate::limits::MAX_HTTP_CONNECTIONS;

    #[test]
    fn the_longest_without_a_call_gives_way() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (places, mut all) = (Places::default(), Vec::new());
            for _ in 0..MAX_HTTP_CONNECTIONS {
                assert!(places.make_room());
                let task = tokio::spawn(std::future::pending::<()>());
                let place = Place::new();
                places.add(task.abort_handle(), place.clone());
                all.push((task, place));
            }
            let (second, first) = (all.remove(1), all.remove(0));
            let kept = first.1.keep();
            assert!(!places.are_free());
            assert!(places.make_room());
            assert!(second.0.await.unwrap_err().is_cancelled());
            drop(kept);
            assert!(places.are_free() && !first.0.is_finished());
            // Where each has a call, the new one is not taken.
            places.add(tokio::spawn(std::future::pending::<()>()).abort_handle(), Place::new());
            let open = places.open().clone();
            let _all: Vec<_> = open.iter().map(|(_, place)| place.keep()).collect();
            assert!(!places.make_room());
        });
    }
}
