//! The thread that writes a log.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::thread;
use std::time::{Duration, Instant};

use crate::limits::ERASURES_TOGETHER;
use crate::log::error::LogError;
use crate::log::order::Command;
use crate::log::queue::{Entry, Shared};
use crate::log::settings::{Durability, LogSettings};
use crate::log::writer::Writer;

/// An erasure whose records are not all covered yet.
struct Pending {
    last: u64,
    /// Its records, or why there are no more.
    answer: Result<Vec<u64>, LogError>,
    reply: SyncSender<Result<Vec<u64>, LogError>>,
}

/// The time since when there are records that are not synced, or that no checkpoint covers.
#[derive(Default)]
struct Since {
    unsynced: Option<Instant>,
    uncovered: Option<Instant>,
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
        let mut since = Since::default();
        let mut has_room = self.folder.free_room()? >= settings.reserve;
        shared.set_room(has_room);
        let mut room_asked = Instant::now();
        let mut pending: Vec<Pending> = Vec::new();
        loop {
            // The first thing that is due.
            let sync = match settings.durability {
                Durability::Synced => None,
                Durability::Within(most) => since.unsynced.map(|since| left(since, most)),
            };
            let cover = since.uncovered.map(|since| left(since, settings.checkpoint_interval));
            // Refusals that are only counted leave nothing to write, and wake nobody.
            let ask = (!has_room).then(|| left(room_asked, settings.checkpoint_interval));
            // They are not written while there is no room, so nobody waits for them then.
            let counted = if has_room { shared.counted_for() } else { None };
            let due = [sync, cover, ask, counted].into_iter().flatten().min();
            let taken = shared.take(due);
            let ends = taken.ends;
            self.write(taken.entries, shared, settings, &mut since)?;
            let is_due = |since: Option<Instant>, most| {
                since.is_some_and(|since| ends || left(since, most).is_zero())
            };
            if let Durability::Within(most) = settings.durability
                && is_due(since.unsynced, most)
            {
                self.sync()?;
                since.unsynced = None;
            }
            if !pending.is_empty() || is_due(since.uncovered, settings.checkpoint_interval) {
                if since.unsynced.take().is_some() {
                    self.sync()?;
                }
                self.cover()?;
                since.uncovered = None;
            }
            let (written, later): (Vec<_>, Vec<_>) =
                pending.into_iter().partition(|own| own.last < self.tree.size());
            pending = later;
            if !written.is_empty() {
                self.finish_erasures()?;
            }
            for Pending { answer, reply, .. } in written {
                // Whoever asked may be gone.
                let _ = reply.send(answer);
            }
            if !taken.commands.is_empty() {
                self.sync()?;
                self.cover()?;
            }
            for Command { order, at, reply } in taken.commands {
                let (mut records, mut failed) = (Vec::new(), None);
                let made = self.prepare_erasure(order, at, |own, record| {
                    // It gets its index behind the records that wait.
                    records.push(shared.push_last(record)?);
                    if records.len().checked_rem(ERASURES_TOGETHER) != Some(0) {
                        return Ok(());
                    }
                    let written = own.write(shared.take_entries(), shared, settings, &mut since);
                    written.inspect_err(|why| failed = Some(why.clone()))
                });
                if let Some(why) = failed {
                    return Err(why);
                }
                // Those that are made are carried out, whatever keeps further ones from being made.
                match records.last().copied() {
                    Some(last) => {
                        let answer = made.map(|()| records);
                        pending.push(Pending { last, answer, reply });
                    }
                    None => drop(reply.send(made.map(|()| records))),
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

    /// Writes records that waited.
    fn write(
        &mut self,
        entries: Vec<Entry>,
        shared: &Arc<Shared>,
        settings: &LogSettings,
        since: &mut Since,
    ) -> Result<(), LogError> {
        if entries.is_empty() {
            return Ok(());
        }
        let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        // Before lines are left beside those of another writer: the lock can have been removed.
        self.lock.require()?;
        self.append(entries)?;
        let now = Instant::now();
        since.uncovered.get_or_insert(now);
        since.unsynced.get_or_insert(now);
        if settings.durability == Durability::Synced {
            self.sync()?;
            since.unsynced = None;
        }
        shared.wrote(count);
        Ok(())
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
