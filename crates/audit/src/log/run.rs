//! The thread that writes a log.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant};

use crate::log::error::LogError;
use crate::log::order::Command;
use crate::log::queue::Shared;
use crate::log::settings::{Durability, LogSettings};
use crate::log::writer::Writer;

/// An erasure whose record is not written yet.
struct Pending {
    index: u64,
    reply: SyncSender<Result<u64, LogError>>,
}

impl Writer {
    /// Writes what the callers leave, until they end or a write fails.
    pub(super) fn run(mut self, shared: &Arc<Shared>, settings: &LogSettings) {
        // A signer, or a waker of a caller, is foreign code. If it panics, nobody must wait for ever.
        let _closing = Closing(shared);
        if let Err(why) = self.write_all(shared, settings) {
            // What is on the disk is not certain any more, so nothing more is written.
            shared.close(why);
        }
        drop(self.lock);
    }

    fn write_all(&mut self, shared: &Arc<Shared>, settings: &LogSettings) -> Result<(), LogError> {
        let mut unsynced_since: Option<Instant> = None;
        let mut uncovered_since: Option<Instant> = None;
        let mut has_room = self.folder.free_room()? >= settings.reserve;
        shared.set_room(has_room);
        let mut room_asked = Instant::now();
        let mut pending: Vec<Pending> = Vec::new();
        loop {
            // The first thing that is due.
            let sync = match settings.durability {
                Durability::Synced => None,
                Durability::Within(most) => unsynced_since.map(|since| left(since, most)),
            };
            let cover = uncovered_since.map(|since| left(since, settings.checkpoint_interval));
            // Refusals that are only counted leave nothing to write, and wake nobody.
            let ask = (!has_room).then(|| left(room_asked, settings.checkpoint_interval));
            // They are not written while there is no room, so nobody waits for them then.
            let counted = if has_room { shared.counted_for() } else { None };
            let due = [sync, cover, ask, counted].into_iter().flatten().min();
            let taken = shared.take(due);
            let ends = taken.ends;
            if !taken.entries.is_empty() {
                let count = u64::try_from(taken.entries.len()).unwrap_or(u64::MAX);
                // Before lines are left beside those of another writer: the lock can have been removed.
                self.lock.require()?;
                self.append(taken.entries)?;
                let now = Instant::now();
                uncovered_since.get_or_insert(now);
                unsynced_since.get_or_insert(now);
                if settings.durability == Durability::Synced {
                    self.sync()?;
                    unsynced_since = None;
                }
                shared.wrote(count);
            }
            let is_due = |since: Option<Instant>, most| {
                since.is_some_and(|since| ends || left(since, most).is_zero())
            };
            if let Durability::Within(most) = settings.durability
                && is_due(unsynced_since, most)
            {
                self.sync()?;
                unsynced_since = None;
            }
            if !pending.is_empty() || is_due(uncovered_since, settings.checkpoint_interval) {
                if unsynced_since.take().is_some() {
                    self.sync()?;
                }
                self.cover()?;
                uncovered_since = None;
            }
            let (written, later): (Vec<_>, Vec<_>) =
                pending.into_iter().partition(|own| own.index < self.tree.size());
            pending = later;
            if !written.is_empty() {
                self.finish_erasures()?;
            }
            for Pending { index, reply } in written {
                // Whoever asked may be gone.
                let _ = reply.send(Ok(index));
            }
            if !taken.commands.is_empty() {
                self.sync()?;
                self.cover()?;
            }
            for Command { order, at, reply } in taken.commands {
                let prepared = self.prepare_erasure(order, at).and_then(|record| {
                    // It gets its index behind the records that wait.
                    shared.push_last(&record)
                });
                match prepared {
                    Ok(index) => pending.push(Pending { index, reply }),
                    Err(why) => drop(reply.send(Err(why))),
                }
            }
            if has_room || ends {
                shared.push_counted(ends)?;
            }
            if room_asked.elapsed() >= settings.checkpoint_interval {
                has_room = self.folder.free_room()? >= settings.reserve;
                shared.set_room(has_room);
                room_asked = Instant::now();
            }
            if ends && pending.is_empty() && shared.waiting() == 0 {
                return Ok(());
            }
        }
    }
}

/// Closes the log if its thread panics.
struct Closing<'s>(&'s Shared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.close(LogError::Panicked);
        }
    }
}

/// Returns the time that is left of `most` since then.
fn left(since: Instant, most: Duration) -> Duration {
    most.saturating_sub(since.elapsed())
}
