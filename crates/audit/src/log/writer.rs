//! The files of a log as its writer has them: records are appended, then covered by a checkpoint.

use deputize::{Record, Signer};

use crate::checkpoint::{Checkpoint, Origin};
use crate::limits::SEGMENT_RECORDS;
use crate::log::error::LogError;
use crate::log::folder::{Folder, Lock};
use crate::log::queue::Entry;
use crate::log::segment::Segment;
use crate::tiles::{TileWriter, Written};
use crate::tree::{Hash, leaf_hash};

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
    /// Appends records to the segments and the tree.
    pub(super) fn append(&mut self, entries: Vec<Entry>) -> Result<(), LogError> {
        let (mut cores, mut openings) = (Vec::new(), Vec::new());
        for entry in entries {
            let size = self.tree.size();
            if size > 0 && size.checked_rem(SEGMENT_RECORDS) == Some(0) {
                // The segment is complete. The next one begins with this record.
                self.segment.append(&cores, &openings)?;
                self.sync()?;
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

    /// Waits until what was appended is on the disk, in files that are still those of the log.
    pub(super) fn sync(&self) -> Result<(), LogError> {
        self.segment.sync()?;
        self.lock.require()
    }

    /// Adds a leaf to the tree, and writes the tiles that become full with it.
    pub(super) fn add_leaf(&mut self, leaf: Hash) -> Result<(), LogError> {
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

    /// Writes one record, and a checkpoint that covers it.
    pub(super) fn add(&mut self, record: &Record) -> Result<(), LogError> {
        let (core, openings) = record.to_lines(self.tree.size())?;
        let leaf = leaf_hash(core.as_bytes());
        self.append(vec![Entry { core, openings, leaf }])?;
        self.sync()?;
        self.cover()
    }
}
