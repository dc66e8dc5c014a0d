//! Erasing values: the statements first, then the values.

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;

use deputize::limits::MAX_OPENINGS_BYTES;
use deputize::{Note, OpeningsWriter, Record, RecordCore};
use time::OffsetDateTime;

use crate::erasure::{ErasedFields, Erasure, ErasureError};
use crate::limits::MAX_TREE_SIZE;
use crate::log::along::with_all_along;
use crate::log::divide::{divide, wrong_in};
use crate::log::error::{At, LogError};
use crate::log::folder::Folder;
use crate::log::order::Order;
use crate::log::platform::private;
use crate::log::segment::Segment;
use crate::log::statements::Statements;
use crate::log::values::{ReadLine, each_of_segment, of_segment, segments_of};
use crate::log::writer::Writer;

impl Writer {
    /// Makes the records of an erasure, which must be in the log before anything is erased. The statements
    /// are about records that a checkpoint covers. `put` leaves each to the writer.
    pub(super) fn prepare_erasure(
        &mut self,
        order: Order,
        at: OffsetDateTime,
        mut put: impl FnMut(&mut Self, &Record) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        let log = self.statements()?;
        match order {
            Order::Own { ranges, why } => {
                let mut whole = log.frame(*self.origin.key(), None, why, at);
                whole.ranges = with_all_along(&self.folder, log.size(), ranges)?;
                divide(&log, whole, |statement, wrong| {
                    let note = statement.sign(&self.signer)?;
                    put(self, &Record::erasure(note.to_string(), wrong, at))
                })
            }
            Order::Signed(notes) => {
                for record in records_of(&log, &notes, at)? {
                    put(self, &record)?;
                }
                Ok(())
            }
        }
    }

    /// Erases what the statements in the log say that are not carried out yet. A checkpoint covers them.
    ///
    /// The file `erased` says which are, and is replaced behind the values: wherever a crash interrupts
    /// this, the next opening does it again.
    pub(super) fn finish_erasures(&mut self) -> Result<(), LogError> {
        let (folder, size) = (self.folder.clone(), self.tree.size());
        let done = Some(folder.erased()?).filter(|done| *done <= size).unwrap_or_default();
        if done == size {
            return Ok(());
        }
        // A record can have been put behind a checkpoint while nothing ran: only those that count.
        let ranges = self.statements()?.ranges(done)?;
        let written = |folder: &Folder| folder.replace("erased", size.to_string().as_bytes());
        if ranges.is_empty() {
            // Where it cannot be written, the same records are only read again the next time.
            let _ = written(&folder);
            return Ok(());
        }
        for start in segments_of(&ranges) {
            rewrite(&folder, start, size, &ErasedFields::of(of_segment(&ranges, start)))?;
        }
        // The file that is appended to may be another one now.
        self.segment = Segment::open(&folder, size.saturating_sub(1))?;
        written(&folder)
    }

    /// The statements up to the last checkpoint.
    fn statements(&self) -> Result<Statements, LogError> {
        Statements::of(&self.folder, self.origin, self.tree.head())
    }
}

/// Makes the records of statements that others signed: all of them, or none.
fn records_of(
    log: &Statements,
    notes: &[Note],
    at: OffsetDateTime,
) -> Result<Vec<Record>, LogError> {
    let read = |note: &Note| {
        let erasure = Erasure::parse(note)?;
        log.require(&erasure, log.size(), at)?;
        Ok::<_, LogError>(erasure)
    };
    let statements = notes.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let record = |(note, wrong): (&Note, Vec<_>)| {
        let count = wrong.len();
        let record = Record::erasure(note.to_string(), wrong, at);
        match record.to_lines(MAX_TREE_SIZE) {
            Ok(_) => Ok(record),
            Err(_) => Err(ErasureError::TooLong { wrong: count }.into()),
        }
    };
    notes.iter().zip(wrong_in(log, &statements)?).map(record).collect()
}

/// Returns a line without any value.
fn nothing(index: u64, core: &RecordCore) -> String {
    let open = vec!["null"; core.fields.len()].join(",");
    format!("{{\"index\":{index},\"open\":[{open}]}}")
}

/// Writes the openings of a segment anew, without the values that are erased.
fn rewrite(folder: &Folder, start: u64, size: u64, erased: &ErasedFields) -> Result<(), LogError> {
    let path = folder.openings(start);
    let temporary = path.with_extension("new");
    let file = private().create(true).write(true).truncate(true).open(&temporary).at(&temporary)?;
    let mut out = std::io::BufWriter::new(file);
    let mut writer = OpeningsWriter::default();
    // Whole lines that lost values. Lines that repeat them keep their own.
    let mut changed: HashSet<u64> = HashSet::new();
    each_of_segment(folder, start, size, |index, core, read| {
        let is_in = erased.has_record(index);
        let mut put =
            |bytes: &[u8]| out.write_all(bytes).and_then(|()| out.write_all(b"\n")).at(&temporary);
        let ReadLine { line, openings, repeats } = read;
        match (core, openings) {
            (Some(core), Some(mut openings))
                if is_in || repeats.is_some_and(|base| changed.contains(&base)) =>
            {
                if is_in {
                    openings.erase(core, |kind| erased.has(index, kind));
                }
                if repeats.is_none() {
                    changed.insert(index);
                }
                let line = writer.write_again(core, &openings, repeats.is_some());
                match line.len() <= MAX_OPENINGS_BYTES {
                    true => put(line.as_bytes()),
                    // No writer made the line that was there.
                    false => put(nothing(index, core).as_bytes()),
                }
            }
            // A line that cannot be read has none of its values left where it is to be erased.
            (Some(core), None) if is_in => put(nothing(index, core).as_bytes()),
            (core, openings) => {
                if let (Some(core), Some(openings), None) = (core, openings, repeats) {
                    writer.leave(core, &openings);
                }
                put(&line)
            }
        }
    })?;
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error).at(&temporary)?;
    file.sync_all().at(&temporary)?;
    fs::rename(&temporary, &path).at(&path)?;
    folder.sync_segments()
}
