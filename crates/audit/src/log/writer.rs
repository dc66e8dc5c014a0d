//! The thread that writes a log: records in batches, then the checkpoints that cover them.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use deputize::Signer;

use crate::checkpoint::{Checkpoint, Origin};
use crate::limits::SEGMENT_RECORDS;
use crate::log::error::LogError;
use crate::log::folder::{Folder, Lock};
use crate::log::queue::{Entry, Shared};
use crate::log::segment::Segment;
use crate::log::settings::{Durability, LogSettings};
use crate::tiles::{TileWriter, Written};

/// The signer of a log, which its thread uses.
pub(super) type LogSigner = Box<dyn Signer + Send>;

/// The state of the files of a log. One thread has it.
pub(super) struct Writer {
    pub(super) folder: Folder,
    pub(super) lock: Lock,
    pub(super) origin: Origin,
    pub(super) signer: LogSigner,
    pub(super) segment: Segment,
    pub(super) tree: TileWriter,
    /// The size of the tree at the last checkpoint.
    pub(super) covered: u64,
    /// Full tiles that no checkpoint needed yet.
    pub(super) tiles: Written,
}

impl Writer {
    /// Writes what the callers leave, until they end or a write fails.
    pub(super) fn run(mut self, shared: &Arc<Shared>, settings: &LogSettings) {
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
        loop {
            // The first thing that is due.
            let sync = match settings.durability {
                Durability::Synced => None,
                Durability::Within(most) => unsynced_since.map(|since| left(since, most)),
            };
            let cover = uncovered_since.map(|since| left(since, settings.checkpoint_interval));
            // Refusals that are only counted leave nothing to write, and wake nobody.
            let ask = (!has_room).then(|| left(room_asked, settings.checkpoint_interval));
            let (entries, ends) = shared.take([sync, cover, ask].into_iter().flatten().min());
            if !entries.is_empty() {
                self.lock.require()?;
                let count = u64::try_from(entries.len()).unwrap_or(u64::MAX);
                self.append(entries)?;
                let now = Instant::now();
                uncovered_since.get_or_insert(now);
                unsynced_since.get_or_insert(now);
                if settings.durability == Durability::Synced {
                    self.segment.sync()?;
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
                self.segment.sync()?;
                unsynced_since = None;
            }
            if is_due(uncovered_since, settings.checkpoint_interval) {
                if unsynced_since.take().is_some() {
                    self.segment.sync()?;
                }
                self.cover()?;
                uncovered_since = None;
            }
            if room_asked.elapsed() >= settings.checkpoint_interval {
                has_room = self.folder.free_room()? >= settings.reserve;
                shared.set_room(has_room);
                room_asked = Instant::now();
            }
            if ends {
                return Ok(());
            }
        }
    }

    /// Appends records to the segments and the tree.
    pub(super) fn append(&mut self, entries: Vec<Entry>) -> Result<(), LogError> {
        let (mut cores, mut openings) = (Vec::new(), Vec::new());
        for entry in entries {
            let size = self.tree.size();
            if size > 0 && size.checked_rem(SEGMENT_RECORDS) == Some(0) {
                // The segment is complete. The next one begins with this record.
                self.segment.append(&cores, &openings)?;
                self.segment.sync()?;
                (cores, openings) = (Vec::new(), Vec::new());
                self.segment = Segment::begin(&self.folder, size)?;
            }
            cores.extend_from_slice(entry.core.as_bytes());
            cores.push(b'\n');
            openings.extend_from_slice(entry.openings.as_bytes());
            openings.push(b'\n');
            self.add_leaf(entry.leaf)?;
        }
        self.segment.append(&cores, &openings)
    }

    /// Adds a leaf to the tree, and writes the tiles that become full with it.
    pub(super) fn add_leaf(&mut self, leaf: crate::tree::Hash) -> Result<(), LogError> {
        let full = self.tree.push(leaf)?;
        if !full.is_empty() {
            let written = self.folder.tiles().write(&full)?;
            self.tiles.files.extend(written.files);
            self.tiles.folders.extend(written.folders);
        }
        Ok(())
    }

    /// Signs a checkpoint of all records. They must be synced.
    pub(super) fn cover(&mut self) -> Result<(), LogError> {
        let tiles = self.folder.tiles();
        let partial = tiles.write(&self.tree.partial_tiles())?;
        self.folder.sync_tiles(&std::mem::take(&mut self.tiles))?;
        self.folder.sync_tiles(&partial)?;
        let checkpoint = Checkpoint::new(self.origin, self.tree.head());
        // Two writers would sign two trees of one size.
        self.lock.require()?;
        self.folder.write_checkpoint(&checkpoint.sign(&self.signer)?)?;
        tiles.remove_outdated(self.covered, self.tree.size())?;
        self.covered = self.tree.size();
        Ok(())
    }
}

/// Closes the log when its thread ends, also where the signer panics: nobody waits for it any more.
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
