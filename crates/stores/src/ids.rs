//! Ids in files, each with the first hop of its chain.
//!
//! A file holds the ids of the presentations that end in one minute, as records of fixed length in
//! the order of their arrival. So ids are forgotten by deleting a file. The memory has what was
//! read from the files, to which other processes add.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

use deputize::HopId;
use sha2::{Digest, Sha256};

use crate::error::{At, OpenError};
use crate::folder::Folder;
use crate::platform::private;

/// Seconds of ends in one file.
const SPAN: u64 = 60;

/// Bytes of the checksum of a record: the first of its SHA-256. It shows what was not written
/// whole.
const SUM: usize = 8;

/// Bytes of a record: two ids and the checksum.
const RECORD: usize = 32 + 32 + SUM;
const RECORD_BYTES: u64 = 72;

/// The ids in the files whose names begin with one word.
#[derive(Debug)]
pub(crate) struct Ids {
    /// The names of the files begin with it.
    word: &'static str,
    /// True if an id must survive a loss of power.
    durable: bool,
    /// By the number of the minute in which their presentations end.
    minutes: BTreeMap<u64, Minute>,
    by_first_hop: HashMap<HopId, usize>,
    /// The minutes whose files have durable names, as far as is known.
    named: BTreeSet<u64>,
}

#[derive(Debug, Default)]
struct Minute {
    /// The bytes of the file that were read.
    read: u64,
    /// True if another process wrote some of them, and may have been killed before it synced them.
    may_be_unsynced: bool,
    first_hops: HashMap<HopId, HopId>,
}

impl Ids {
    pub(crate) fn new(word: &'static str, durable: bool) -> Self {
        let (minutes, by_first_hop) = (BTreeMap::new(), HashMap::new());
        Self { word, durable, minutes, by_first_hop, named: BTreeSet::new() }
    }

    pub(crate) fn contains(&self, id: &HopId) -> bool {
        self.minutes.values().any(|minute| minute.first_hops.contains_key(id))
    }

    pub(crate) fn len(&self) -> usize {
        self.minutes.values().map(|minute| minute.first_hops.len()).sum()
    }

    /// Returns the number of ids whose chains begin with this hop.
    pub(crate) fn of_first_hop(&self, first_hop: &HopId) -> usize {
        self.by_first_hop.get(first_hop).copied().unwrap_or(0)
    }

    /// Returns the last second of the latest minute that has ended before `now`, if there is one.
    pub(crate) fn ended_before(&self, now: u64) -> Option<u64> {
        let ended = self.minutes.keys().copied().take_while(|minute| last_second(*minute) < now);
        ended.last().map(last_second)
    }

    /// Deletes the files of all minutes that end by `last`. The folder must be locked, and the
    /// files read.
    pub(crate) fn forget(&mut self, folder: &Folder, last: Option<u64>) -> Result<(), OpenError> {
        while let Some(entry) = self.minutes.first_entry() {
            if Some(last_second(*entry.key())) > last {
                break;
            }
            let path = folder.file(&name(self.word, *entry.key()));
            fs::remove_file(&path).at(&path)?;
            self.named.remove(entry.key());
            let minute = entry.remove();
            self.uncount(&minute);
        }
        Ok(())
    }

    /// Reads what other processes have added, and forgets what they have forgotten: minutes that
    /// end by `forgotten`. The folder must be locked.
    pub(crate) fn refresh(
        &mut self,
        folder: &Folder,
        forgotten: Option<u64>,
    ) -> Result<(), OpenError> {
        let names = folder.names()?;
        let numbers = names.iter().filter_map(|file| {
            let digits = file.strip_prefix(self.word)?.strip_prefix('-')?;
            digits.parse().ok().filter(|number| name(self.word, *number) == *file)
        });
        let numbers: BTreeSet<u64> = numbers.collect();
        let gone: Vec<u64> =
            self.minutes.keys().copied().filter(|number| !numbers.contains(number)).collect();
        for number in gone {
            if self.durable && forgotten < Some(last_second(number)) {
                let path = folder.file(&name(self.word, number));
                return Err(OpenError::damaged(&path, "the file is missing"));
            }
            self.named.remove(&number);
            if let Some(minute) = self.minutes.remove(&number) {
                self.uncount(&minute);
            }
        }
        for number in numbers {
            let minute = self.minutes.entry(number).or_default();
            let path = folder.file(&name(self.word, number));
            for first_hop in minute.refresh(&path, self.durable)? {
                count(&mut self.by_first_hop, first_hop);
            }
        }
        Ok(())
    }

