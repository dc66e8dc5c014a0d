//! The values after an operator.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::error::GrammarError;
use super::fault::GrammarFault;
use super::scanner::{Piece, Scanner};
use crate::constraint::{ConstraintError, ConstraintKind};
use crate::limits::MAX_INTEGER;
use crate::request::value::Value;
use crate::text::json::{Bare, read_bare};

impl Scanner<'_> {
    /// Reads a text: all characters up to a blank, or a JSON string.
    pub(super) fn string(&mut self, may_be_empty: bool) -> Result<Piece, GrammarError> {
        if self.is_at_blank() {
            return Err(self.error(self.at, GrammarFault::NoValue { may_be_empty }));
        }
        self.piece(false)
    }

    /// Reads a number without quotes, as text.
    pub(super) fn numeral(&mut self) -> Result<Piece, GrammarError> {
        let piece = self.string(false)?;
        if piece.is_quoted {
            return Err(self.error(piece.at, GrammarFault::QuotedNumber));
        }
        Ok(piece)
    }

    pub(super) fn integer(&mut self) -> Result<i64, GrammarError> {
        let Piece { at, text, .. } = self.numeral()?;
        integer(&text).ok_or_else(|| self.error(at, GrammarFault::NotAnInteger { found: text }))
    }

    /// Reads a value: JSON if it parses as JSON, else a string.
    pub(super) fn value(&mut self) -> Result<Value, GrammarError> {
        let at = self.at;
        // The only values with double quotes inside. They hold no blanks, as the piece after one
        // must not pass for a name.
        if self.peek().is_some_and(|c| "[{".contains(c)) {
            let text = self.take_while(|c| !c.is_whitespace());
            return self.json(at, &text)?.ok_or_else(|| self.error(at, GrammarFault::NotJson));
        }
        let piece = self.string(true)?;
        self.scalar(piece)
    }

    /// Reads distinct values with commas between them. Each is JSON if it parses as JSON, else a
    /// string.
    pub(super) fn values(&mut self, kind: ConstraintKind) -> Result<BTreeSet<Value>, GrammarError> {
        let mut values = BTreeSet::new();
        loop {
            let at = self.at;
            if self.is_at_blank() || self.peek() == Some(',') {
                return Err(self.error(at, GrammarFault::NoListedValue));
            }
            if self.peek().is_some_and(|c| "[{".contains(c)) {
                return Err(self.error(at, GrammarFault::JsonList));
            }
            let piece = self.piece(true)?;
            let value = self.scalar(piece)?;
            if values.contains(&value) {
                let (kind, found) = (kind.as_str(), Json::from(&value).to_string());
                return Err(self.error(at, ConstraintError::Repeated { kind, found }));
            }
            values.insert(value);
            if !self.skip(',') {
                return Ok(values);
            }
        }
    }

    fn scalar(&self, Piece { at, text, is_quoted }: Piece) -> Result<Value, GrammarError> {
        if is_quoted {
            return Ok(text.into());
        }
        if let Some(kind) = leading_kind(&text) {
            return Err(self.error(at, GrammarFault::KindAfterEquals { kind }));
        }
        if looks_like_range(&text) {
            return Err(self.error(at, GrammarFault::RangeAsValue { found: text }));
        }
        Ok(self.json(at, &text)?.unwrap_or(Value::String(text)))
    }

    /// Returns the value if the text is JSON as [`read_bare`] says. An argument of a call is read
    /// by the same rule.
    fn json(&self, at: usize, text: &str) -> Result<Option<Value>, GrammarError> {
        let found = text.to_owned();
        match read_bare(text) {
            Bare::Text { number: None } => Ok(None),
            Bare::Text { number: Some(number) } if number.parse::<i64>().is_ok() => {
                Err(self.error(at, GrammarFault::NumberInAnotherSpelling { found, number }))
            }
            // A float in any spelling, and any other value that no limit can compare.
            Bare::Text { .. } | Bare::Json => serde_json::from_str(text)
                .map(Some)
                .map_err(|_| self.error(at, GrammarFault::NotComparable { found })),
        }
    }
}

/// Reads an integer: digits with an optional sign. `5.0` is not one.
pub(super) fn integer(text: &str) -> Option<i64> {
    let number: i64 = text.parse().ok()?;
    (number.unsigned_abs() <= MAX_INTEGER.unsigned_abs()).then_some(number)
}

/// Returns the kind of limit with which the text begins, as in `subpath:/srv` or `one_of(a,b)`.
///
/// Other grammars write limits in this way. As a string, such a text would be a limit that its
/// author did not mean.
pub(super) fn leading_kind(text: &str) -> Option<ConstraintKind> {
    let (word, _) = text.split_once([':', '('])?;
    word.parse().ok()
}

/// Returns true if the text begins with a number and two dots, or is two dots and a number: a range
/// or a slip in one. Editors write `…` for dots.
pub(super) fn looks_like_range(text: &str) -> bool {
    match text.split_once("..").or_else(|| text.split_once(['…', '‥'])) {
        Some(("", end)) => is_numeral(end.strip_prefix('=').unwrap_or(end)),
        Some((start, _)) => is_numeral(start),
        None => false,
    }
}

/// Returns true for digits with a sign, and with points or separators between them.
fn is_numeral(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    unsigned.starts_with(|c: char| c.is_ascii_digit())
        && unsigned.bytes().all(|b| b.is_ascii_digit() || b"._'".contains(&b))
}
