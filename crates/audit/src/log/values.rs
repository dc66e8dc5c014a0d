//! The records of a segment with their values.

use std::collections::BTreeSet;

use deputize::limits::{MAX_CORE_BYTES, MAX_OPENINGS_BYTES};
use deputize::{Openings, OpeningsLine, RecordCore};

use crate::erasure::ErasedRange;
use crate::expander::Expander;
use crate::limits::SEGMENT_RECORDS;
use crate::log::error::{LogError, damaged};
use crate::log::folder::Folder;
use crate::log::segment::{Line, Lines};

/// Returns the first records of the segments in which the ranges are, ascending.
pub(super) fn segments_of(ranges: &[ErasedRange]) -> BTreeSet<u64> {
    let number = |index: u64| index.checked_div(SEGMENT_RECORDS).unwrap_or_default();
    let numbers = ranges.iter().flat_map(|own| number(own.first)..=number(own.last));
    numbers.map(|number| number.saturating_mul(SEGMENT_RECORDS)).collect()
}

/// Returns the ranges that have records of the segment with this first one.
pub(super) fn of_segment(ranges: &[ErasedRange], start: u64) -> impl Iterator<Item = &ErasedRange> {
    let end = start.saturating_add(SEGMENT_RECORDS);
    ranges.iter().filter(move |own| own.first < end && own.last >= start)
}

/// A line of openings, as it was read.
pub(super) struct ReadLine {
    pub(super) line: Vec<u8>,
    /// Its openings with all values; `None` if it cannot be read.
    pub(super) openings: Option<Openings>,
    /// The record whose values it repeats.
    pub(super) repeats: Option<u64>,
}

/// Reads the records of a segment with their openings. A core that cannot be read is `None`.
pub(super) fn each_of_segment(
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
