//! Erasing values: the statement first, then the values.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::Write as _;

use deputize::limits::{MAX_CORE_BYTES, MAX_OPENINGS_BYTES};
use deputize::{
    DecisionCore, FieldKind, FieldState, HopId, Note, Openings, OpeningsLine, OpeningsWriter,
    Record, RecordCore, RecordKind,
};
use time::OffsetDateTime;

use crate::erasure::{ErasedRange, Erasure, ErasureReason};
use crate::expander::Expander;
use crate::limits::SEGMENT_RECORDS;
use crate::log::error::{At, LogError, damaged};
use crate::log::folder::Folder;
use crate::log::order::Order;
use crate::log::platform::private;
use crate::log::segment::{Line, Lines, Segment};
use crate::log::statements::{Statements, for_each_core};
use crate::log::writer::Writer;

impl Writer {
    /// Makes the record of an erasure, which must be in the log before anything is erased. The statement
    /// is about records that a checkpoint covers.
    pub(super) fn prepare_erasure(
        &self,
        order: Order,
        at: OffsetDateTime,
    ) -> Result<Record, LogError> {
        let (note, erasure) = match order {
            Order::Own { ranges, why } => self.state(ranges, why, at)?,
            Order::Signed(note) => {
                let erasure = Erasure::parse(&note)?;
                self.statements()?.require(&erasure, self.tree.size(), at)?;
                (note, erasure)
            }
        };
        let wrong = self.wrong_values(&erasure.ranges)?;
        Ok(Record::erasure(note.to_string(), wrong, at))
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
            rewrite(&folder, start, size, &of_segment(&ranges, start))?;
        }
        // The file that is appended to may be another one now.
        self.segment = Segment::open(&folder, size.saturating_sub(1))?;
        written(&folder)
    }

    /// The statements up to the last checkpoint.
    fn statements(&self) -> Result<Statements<'_>, LogError> {
        Statements::of(&self.folder, self.origin, self.tree.head())
    }

    /// Makes the statement of the operator, with everything from which the values could be found.
    fn state(
        &self,
        mut ranges: Vec<ErasedRange>,
        why: ErasureReason,
        at: OffsetDateTime,
    ) -> Result<(Note, Erasure), LogError> {
        for range in &mut ranges {
            range.kinds = range.kinds.take().map(with_others);
        }
        ranges.extend(self.others(&ranges)?);
        ranges.sort_by_key(|range| range.first);
        let ranges = joined(ranges);
        let erasure = Erasure {
            key: *self.origin.key(),
            origin: self.origin,
            size: self.tree.size(),
            root: self.tree.root(),
            issued: at,
            why,
            authority: None,
            ranges,
        };
        Ok((erasure.sign(&self.signer)?, erasure))
    }

    /// Finds other records of the same presentations, and the outcomes of them all.
    fn others(&self, ranges: &[ErasedRange]) -> Result<Vec<ErasedRange>, LogError> {
        let size = self.tree.size();
        let mut presentations: HashSet<HopId> = HashSet::new();
        let mut calls: HashSet<u64> = HashSet::new();
        for range in ranges {
            for_each_core(
                &self.folder,
                range.first,
                range.last.saturating_add(1).min(size),
                |core| {
                    if let RecordKind::Decision(own) = &core.kind {
                        calls.insert(core.index);
                        presentations.extend(own.charged.as_ref().map(|own| own.presentation));
                    }
                },
            )?;
        }
        let is_in = |index: u64| ranges.iter().any(|own| (own.first..=own.last).contains(&index));
        let kinds = ranges.iter().try_fold(BTreeSet::new(), |mut all, range| {
            all.extend(range.kinds.as_ref()?.iter().copied());
            Some(all)
        });
        let kinds = kinds.map(|kinds| kinds.into_iter().collect::<Vec<_>>());
        // The same kinds where they can be, so that a call and its outcome are one range.
        let has_result = kinds.as_ref().is_none_or(|kinds| kinds.contains(&FieldKind::Result));
        let of_outcome = if has_result { kinds.clone() } else { Some(vec![FieldKind::Result]) };
        let mut others = Vec::new();
        for_each_core(&self.folder, 0, size, |core| {
            let found = match &core.kind {
                RecordKind::Outcome { of, .. } if calls.contains(of) => Some(of_outcome.clone()),
                RecordKind::Decision(DecisionCore { charged: Some(own), .. })
                    if presentations.contains(&own.presentation) =>
                {
                    calls.insert(core.index);
                    Some(kinds.clone())
                }
                _ => None,
            };
            if let Some(kinds) = found.filter(|_| !is_in(core.index)) {
                others.push(ErasedRange { first: core.index, last: core.index, kinds });
            }
        })?;
        Ok(others)
    }

    /// Finds the values that are to be erased and that are wrong already, or gone without a statement.
    fn wrong_values(&self, ranges: &[ErasedRange]) -> Result<Vec<(u64, usize)>, LogError> {
        let earlier = self.statements()?.ranges(0)?;
        let mut wrong = Vec::new();
        for start in segments_of(ranges) {
            let (ranges, earlier) = (of_segment(ranges, start), of_segment(&earlier, start));
            let has = |ranges: &[ErasedRange], index, kind| {
                ranges.iter().any(|own: &ErasedRange| own.has(index, kind))
            };
            each_of_segment(&self.folder, start, self.tree.size(), |index, core, line| {
                let Some(core) = core else { return Ok(()) };
                let is_wrong = |kind, state: FieldState<'_>| match state {
                    FieldState::Shown(_) => false,
                    FieldState::Wrong => true,
                    FieldState::Gone => !has(&earlier, index, kind),
                };
                let found: Vec<(FieldKind, bool)> = match &line.openings {
                    Some(own) => {
                        own.check(core).map(|(kind, state)| (kind, is_wrong(kind, state))).collect()
                    }
                    None => core.fields.iter().map(|(kind, _)| (*kind, true)).collect(),
                };
                for (place, (kind, is_wrong)) in found.into_iter().enumerate() {
                    if is_wrong && has(&ranges, index, kind) {
                        wrong.push((index, place));
                    }
                }
                Ok(())
            })?;
        }
        Ok(wrong)
    }
}

