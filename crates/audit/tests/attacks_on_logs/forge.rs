//! Logs that are made without a writer: by its own key, and as large as a test needs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use deputize::{PublicKey, Record};
use deputize_audit::{
    Checkpoint, Fault, LogVerifier, Origin, RightEdge, SignedCheckpoint, TileWriter, Verdict,
    leaf_hash,
};

use crate::cast::{key_of_log, log_key, now};

/// The files of a log, by their names.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) const CORES: &str = "segments/00000000.jsonl";
pub(crate) const OPENINGS: &str = "segments/00000000.open.jsonl";

/// A log whose records are given.
pub(crate) struct Forged {
    pub(crate) origin: Origin,
    pub(crate) files: Files,
    tree: TileWriter,
}

impl Forged {
    pub(crate) fn new(erasers: Vec<PublicKey>) -> Self {
        let origin = Origin::generate(key_of_log()).unwrap();
        let mut own = Self { origin, files: Files::new(), tree: TileWriter::default() };
        own.add(&Record::log(origin.to_string(), erasers, "crm", "crm-1", now()).unwrap());
        own
    }

    /// A log of this many records.
    pub(crate) fn of_size(size: u64) -> Self {
        let mut own = Self::new(Vec::new());
        own.fill(size);
        own
    }

    /// Adds small records up to this size.
    pub(crate) fn fill(&mut self, size: u64) {
        let small = Record::recovery(0, 1, now());
        while self.size() < size {
            self.add(&small);
        }
    }

    pub(crate) fn add(&mut self, record: &Record) {
        let (core, openings) = record.to_lines(self.size()).unwrap();
        self.add_lines(&core, &openings);
    }

    pub(crate) fn add_lines(&mut self, core: &str, openings: &str) {
        let segment = self.size() / 65_536;
        for (end, line) in [("jsonl", core), ("open.jsonl", openings)] {
            let file = self.files.entry(format!("segments/{segment:08}.{end}")).or_default();
            file.extend_from_slice(line.as_bytes());
            file.push(b'\n');
        }
        for tile in self.tree.push(leaf_hash(core.as_bytes())).unwrap() {
            self.files.insert(tile.path.to_string(), tile.bytes);
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.tree.size()
    }

    pub(crate) fn tree(&self) -> &RightEdge {
        self.tree.edge()
    }

    /// Covers all records so far with a checkpoint.
    pub(crate) fn cover(&mut self) -> &mut Self {
        for tile in self.tree.partial_tiles() {
            self.files.insert(tile.path.to_string(), tile.bytes);
        }
        let checkpoint = Checkpoint::new(self.origin, self.tree.head()).sign(&log_key()).unwrap();
        self.files.insert("checkpoint".into(), checkpoint.to_string().into_bytes());
        self
    }

    pub(crate) fn write(&self, folder: &Path) {
        write(&self.files, folder);
    }
}

pub(crate) fn write(files: &Files, folder: &Path) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

pub(crate) fn read(folder: &Path) -> Files {
    fn read_folder(folder: &Path, name: &str, files: &mut Files) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let own = format!("{name}{}", entry.file_name().to_str().unwrap());
            match entry.file_type().unwrap().is_dir() {
                true => read_folder(&entry.path(), &format!("{own}/"), files),
                false => drop(files.insert(own, fs::read(entry.path()).unwrap())),
            }
        }
    }
    let mut files = Files::new();
    read_folder(folder, "", &mut files);
    files
}

pub(crate) fn verified(files: &Files) -> Verdict {
    LogVerifier::default().verify(files, |_| ()).unwrap()
}

pub(crate) fn faults(files: &Files) -> Vec<(Option<u64>, Fault)> {
    verified(files).findings.into_iter().map(|own| (own.record, own.fault)).collect()
}

pub(crate) fn checkpoint(files: &Files) -> SignedCheckpoint {
    SignedCheckpoint::parse(&files["checkpoint"]).unwrap()
}

pub(crate) fn split(files: &Files, name: &str) -> Vec<String> {
    std::str::from_utf8(&files[name]).unwrap().split_inclusive('\n').map(str::to_owned).collect()
}

/// Runs it in a thread. `None` if it has not ended after this many seconds.
pub(crate) fn within<T: Send + 'static>(
    seconds: u64,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(work()));
    receiver.recv_timeout(Duration::from_secs(seconds)).ok()
}
