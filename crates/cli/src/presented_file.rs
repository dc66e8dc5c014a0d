//! The file in which a holder notes its presentations, and from which it goes on counting.
//!
//! A note is written and synced before the presentation is printed, under a lock on the file. So no
//! number is given twice, and a process that is killed leaves at most a number that nobody received.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use deputize::text::Visible;
use deputize::{Counter, HopId};
use deputize_audit::{MAX_PRESENTED_LINE_BYTES, PresentedLine};

use crate::input::statement;
use crate::output::Error;
use crate::platform::{self, Readers};

/// A file of notes, locked until this value is dropped.
#[derive(Debug)]
pub struct PresentedFile {
    path: PathBuf,
    file: File,
}

impl PresentedFile {
    /// Opens the file, or makes it for its owner alone, and waits until no other process has it.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, or is not a file.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let error = |why: &dyn std::fmt::Display| statement::error(path, why);
        match platform::create_new(path, Readers::Owner) {
            Ok(_) => {}
            Err(why) if why.kind() == ErrorKind::AlreadyExists => {}
            Err(why) => return Err(error(&why)),
        }
        if !path.is_file() {
            return Err(error(&"this is not a file"));
        }
        let file = OpenOptions::new().read(true).append(true).open(path).map_err(|e| error(&e))?;
        file.lock().map_err(|why| error(&why))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Returns a counter that goes on behind the last note for this token and service. What a process left
    /// of a note that it did not finish is cut off: its presentation was never printed.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or a line is not a note.
    pub fn counter(&mut self, token: HopId, audience: &str) -> Result<Counter, Error> {
        let (mut last, mut whole) = (None, 0_u64);
        let error = |why: std::io::Error| statement::error(&self.path, why);
        self.file.seek(SeekFrom::Start(0)).map_err(error)?;
        for line in Notes::new(&self.path, &self.file) {
            let (line, length) = line?;
            whole = whole.saturating_add(length);
            if line.last_hop == token && line.audience == audience {
                last = Some((line.series, line.count));
            }
        }
        self.file.set_len(whole).map_err(error)?;
        let counter = Counter::default();
        Ok(match last {
            Some((series, count)) => counter.continuing(token, audience, series, count),
            None => counter,
        })
    }

    /// Adds a note, which is on the disk afterwards.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn add(&mut self, note: &PresentedLine) -> Result<(), Error> {
        let line = note.to_line().map_err(Error::new)?;
        let written = self.file.write_all(format!("{line}\n").as_bytes());
        let synced = written.and_then(|()| self.file.sync_data());
        synced.map_err(|why| statement::error(&self.path, why))
    }
}

/// Reads the notes in a file. One that is not whole, at its end, is left out.
///
/// # Errors
///
/// If it cannot be opened, or is not a file.
pub fn lines(path: &Path) -> Result<impl Iterator<Item = Result<PresentedLine, Error>>, Error> {
    let file = match path.is_file() {
        true => File::open(path).map_err(|why| statement::error(path, why))?,
        false => return Err(statement::error(path, "there is no such file")),
    };
    Ok(Notes::new(path, file).map(|line| line.map(|(line, _)| line)))
}

/// The whole lines of a file, with their lengths.
struct Notes<F> {
    path: PathBuf,
    file: BufReader<F>,
    number: u64,
}

impl<F: std::io::Read> Notes<F> {
    fn new(path: &Path, file: F) -> Self {
        Self { path: path.to_owned(), file: BufReader::new(file), number: 0 }
    }
}

impl<F: std::io::Read> Iterator for Notes<F> {
    type Item = Result<(PresentedLine, u64), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let most = u64::try_from(MAX_PRESENTED_LINE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        let mut line = Vec::new();
        self.number = self.number.saturating_add(1);
        let read = self.file.by_ref().take(most).read_until(b'\n', &mut line);
        let length = match read {
            Err(why) => return Some(Err(statement::error(&self.path, why))),
            Ok(length) => u64::try_from(length).unwrap_or(u64::MAX),
        };
        if line.pop() != Some(b'\n') && length < most {
            return None;
        }
        let note = PresentedLine::parse(&line).map_err(|why| {
            let why = why.to_string();
            statement::error(&self.path, format_args!("line {}: {}", self.number, Visible(&why)))
        });
        Some(note.map(|note| (note, length)))
    }
}
