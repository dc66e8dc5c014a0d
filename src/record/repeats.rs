//! Lines of openings that repeat values of earlier ones.
//!
//! An agent makes many calls with one chain, and the records of them have the same owner, agents,
//! hops, chain and checks. A log has each of these values once in a while. Nothing commits to the
//! line, and a value that is read in this way is compared with its commitment like any other.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::limits::{MAX_OPENINGS_BYTES, MAX_REPEAT_DISTANCE, MAX_REPEATED_LINE};
use crate::record::core::RecordCore;
use crate::record::entry::Record;
use crate::record::error::RecordError;
use crate::record::field::{FieldKind, Salt};
use crate::record::opening::{Given, Spelled, Written, spell};
use crate::record::openings::Openings;

/// A line of openings as a log has it: it can repeat values of an earlier record. An
/// [`OpeningsReader`] adds them.
#[derive(Debug, Clone, PartialEq)]
pub struct OpeningsLine {
    index: u64,
    /// The record whose values are repeated.
    base: Option<u64>,
    open: Vec<Option<Written<Arc<Given>>>>,
    length: usize,
}

impl OpeningsLine {
    /// Reads a line of openings, without its line feed.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if it is not, byte for byte, what a writer writes.
    pub fn parse(line: &[u8]) -> Result<Self, RecordError> {
        let Spelled { base, index, open } = Spelled::parse(line)?;
        let repeats = open.iter().flatten().any(|(_, value)| value.is_none());
        let is_near = |base: u64| base < index && index.saturating_sub(base) <= MAX_REPEAT_DISTANCE;
        match repeats == base.is_some() && base.is_none_or(is_near) {
            true => Ok(Self { index, base, open, length: line.len() }),
            false => Err(RecordError::Spelling),
        }
    }

    /// Returns the index that the line states.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Returns the index of the record whose values the line repeats, if it repeats any.
    pub fn repeats(&self) -> Option<u64> {
        self.base
    }
}

/// Reads the lines of openings of a segment of a log in their order, and gives each the values that
/// it repeats. Its memory is bounded, whatever the lines are.
#[derive(Debug, Clone, Default)]
pub struct OpeningsReader {
    /// The lines that later ones may repeat, with the places of their records, ascending.
    kept: VecDeque<(u64, Vec<Option<Arc<Given>>>)>,
}

impl OpeningsReader {
    /// Returns the openings of the record with this index, whose line this is. A value is gone if the
    /// line repeats one that is not there.
    pub fn read(&mut self, index: u64, line: OpeningsLine) -> Openings {
        let OpeningsLine { index: stated, base, open, length } = line;
        while self.kept.front().is_some_and(|(own, _)| is_far(*own, index)) {
            self.kept.pop_front();
        }
        if base.is_none() && length <= MAX_REPEATED_LINE {
            let given = |opening: &Option<Written<Arc<Given>>>| {
                opening.as_ref().and_then(|(_, given)| given.as_ref().map(Arc::clone))
            };
            self.kept.push_back((index, open.iter().map(given).collect()));
        }
        let base = base.and_then(|base| {
            let place = self.kept.binary_search_by_key(&base, |(own, _)| *own).ok()?;
            self.kept.get(place).map(|(_, values)| values)
        });
        let repeated = |place: usize| base?.get(place)?.clone();
        let open = open.into_iter().enumerate().map(|(place, opening)| {
            let (salt, given) = opening?;
            Some((salt, given.or_else(|| repeated(place))?))
        });
        Openings { index: stated, open: open.collect() }
    }
}

/// Writes the lines of openings of a segment of a log in their order, and repeats what an earlier one
/// has. Its memory is bounded.
#[derive(Debug, Default)]
pub struct OpeningsWriter {
    /// The values of the last whole line with each chain, and with the checks at this place.
    bases: HashMap<Key, Base>,
    /// The keys of the bases in the order of their records.
    order: VecDeque<(u64, Key)>,
}

/// A chain, and the place of the checks.
type Key = (Arc<str>, Option<usize>);

/// The salt and the text of a value that was not erased.
type Opening = Option<(Salt, Arc<str>)>;

#[derive(Debug)]
struct Base {
    index: u64,
    values: Vec<Option<Arc<str>>>,
}

impl OpeningsWriter {
    /// Returns the line of the core and that of the openings, without line feeds, for a record that
    /// gets this index, the next one.
    ///
    /// # Errors
    ///
    /// As [`Record::to_lines`].
    pub fn write(&mut self, record: &Record, index: u64) -> Result<(String, String), RecordError> {
        let core = record.core_line(index)?;
        let open = record.openings();
        // The whole line: an erasure can make it necessary, and a reader gets it alone.
        let found = whole_length(index, &open);
        if found > MAX_OPENINGS_BYTES {
            return Err(RecordError::TooLong { found, most: MAX_OPENINGS_BYTES });
        }
        Ok((core, self.line(index, record.kinds(), &open)))
    }

