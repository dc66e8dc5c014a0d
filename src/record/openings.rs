//! The openings of a record: its values with their salts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::limits::MAX_OPENINGS_BYTES;
use crate::record::core::RecordCore;
use crate::record::error::RecordError;
use crate::record::field::{Commitment, FieldKind, Salt, to_canonical};

/// The openings of a record, as a line of a log has them. Nothing commits to the line itself:
/// [`check`](Self::check) compares each value with the core.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Openings {
    /// The index of the record.
    pub index: u64,
    open: Vec<Option<(String, Value)>>,
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
    /// Reads a line of openings, without its line feed.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if it is not, byte for byte, what a writer writes.
    pub fn parse(line: &[u8]) -> Result<Self, RecordError> {
        if line.len() > MAX_OPENINGS_BYTES {
            return Err(RecordError::TooLong { found: line.len(), most: MAX_OPENINGS_BYTES });
        }
        let not_a_record = |e: serde_json::Error| RecordError::NotARecord { why: e.to_string() };
        let read: Self = serde_json::from_slice(line).map_err(not_a_record)?;
        // Two readers of another spelling, such as one that repeats a key, could see two values.
        match read.to_line()?.as_bytes() == line {
            true => Ok(read),
            false => Err(RecordError::Spelling),
        }
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
                Some(Some((salt, value))) if opens(*commitment, *kind, salt, value) => {
                    FieldState::Shown(value)
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

    /// Returns the line, without a line feed.
    ///
    /// # Errors
    ///
    /// No error is known to occur; the encoder's type allows one.
    pub fn to_line(&self) -> Result<String, RecordError> {
        to_canonical(self)
    }
}

fn opens(commitment: Commitment, kind: FieldKind, salt: &str, value: &Value) -> bool {
    let mut bytes: Salt = [0; 16];
    let is_salt = matches!(URL_SAFE_NO_PAD.decode_slice(salt, &mut bytes), Ok(16));
    let text = is_salt.then(|| to_canonical(value).ok()).flatten();
    text.is_some_and(|text| Commitment::to(kind, &bytes, &text) == commitment)
}
