//! An erasure that does not fit in one record is divided among several: each with a statement about other
//! records, and with the values of these that were wrong before.

use deputize::limits::{MAX_CORE_BYTES, MAX_RECORD_FIELDS};
use deputize::{FieldKind, FieldState};

use crate::erasure::{ErasedFields, ErasedRange, Erasure, ErasureError};
use crate::limits::ERASURE_FRAME_BYTES;
use crate::log::error::LogError;
use crate::log::statements::Statements;
use crate::log::values::{ReadLine, each_of_segment, of_segment, segments_of};

/// The fields that a record of an erasure names as wrong: the index of the record, and the place.
pub(super) type WrongFields = Vec<(u64, usize)>;

/// Divides a statement, whose ranges are ascending and end before its size, among as many as it needs. Each
/// is given with its wrong fields when it is complete, so that not all of them are in memory.
///
/// One statement can be complete only with all the values that are wrong: otherwise a crash before the
/// next record would leave some of them erased and not named.
pub(super) fn divide(
    log: &Statements,
    mut whole: Erasure,
    each: impl FnMut(Erasure, WrongFields) -> Result<(), LogError>,
) -> Result<(), LogError> {
    whole.require_rules()?;
    let ranges = std::mem::take(&mut whole.ranges);
    let mut division = Division::new(whole, each)?;
    let mut left = ranges.iter().peekable();
    for_each_wrong(log, &ranges, |index, fields| {
        while let Some(range) = left.next_if(|own| own.first <= index) {
            division.add(range)?;
        }
        division.name(index, fields)
    })?;
    for range in left {
        division.add(range)?;
    }
    division.end()
}

/// Finds the fields that each of these statements has to name as wrong.
pub(super) fn wrong_in(
    log: &Statements,
    statements: &[Erasure],
) -> Result<Vec<WrongFields>, LogError> {
    let ranges: Vec<_> = statements.iter().flat_map(|own| own.ranges.iter().cloned()).collect();
    let own: Vec<_> = statements.iter().map(|own| ErasedFields::of(&own.ranges)).collect();
    let mut wrong = vec![WrongFields::new(); own.len()];
    for_each_wrong(log, &ranges, |index, fields| {
        for (own, wrong) in own.iter().zip(&mut wrong) {
            let named = fields.iter().filter(|(_, kind)| own.has(index, *kind));
            wrong.extend(named.map(|(place, _)| (index, *place)));
            if wrong.len() > MAX_CORE_BYTES {
                // More than any record can have: the rest need not be in memory.
                return Err(ErasureError::TooLong { wrong: wrong.len() }.into());
            }
        }
        Ok(())
    })?;
    Ok(wrong)
}

/// Finds the values in these ranges that are wrong already, or gone without a statement: the places and
/// kinds of the fields of each record that has one.
fn for_each_wrong(
    log: &Statements,
    ranges: &[ErasedRange],
    mut each: impl FnMut(u64, &[(usize, FieldKind)]) -> Result<(), LogError>,
) -> Result<(), LogError> {
    let earlier = ErasedFields::of(&log.ranges(0)?);
    for start in segments_of(ranges) {
        let named = ErasedFields::of(of_segment(ranges, start));
        each_of_segment(log.folder(), start, log.size(), |index, core, line| {
            let Some(core) = core.filter(|_| named.has_record(index)) else { return Ok(()) };
            let ReadLine { openings, .. } = line;
            let is_wrong = |kind, state: FieldState<'_>| match state {
                FieldState::Shown(_) => false,
                FieldState::Wrong => true,
                FieldState::Gone => !earlier.has(index, kind),
            };
            let found: Vec<(FieldKind, bool)> = match &openings {
                Some(own) => {
                    own.check(core).map(|(kind, state)| (kind, is_wrong(kind, state))).collect()
                }
                None => core.fields.iter().map(|(kind, _)| (*kind, true)).collect(),
            };
            let wrong = |(place, (kind, is_wrong)): (usize, (FieldKind, bool))| {
                (is_wrong && named.has(index, kind)).then_some((place, kind))
            };
            let wrong: Vec<_> = found.into_iter().enumerate().filter_map(wrong).collect();
            if wrong.is_empty() { Ok(()) } else { each(index, &wrong) }
        })?;
    }
    Ok(())
}

/// The statement that is being filled.
struct Division<F> {
    /// What all of them say, without ranges.
    frame: Erasure,
    each: F,
    ranges: Vec<ErasedRange>,
    wrong: WrongFields,
    /// The bytes that the frame leaves, and those that the ranges and the fields take of them.
    room: usize,
    used: usize,
    /// The digits of the greatest index.
    digits: usize,
}

impl<F: FnMut(Erasure, WrongFields) -> Result<(), LogError>> Division<F> {
    fn new(frame: Erasure, each: F) -> Result<Self, LogError> {
        let text = frame.to_string();
        // A line feed takes two bytes in JSON.
        let length = text.len().saturating_add(text.lines().count());
        let room = MAX_CORE_BYTES.saturating_sub(ERASURE_FRAME_BYTES).saturating_sub(length);
        let digits = frame.size.to_string().len();
        let (ranges, wrong) = (Vec::new(), Vec::new());
        let own = Self { frame, each, ranges, wrong, room, used: 0, digits };
        // One record of which everything is wrong has to fit.
        let kinds = Some(FieldKind::ALL.to_vec());
        let longest = own.length_of_line(&ErasedRange { first: 0, last: 0, kinds });
        let most = longest.saturating_add(own.length_of_fields(MAX_RECORD_FIELDS));
        match most <= room {
            true => Ok(own),
            false => Err(ErasureError::TooLong { wrong: 0 }.into()),
        }
    }

    /// The most that the line of a range takes, wherever it is cut.
    fn length_of_line(&self, range: &ErasedRange) -> usize {
        range.to_string().len().saturating_add(self.digits.saturating_mul(2)).saturating_add(2)
    }

    /// The most that fields of one record take: `[INDEX,PLACE],` each.
    fn length_of_fields(&self, count: usize) -> usize {
        self.digits.saturating_add("[,63],".len()).saturating_mul(count)
    }

    /// Adds a range behind those that are there.
    fn add(&mut self, range: &ErasedRange) -> Result<(), LogError> {
        let length = self.length_of_line(range);
        if self.used.saturating_add(length) > self.room {
            self.end()?;
        }
        self.used = self.used.saturating_add(length);
        self.ranges.push(range.clone());
        Ok(())
    }

    /// Names fields of a record of the last range. If they do not fit, the range is cut in front of it.
    fn name(&mut self, index: u64, fields: &[(usize, FieldKind)]) -> Result<(), LogError> {
        let length = self.length_of_fields(fields.len());
        if self.used.saturating_add(length) > self.room
            && let Some(range) = self.ranges.pop()
        {
            if range.first < index {
                let last = index.saturating_sub(1);
                self.ranges.push(ErasedRange { last, ..range.clone() });
            }
            self.end()?;
            self.add(&ErasedRange { first: index, ..range })?;
        }
        self.used = self.used.saturating_add(length);
        self.wrong.extend(fields.iter().map(|(place, _)| (index, *place)));
        Ok(())
    }

    /// Completes the statement, if it says anything.
    fn end(&mut self) -> Result<(), LogError> {
        self.used = 0;
        let (ranges, wrong) = (std::mem::take(&mut self.ranges), std::mem::take(&mut self.wrong));
        if ranges.is_empty() {
            return Ok(());
        }
        (self.each)(Erasure { ranges, ..self.frame.clone() }, wrong)
    }
}
