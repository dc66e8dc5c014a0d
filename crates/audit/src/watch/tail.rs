//! The newest records of a log, while a service writes it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use deputize::limits::{MAX_CORE_BYTES, MAX_OPENINGS_BYTES};
use deputize::{Openings, OpeningsLine, RecordCore};

use crate::checkpoint::SignedCheckpoint;
use crate::expander::Expander;
use crate::files::open_file;
use crate::limits::{BYTES_TOGETHER, MAX_CHECKPOINT_BYTES, RECORDS_TOGETHER, SEGMENT_RECORDS};
use crate::log::{At as _, LogError};
use crate::verify::ReadRecord;

/// Follows a log in its folder, as its writer appends to it. It takes no lock, waits for nothing, and
/// verifies nothing but each value: whether the log is whole is the question of
/// [`LogVerifier`](crate::LogVerifier).
///
/// A record is given when its line is whole. It may be behind the last checkpoint ([`covered`](Self::covered)), and
/// a crash can still take it back.
#[derive(Debug, Clone)]
pub struct LogTail {
    folder: PathBuf,
    /// The index of the next record.
    next: u64,
    /// Its place in its segment, in bytes.
    at: u64,
    /// The place in the openings of its segment where its values are, unless the file was written anew.
    openings_at: u64,
    /// The values that the next openings may repeat.
    expander: Expander,
}

/// Lines of a file from a place on.
struct Lines {
    path: PathBuf,
    file: BufReader<fs::File>,
    at: u64,
    /// Longest line, with its line feed.
    most: u64,
}

impl LogTail {
    /// The number of records of a segment.
    pub const SEGMENT_RECORDS: u64 = SEGMENT_RECORDS;