/// Adds the kinds from which those could be found, and the results of the calls.
fn with_others(kinds: Vec<FieldKind>) -> Vec<FieldKind> {
    let along = kinds.iter().flat_map(|kind| kind.takes_along()).copied();
    let mut all: BTreeSet<FieldKind> = along.collect();
    let is_of_call = |kind: &FieldKind| kind.takes_along().contains(&FieldKind::Presentation);
    if kinds.iter().any(is_of_call) {
        // The outcome can be in the same range, and its result an echo of the call.
        all.insert(FieldKind::Result);
    }
    all.extend(kinds);
    all.into_iter().collect()
}

/// Returns the first records of the segments in which the ranges are.
fn segments_of(ranges: &[ErasedRange]) -> BTreeSet<u64> {
    let number = |index: u64| index.checked_div(SEGMENT_RECORDS).unwrap_or_default();
    let numbers = ranges.iter().flat_map(|own| number(own.first)..=number(own.last));
    numbers.map(|number| number.saturating_mul(SEGMENT_RECORDS)).collect()
}

/// Returns the ranges that have records of the segment with this first one.
fn of_segment(ranges: &[ErasedRange], start: u64) -> Vec<ErasedRange> {
    let end = start.saturating_add(SEGMENT_RECORDS);
    ranges.iter().filter(|own| own.first < end && own.last >= start).cloned().collect()
}

/// Joins ranges of the same kinds that touch. They are ascending.
fn joined(ranges: Vec<ErasedRange>) -> Vec<ErasedRange> {
    let mut joined: Vec<ErasedRange> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(own)
                if own.last.checked_add(1) == Some(range.first) && own.kinds == range.kinds =>
            {
                own.last = range.last;
            }
            _ => joined.push(range),
        }
    }
    joined
}

/// A line of openings, as it was read.
struct ReadLine {
    line: Vec<u8>,
    /// Its openings with all values; `None` if it cannot be read.
    openings: Option<Openings>,
    /// The record whose values it repeats.
    repeats: Option<u64>,
}

/// Reads the records of a segment with their openings. A core that cannot be read is `None`.
fn each_of_segment(
    folder: &Folder,
    start: u64,
    size: u64,
    mut each: impl FnMut(u64, Option<&RecordCore>, ReadLine) -> Result<(), LogError>,
) -> Result<(), LogError> {
    let mut cores = Lines::open(folder.cores(start), MAX_CORE_BYTES)?;
    let mut openings = Lines::open(folder.openings(start), MAX_OPENINGS_BYTES)?;
    let mut expander = Expander::default();
    for index in start..start.saturating_add(SEGMENT_RECORDS).min(size) {
        let whole = |lines: &mut Lines| match lines.next()? {
            Line::Whole(line) => Ok(line),
            Line::Torn | Line::End => {
                Err(damaged(lines.path(), format!("it ends before record {index}")))
            }
        };
        let (core, line) = (whole(&mut cores)?, whole(&mut openings)?);
        let read = OpeningsLine::parse(&line).ok();
        let repeats = read.as_ref().and_then(OpeningsLine::repeats);
        let openings = read.map(|read| expander.read(index, read));
        each(index, RecordCore::parse(&core).ok().as_ref(), ReadLine { line, openings, repeats })?;
    }
    Ok(())
}

/// Returns a line without any value.
fn nothing(index: u64, core: &RecordCore) -> String {
    let open = vec!["null"; core.fields.len()].join(",");
    format!("{{\"index\":{index},\"open\":[{open}]}}")
}

/// Writes the openings of a segment anew, without the values that are erased.
fn rewrite(folder: &Folder, start: u64, size: u64, ranges: &[ErasedRange]) -> Result<(), LogError> {
    let path = folder.openings(start);
    let temporary = path.with_extension("new");
    let file = private().create(true).write(true).truncate(true).open(&temporary).at(&temporary)?;
    let mut out = std::io::BufWriter::new(file);
    let mut writer = OpeningsWriter::default();
    // Whole lines that lost values. Lines that repeat them keep their own.
    let mut changed: HashSet<u64> = HashSet::new();
    each_of_segment(folder, start, size, |index, core, read| {
        let is_in = ranges.iter().any(|own| (own.first..=own.last).contains(&index));
        let mut put =
            |bytes: &[u8]| out.write_all(bytes).and_then(|()| out.write_all(b"\n")).at(&temporary);
        let ReadLine { line, openings, repeats } = read;
        match (core, openings) {
            (Some(core), Some(mut openings))
                if is_in || repeats.is_some_and(|base| changed.contains(&base)) =>
            {
                if is_in {
                    openings.erase(core, |kind| ranges.iter().any(|own| own.has(index, kind)));
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