    /// Returns the line of openings that were read and of which values were erased. `repeats` says
    /// whether it repeated values before: a whole line stays whole, since others repeat it.
    pub fn write_again(&mut self, core: &RecordCore, openings: &Openings, repeats: bool) -> String {
        if !repeats {
            self.leave(core, openings);
            return openings.to_line();
        }
        let kinds = core.fields.iter().map(|(kind, _)| *kind);
        self.line(openings.index, kinds, &openings.texts())
    }

    /// Remembers a whole line that is left as it is, so that later ones can repeat its values.
    pub fn leave(&mut self, core: &RecordCore, openings: &Openings) {
        let kinds = core.fields.iter().map(|(kind, _)| *kind);
        let open = openings.texts();
        if let Some(key) = key(kinds, &open)
            && whole_length(openings.index, &open) <= MAX_REPEATED_LINE
        {
            self.forget(openings.index);
            self.remember(key, openings.index, &open);
        }
    }

    fn line(
        &mut self,
        index: u64,
        kinds: impl Iterator<Item = FieldKind>,
        open: &[Opening],
    ) -> String {
        self.forget(index);
        let key = key(kinds, open);
        let base = key.as_ref().and_then(|key| self.bases.get(key));
        let is_repeated = |place: usize, text: &Arc<str>| {
            base.is_some_and(|base| base.values.get(place).and_then(Option::as_ref) == Some(text))
        };
        let written = open.iter().enumerate().map(|(place, opening)| {
            let (salt, text) = opening.as_ref()?;
            Some((*salt, (!is_repeated(place, text)).then(|| Arc::clone(text))))
        });
        let repeats = written.clone().flatten().any(|(_, value)| value.is_none());
        let line = spell(index, base.filter(|_| repeats).map(|base| base.index), written);
        if let Some(key) = key.filter(|_| base.is_none() && line.len() <= MAX_REPEATED_LINE) {
            self.remember(key, index, open);
        }
        line
    }

    /// Forgets the lines that the one with this index cannot repeat.
    fn forget(&mut self, index: u64) {
        while self.order.front().is_some_and(|(own, _)| is_far(*own, index)) {
            if let Some((own, key)) = self.order.pop_front()
                && self.bases.get(&key).is_some_and(|base| base.index == own)
            {
                self.bases.remove(&key);
            }
        }
    }

    fn remember(&mut self, key: Key, index: u64, open: &[Opening]) {
        let value = |opening: &Opening| opening.as_ref().map(|(_, text)| Arc::clone(text));
        self.order.push_back((index, key.clone()));
        self.bases.insert(key, Base { index, values: open.iter().map(value).collect() });
    }
}

/// Returns the chain of a record that shows it, and the place of its checks: the fields of records
/// that withhold a value have other places.
fn key(kinds: impl Iterator<Item = FieldKind>, open: &[Opening]) -> Option<Key> {
    let (mut chain, mut checks) = (None, None);
    for (place, (kind, opening)) in kinds.zip(open).enumerate() {
        match kind {
            FieldKind::Chain => chain = opening.as_ref().map(|(_, text)| Arc::clone(text)),
            FieldKind::Checks => checks = Some(place),
            _ => {}
        }
    }
    Some((chain?, checks))
}

/// Returns the length of the line with all values.
fn whole_length(index: u64, open: &[Opening]) -> usize {
    let frame = "{\"index\":,\"open\":[]}".len();
    let digits = usize::try_from(index.checked_ilog10().unwrap_or_default()).unwrap_or_default();
    // A salt in quotation marks, brackets, and the comma before the value.
    let opening = |own: &Opening| own.as_ref().map_or(4, |(_, text)| text.len().saturating_add(27));
    let lengths = open.iter().map(opening).fold(0, usize::saturating_add);
    let commas = open.len().saturating_sub(1);
    [digits, 1, commas, lengths].into_iter().fold(frame, usize::saturating_add)
}

/// Returns true if the record with this index cannot repeat a value of `earlier`.
fn is_far(earlier: u64, index: u64) -> bool {
    index.saturating_sub(earlier) > MAX_REPEAT_DISTANCE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_whole_line_is_known_before_it_is_written() {
        for index in [0, 9, 10, 99_999, 100_000] {
            for count in 0..4 {
                let text =
                    |place: usize| (place != 1).then(|| ([7; 16], "\"ü\"".repeat(place).into()));
                let open: Vec<Opening> = (0..count).map(text).collect();
                let whole = |(salt, text)| (salt, Some(text));
                let line = spell(index, None, open.iter().cloned().map(|own| own.map(whole)));
                assert_eq!(whole_length(index, &open), line.len(), "{line}");
            }
        }
    }
}
