//! The records of a log, one after the other.

use deputize::limits::{MAX_CORE_BYTES, MAX_OPENINGS_BYTES};
use deputize::{FieldKind, FieldState, Openings, OpeningsLine, RecordCore, RecordError};
use serde_json::Value;

use crate::expander::Expander;
use crate::files::LogFiles;
use crate::log::LogError;
use crate::verify::segments::{SegmentLine, SegmentLines};

/// Reads the records of a log in their order, in bounded memory. It verifies no tree: that is the part of
/// [`LogVerifier`](crate::LogVerifier). Values are given only if the record commits to them.
///
/// # Security
///
/// No checkpoint covers the records behind the newest one, so anybody with access to the folder could have
/// written them. [`up_to`](Self::up_to) with the size of [`Verdict::head`](crate::Verdict::head) leaves
/// them out.
pub struct LogReader<'f, F: ?Sized> {
    cores: SegmentLines<'f, F>,
    openings: SegmentLines<'f, F>,
    expander: Expander,
    /// The index of the next record, by its place.
    next: u64,
    /// The index before which it ends, by place.
    end: u64,
}

/// A record with its values.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ReadRecord {
    /// The record.
    pub core: RecordCore,
    /// The values that are there and to which the record commits, with their kinds.
    pub values: Vec<(FieldKind, Value)>,
    /// The number of values that are gone or wrong.
    pub not_shown: usize,
    line: Vec<u8>,
    openings: Option<Openings>,
}

impl<'f, F: LogFiles + ?Sized> LogReader<'f, F> {
    /// Reads from the first record.
    pub fn new(files: &'f F) -> Self {
        let cores = SegmentLines::cores(files, MAX_CORE_BYTES);
        let openings = SegmentLines::openings(files, MAX_OPENINGS_BYTES);
        Self { cores, openings, expander: Expander::default(), next: 0, end: u64::MAX }
    }

    /// Ends before the record with the index `size`, by its place, as a checkpoint of that size does.
    #[must_use]
    pub fn up_to(self, size: u64) -> Self {
        Self { end: size, ..self }
    }

    /// Returns the next record, `None` after the last whole one or at the end that was set. Lines that are not records are left
    /// out.
    ///
    /// # Errors
    ///
    /// [`LogError`] if a file cannot be read.
    pub fn next_record(&mut self) -> Result<Option<ReadRecord>, LogError> {
        loop {
            let index = self.next;
            if index >= self.end {
                return Ok(None);
            }
            let SegmentLine::Whole(core) = self.cores.next()? else { return Ok(None) };
            self.next = index.saturating_add(1);
            let line = match self.openings.next()? {
                SegmentLine::Whole(line) => OpeningsLine::parse(&line).ok(),
                SegmentLine::Torn | SegmentLine::End => None,
            };
            let openings = line.map(|line| self.expander.read(index, line));
            if let Ok(record) = ReadRecord::of(core, openings) {
                return Ok(Some(record));
            }
        }
    }
}

impl<F: ?Sized> std::fmt::Debug for LogReader<'_, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogReader").finish_non_exhaustive()
    }
}

impl ReadRecord {
    /// Reads a core, and the values of its openings to which it commits.
    pub(crate) fn of(line: Vec<u8>, openings: Option<Openings>) -> Result<Self, RecordError> {
        let core = RecordCore::parse(&line)?;
        let mut values = Vec::new();
        if let Some(openings) = &openings {
            values.extend(openings.check(&core).filter_map(|(kind, state)| match state {
                FieldState::Shown(value) => Some((kind, value.clone())),
                FieldState::Gone | FieldState::Wrong => None,
            }));
        }
        let not_shown = core.fields.len().saturating_sub(values.len());
        Ok(Self { core, values, not_shown, line, openings })
    }

    /// A record whose values are elsewhere.
    pub(crate) fn without_openings(core: RecordCore, line: Vec<u8>) -> Self {
        let not_shown = core.fields.len();
        Self { core, values: Vec::new(), not_shown, line, openings: None }
    }

    /// Returns the line of the core without its line feed: the bytes of the leaf.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// Returns the openings, whole whatever other records they share values with; `None` if there are
    /// none that can be read. Nothing commits to those that are not among the values.
    pub fn openings(&self) -> Option<&Openings> {
        self.openings.as_ref()
    }

    /// Returns the value of this kind, the first of several.
    pub fn value(&self, kind: FieldKind) -> Option<&Value> {
        self.values.iter().find(|(own, _)| *own == kind).map(|(_, value)| value)
    }
}