    fn uncount(&mut self, minute: &Minute) {
        for first_hop in minute.first_hops.values() {
            let left = self.of_first_hop(first_hop).saturating_sub(1);
            match left {
                0 => drop(self.by_first_hop.remove(first_hop)),
                _ => drop(self.by_first_hop.insert(*first_hop, left)),
            }
        }
    }

    /// Adds an id, and makes it durable if these ids are. The folder must be locked, and the files
    /// read.
    pub(crate) fn add(
        &mut self,
        folder: &Folder,
        id: HopId,
        first_hop: HopId,
        until: u64,
    ) -> Result<(), OpenError> {
        let number = until / SPAN;
        let path = folder.file(&name(self.word, number));
        let mut file = private().create(true).append(true).open(&path).at(&path)?;
        if self.durable && self.minutes.get(&number).is_some_and(|minute| minute.may_be_unsynced) {
            // Otherwise this record could survive a loss of power without the records before it.
            file.sync_data().map_err(|why| OpenError::sync(&path, why))?;
        }
        file.write_all(&record(&id, &first_hop)).at(&path)?;
        if self.durable {
            file.sync_data().map_err(|why| OpenError::sync(&path, why))?;
            // The process that made the file may have been killed before its name was durable.
            if !self.named.contains(&number) {
                folder.sync()?;
                self.named.insert(number);
            }
        }
        let minute = self.minutes.entry(number).or_default();
        minute.may_be_unsynced = false;
        minute.read = minute.read.saturating_add(RECORD_BYTES);
        minute.first_hops.insert(id, first_hop);
        count(&mut self.by_first_hop, first_hop);
        Ok(())
    }
}

impl Minute {
    /// Reads the records that were added, and returns their first hops. Removes the last one if it
    /// was not written whole: the process that wrote it was killed before it allowed the call.
    fn refresh(&mut self, path: &Path, durable: bool) -> Result<Vec<HopId>, OpenError> {
        let mut file = OpenOptions::new().read(true).write(true).open(path).at(path)?;
        if file.metadata().at(path)?.len() < self.read {
            return Err(OpenError::damaged(path, "the file has lost records"));
        }
        let mut added = Vec::new();
        file.seek(SeekFrom::Start(self.read)).at(path)?;
        file.read_to_end(&mut added).at(path)?;
        let (chunks, rest) = added.as_chunks::<RECORD>();
        let records: Vec<_> = chunks.iter().map_while(parse).collect();
        let torn = chunks.len().saturating_sub(records.len());
        // Each durable record is synced before the next one is written, so at most one is torn.
        if durable && (torn > 1 || (torn == 1 && !rest.is_empty())) {
            return Err(OpenError::damaged(path, "a record is not as it was written"));
        }
        let read = records.iter().fold(self.read, |read, _| read.saturating_add(RECORD_BYTES));
        if torn > 0 || !rest.is_empty() {
            file.set_len(read).at(path)?;
            if durable {
                file.sync_data().map_err(|why| OpenError::sync(path, why))?;
            }
        }
        self.read = read;
        self.may_be_unsynced |= !records.is_empty();
        self.first_hops.extend(records.iter().copied());
        Ok(records.into_iter().map(|(_, first_hop)| first_hop).collect())
    }
}

fn count(by_first_hop: &mut HashMap<HopId, usize>, first_hop: HopId) {
    let count = by_first_hop.entry(first_hop).or_default();
    *count = count.saturating_add(1);
}

fn name(word: &str, minute: u64) -> String {
    format!("{word}-{minute}")
}

fn last_second(minute: u64) -> u64 {
    minute.saturating_mul(SPAN).saturating_add(SPAN - 1)
}

fn record(id: &HopId, first_hop: &HopId) -> Vec<u8> {
    let ids = [id.to_bytes(), first_hop.to_bytes()].concat();
    let sum = Sha256::digest(&ids);
    ids.into_iter().chain(sum.into_iter().take(SUM)).collect()
}

fn parse(bytes: &[u8; RECORD]) -> Option<(HopId, HopId)> {
    let (id, rest) = bytes.split_first_chunk()?;
    let (first_hop, _) = rest.split_first_chunk()?;
    let (id, first_hop) = (HopId::from_bytes(*id), HopId::from_bytes(*first_hop));
    (record(&id, &first_hop) == bytes).then_some((id, first_hop))
}
