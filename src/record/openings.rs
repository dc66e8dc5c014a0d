//! The openings of a record: its values with their salts.

use std::sync::Arc;

use serde_json::Value;

use crate::record::core::RecordCore;
use crate::record::error::RecordError;
use crate::record::field::{Commitment, FieldKind, Salt};
use crate::record::opening::{Given, Spelled, spell};

/// The openings of a record. Nothing commits to the line that has them: [`check`](Self::check)
/// compares each value with the core.
///
/// A log does not write a value again that an earlier record shows: read its lines with an
/// [`OpeningsReader`](crate::OpeningsReader).
#[derive(Debug, Clone, PartialEq)]
pub struct Openings {
    /// The index of the record.
    pub index: u64,
    pub(super) open: Vec<Option<(Salt, Arc<Given>)>>,
}

/// A field of a record, as far as its opening shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FieldState<'a> {
    /// The value is the one to which the core commits.
    Shown(&'a Value),
    /// There is no value. It is missing, unless a signed statement erased it.
    Gone,
    /// There is a value, and it is not the one to which the core commits.
    Wrong,
}

impl Openings {
    /// Reads a line of openings that has all of its values, without its line feed.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if it is not, byte for byte, what [`to_line`](Self::to_line) writes.
    pub fn parse(line: &[u8]) -> Result<Self, RecordError> {
        let Spelled { base, index, open } = Spelled::parse(line)?;
        if let Some(base) = base {
            return Err(RecordError::Repeats { index, base });
        }
        let whole = |opening| match opening {
            Some((salt, Some(given))) => Ok(Some((salt, given))),
            Some((_, None)) => Err(RecordError::Spelling),
            None => Ok(None),
        };
        Ok(Self { index, open: open.into_iter().map(whole).collect::<Result<_, _>>()? })
    }

    /// Returns true if the line has one opening for each field of the core, and states its index. If
    /// not, no value of it is shown.
    pub fn belongs_to(&self, core: &RecordCore) -> bool {
        self.index == core.index && self.open.len() == core.fields.len()
    }

    /// Returns the state of each field of the core, in the order of the core.
    pub fn check<'a>(
        &'a self,
        core: &'a RecordCore,
    ) -> impl Iterator<Item = (FieldKind, FieldState<'a>)> {
        let belongs = self.belongs_to(core);
        core.fields.iter().enumerate().map(move |(place, (kind, commitment))| {
            let state = match self.open.get(place) {
                _ if !belongs => FieldState::Wrong,
                None | Some(None) => FieldState::Gone,
                Some(Some((salt, given)))
                    if Commitment::to(*kind, salt, &given.text) == *commitment =>
                {
                    FieldState::Shown(&given.value)
                }
                Some(Some(_)) => FieldState::Wrong,
            };
            (*kind, state)
        })
    }

    /// Erases the values of these kinds. Returns the number of values that were there.
    pub fn erase(&mut self, core: &RecordCore, erased: impl Fn(FieldKind) -> bool) -> usize {
        let mut count: usize = 0;
        for ((kind, _), opening) in core.fields.iter().zip(&mut self.open) {
            if erased(*kind) && opening.take().is_some() {
                count = count.saturating_add(1);
            }
        }
        count
    }

    /// Returns the line with all of its values, without a line feed.
    pub fn to_line(&self) -> String {
        let whole = |(salt, text)| (salt, Some(text));
        spell(self.index, None, self.texts().into_iter().map(|own| own.map(whole)))
    }

    /// Returns the salt and the text of each value.
    pub(super) fn texts(&self) -> Vec<Option<(Salt, Arc<str>)>> {
        let text = |(salt, given): &(Salt, Arc<Given>)| (*salt, Arc::clone(&given.text));
        self.open.iter().map(|opening| opening.as_ref().map(text)).collect()
    }
}