    /// Begins with the last segment of a log, which has at most 65,536 records.
    ///
    /// # Errors
    ///
    /// [`LogError`] if there is no log, or its folder cannot be read.
    pub fn of_last_segment(folder: impl Into<PathBuf>) -> Result<Self, LogError> {
        let folder = folder.into();
        let segments = folder.join("segments");
        let found = match fs::read_dir(&segments) {
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
                return Err(LogError::NotALog { path: folder });
            }
            found => found.at(&segments)?,
        };
        let mut last = None;
        for entry in found {
            last = last.max(number_of(&entry.at(&segments)?.path()));
        }
        let last = last.ok_or_else(|| LogError::NotALog { path: folder.clone() })?;
        Ok(Self::of(folder, last))
    }

    /// Returns one that begins with the segment before the next record's; `None` before the first.
    pub fn of_segment_before(&self) -> Option<Self> {
        Some(Self::of(self.folder.clone(), self.segment().checked_sub(1)?))
    }

    fn of(folder: PathBuf, segment: u64) -> Self {
        let next = segment.saturating_mul(SEGMENT_RECORDS);
        Self { folder, next, at: 0, openings_at: 0, expander: Expander::default() }
    }

    /// Returns the index of the next record.
    pub fn next_index(&self) -> u64 {
        self.next
    }

    /// Returns the next records, at most 1,024, or fewer with more than 16 MiB of lines; none if there are
    /// no new ones.
    ///
    /// # Errors
    ///
    /// [`LogError`] if a file cannot be read, became shorter, or has a line that is not the next record.
    pub fn read(&mut self) -> Result<Vec<ReadRecord>, LogError> {
        let Some(mut cores) = self.open("jsonl", self.at, MAX_CORE_BYTES)? else {
            return Ok(Vec::new());
        };
        let mut openings = self.open("open.jsonl", self.openings_at, MAX_OPENINGS_BYTES)?;
        let (mut records, mut bytes, mut may_search) = (Vec::new(), 0_usize, true);
        while records.len() < RECORDS_TOGETHER
            && bytes < BYTES_TOGETHER
            && let Some(line) = cores.next()?
        {
            let (core_at, values_at) = (self.at, self.openings_at);
            let core = RecordCore::parse(&line).ok().filter(|core| core.index == self.next);
            let core = core.ok_or_else(|| {
                damaged(&cores.path, format!("a line is not record {}", self.next))
            })?;
            let values = match &mut openings {
                Some(lines) => self.values(lines, &core, &mut may_search)?,
                None => None,
            };
            records.push(ReadRecord::of(line, values)?);
            self.next = self.next.saturating_add(1);
            self.at = cores.at;
            for (from, to) in [(core_at, self.at), (values_at, self.openings_at)] {
                let length = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
                bytes = bytes.saturating_add(length);
            }
            if self.next.checked_rem(SEGMENT_RECORDS) == Some(0) {
                (self.at, self.openings_at) = (0, 0);
                break;
            }
        }
        Ok(records)
    }

    /// Returns the number of records that the newest checkpoint says it covers. Its signature is not
    /// verified.
    ///
    /// # Errors
    ///
    /// [`LogError`] if there is no checkpoint, or it cannot be read.
    pub fn covered(&self) -> Result<u64, LogError> {
        let path = self.folder.join("checkpoint");
        let Some(file) = open_file(&path).at(&path)? else {
            return Err(LogError::NotALog { path: self.folder.clone() });
        };
        let mut bytes = Vec::new();
        file.take(MAX_CHECKPOINT_BYTES).read_to_end(&mut bytes).at(&path)?;
        Ok(SignedCheckpoint::parse(&bytes)?.claimed().head().size())
    }

    fn segment(&self) -> u64 {
        self.next.checked_div(SEGMENT_RECORDS).unwrap_or_default()
    }

    fn open(&self, end: &str, at: u64, most: usize) -> Result<Option<Lines>, LogError> {
        let path = self.folder.join(format!("segments/{:08}.{end}", self.segment()));
        let Some(file) = open_file(&path).at(&path)? else { return Ok(None) };
        let length = file.metadata().at(&path)?.len();
        // Openings are written anew when values are erased, and may be shorter then.
        let at = match (length < at, end) {
            (false, _) => at,
            (true, "jsonl") => return Err(damaged(&path, "it became shorter".to_owned())),
            (true, _) => 0,
        };
        let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        let mut lines = Lines { path, file: BufReader::new(file), at: 0, most };
        lines.seek(at)?;
        Ok(Some(lines))
    }

    /// Finds the values of a record at the place where they should be, or from the beginning of the file
    /// if it was written anew. It is searched once, however many lines are wrong.
    fn values(
        &mut self,
        lines: &mut Lines,
        core: &RecordCore,
        may_search: &mut bool,
    ) -> Result<Option<Openings>, LogError> {
        let parsed = |line: Option<Vec<u8>>| OpeningsLine::parse(&line?).ok();
        let read = |expander: &mut Expander, line: Option<Vec<u8>>| {
            let own = parsed(line).filter(|own| own.index() == core.index)?;
            let openings = expander.read(core.index, own);
            openings.belongs_to(core).then_some(openings)
        };
        let mut found = read(&mut self.expander, lines.next()?);
        if found.is_none() && std::mem::take(may_search) {
            lines.seek(0)?;
            self.expander = Expander::default();
            let place = core.index.checked_rem(SEGMENT_RECORDS).unwrap_or_default();
            for index in core.index.saturating_sub(place)..core.index {
                let line = lines.next()?;
                if line.is_none() {
                    break;
                }
                parsed(line).into_iter().for_each(|own| drop(self.expander.read(index, own)));
            }
            found = read(&mut self.expander, lines.next()?);
        }
        self.openings_at = lines.at;
        Ok(found)
    }
}

impl Lines {
    fn seek(&mut self, at: u64) -> Result<(), LogError> {
        self.file.seek(SeekFrom::Start(at)).at(&self.path)?;
        self.at = at;
        Ok(())
    }

    /// Returns the next whole line, without its line feed.
    fn next(&mut self) -> Result<Option<Vec<u8>>, LogError> {
        let mut line = Vec::new();
        self.file.by_ref().take(self.most).read_until(b'\n', &mut line).at(&self.path)?;
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        match line.pop() {
            Some(b'\n') => {
                self.at = self.at.saturating_add(length);
                Ok(Some(line))
            }
            Some(_) if length >= self.most => {
                Err(damaged(&self.path, format!("a line has more than {} bytes", self.most)))
            }
            // The writer is in the middle of it.
            Some(_) | None => Ok(None),
        }
    }
}

/// Returns the number of a segment of cores.
fn number_of(path: &Path) -> Option<u64> {
    let digits = path.file_name()?.to_str()?.strip_suffix(".jsonl")?;
    let is_number = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

fn damaged(path: &Path, fault: String) -> LogError {
    LogError::Damaged { path: path.to_owned(), fault }
}
