//! The two files of a segment: appended by the writer, read line by line.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::path::PathBuf;

use crate::files::open_file;
use crate::log::error::{At, LogError, damaged};
use crate::log::folder::Folder;
use crate::log::platform::{is_at, private};

/// A file of lines, read from the beginning.
#[derive(Debug)]
pub(crate) struct Lines {
    path: PathBuf,
    file: Option<BufReader<File>>,
    most: usize,
    /// The bytes of all lines that were returned, with their line feeds.
    offset: u64,
}

/// A line as it was read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// A whole line, without its line feed.
    Whole(Vec<u8>),
    /// Bytes at the end of the file that no line feed follows, or too many of them.
    Torn,
    /// The file has no more bytes.
    End,
}

impl Lines {
    /// Opens a file, which may be missing, to read lines of at most this length.
    pub(crate) fn open(path: PathBuf, most: usize) -> Result<Self, LogError> {
        let file = open_file(&path).at(&path)?;
        let file = file.map(|file| BufReader::with_capacity(1 << 16, file));
        Ok(Self { path, file, most, offset: 0 })
    }

    /// Returns the next line.
    pub(crate) fn next(&mut self) -> Result<Line, LogError> {
        let Some(file) = &mut self.file else { return Ok(Line::End) };
        let mut line = Vec::new();
        let most = u64::try_from(self.most).unwrap_or(u64::MAX).saturating_add(1);
        file.by_ref().take(most).read_until(b'\n', &mut line).at(&self.path)?;
        if line.is_empty() {
            return Ok(Line::End);
        }
        if line.last() != Some(&b'\n') {
            return Ok(Line::Torn);
        }
        self.offset = self.offset.saturating_add(u64::try_from(line.len()).unwrap_or(u64::MAX));
        line.pop();
        Ok(Line::Whole(line))
    }

    /// Returns the bytes of all whole lines so far.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the path of the file.
    pub(crate) fn path(&self) -> &PathBuf {
        &self.path
    }
}

/// The files of the segment that is written.
#[derive(Debug)]
pub(super) struct Segment {
    cores: (PathBuf, File),
    openings: (PathBuf, File),
}

impl Segment {
    /// Opens the segment that has this record, which a checkpoint covers, to append to it.
    pub(super) fn open(folder: &Folder, index: u64) -> Result<Self, LogError> {
        let open = |path: PathBuf| match private().append(true).open(&path) {
            Err(why) if why.kind() == ErrorKind::NotFound => {
                Err(damaged(&path, "it is missing, and the checkpoint covers records of it"))
            }
            file => Ok((file.at(&path)?, path)),
        };
        let [(cores, of_cores), (openings, of_openings)] =
            [open(folder.cores(index))?, open(folder.openings(index))?];
        Ok(Self { cores: (of_cores, cores), openings: (of_openings, openings) })
    }

    /// Begins the segment whose first record this is. Its files are empty, or not there.
    pub(super) fn begin(folder: &Folder, index: u64) -> Result<Self, LogError> {
        let own = Self::make(folder, index)?;
        for (path, file) in [&own.openings, &own.cores] {
            if file.metadata().at(path)?.len() > 0 {
                return Err(damaged(path, "it has records that nobody wrote yet"));
            }
        }
        Ok(own)
    }

    /// Opens the segment that has this record, and makes its files if a crash left none.
    pub(super) fn make(folder: &Folder, index: u64) -> Result<Self, LogError> {
        let begin = |path: PathBuf| {
            let file = private().create(true).append(true).open(&path).at(&path)?;
            Ok::<_, LogError>((path, file))
        };
        let own =
            Self { cores: begin(folder.cores(index))?, openings: begin(folder.openings(index))? };
        folder.sync_segments()?;
        Ok(own)
    }

    /// Appends whole lines to both files.
    pub(super) fn append(&mut self, cores: &[u8], openings: &[u8]) -> Result<(), LogError> {
        let (path, file) = &mut self.openings;
        file.write_all(openings).at(path)?;
        let (path, file) = &mut self.cores;
        file.write_all(cores).at(path)
    }

    /// Waits until what was appended is on the disk.
    pub(super) fn sync(&self) -> Result<(), LogError> {
        for (path, file) in [&self.openings, &self.cores] {
            file.sync_data().at(path)?;
            // A file that was removed or replaced keeps nothing.
            if !is_at(file, path).at(path)? {
                return Err(damaged(path, "another file was put in its place"));
            }
        }
        Ok(())
    }

    /// Cuts both files to these lengths. Returns the bytes that were cut off the cores.
    pub(super) fn cut(&self, cores: u64, openings: u64) -> Result<u64, LogError> {
        let cut = |(path, file): &(PathBuf, File), length: u64| {
            let found = fs::metadata(path).at(path)?.len();
            if found > length {
                file.set_len(length).at(path)?;
                file.sync_all().at(path)?;
            }
            Ok::<_, LogError>(found.saturating_sub(length))
        };
        cut(&self.openings, openings)?;
        cut(&self.cores, cores)
    }
}
