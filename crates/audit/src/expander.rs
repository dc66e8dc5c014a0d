//! The openings of a log with all of their values, from lines that repeat earlier ones.

use deputize::{Openings, OpeningsLine, OpeningsReader};

use crate::limits::SEGMENT_RECORDS;

/// Gives the lines of openings, in their order, the values that they repeat. A line repeats values of
/// its own segment only.
#[derive(Debug, Clone, Default)]
pub(crate) struct Expander {
    segment: u64,
    reader: OpeningsReader,
}

impl Expander {
    /// Returns the openings of the record with this index, whose line this is.
    pub(crate) fn read(&mut self, index: u64, line: OpeningsLine) -> Openings {
        let segment = index.checked_div(SEGMENT_RECORDS).unwrap_or_default();
        if segment != self.segment {
            *self = Self { segment, ..Self::default() };
        }
        self.reader.read(index, line)
    }
}
