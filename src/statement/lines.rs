//! The lines of a statement's text.

use std::iter::Peekable;
use std::str::Split;

use crate::instant::{UnixTime, rfc3339};
use crate::key::PublicKey;
use crate::limits::MAX_SHOWN_VALUE;
use crate::statement::error::StatementError;
use crate::statement::kind::{MAX_SEQUENCE, StatementKind};
use crate::text::escape::truncated;

/// A cursor over the lines of a text.
///
/// It accepts several spellings of some values. Each reader of a statement writes the values again
/// and compares the texts ([`require_spelling`]).
pub(crate) struct Lines<'a> {
    rest: Peekable<Split<'a, char>>,
    /// The number of the line that was read last.
    number: usize,
}

impl<'a> Lines<'a> {
    /// Starts before the first line of the text of a note.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { rest: text.strip_suffix('\n').unwrap_or(text).split('\n').peekable(), number: 0 }
    }

    /// Reads the first line of a statement, and returns the issuer.
    pub(crate) fn first(&mut self, kind: StatementKind) -> Result<PublicKey, StatementError> {
        let line = self.take().unwrap_or_default();
        let own = line.strip_prefix("deputize ").and_then(|rest| rest.strip_prefix(kind.as_str()));
        own.and_then(|rest| rest.strip_prefix(" v1 ")).and_then(key).ok_or_else(|| {
            let found = truncated(line, MAX_SHOWN_VALUE);
            StatementError::WrongKind { expected: kind.as_str(), found }
        })
    }

    /// Reads the value of the next line, which must begin with `word`. `expected` is the form of
    /// the line, for the error.
    pub(crate) fn parse<T>(
        &mut self,
        word: &str,
        expected: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, StatementError> {
        self.optional(word, expected, read)?.ok_or_else(|| self.wrong_next(expected))
    }

    /// Reads the value of the next line if it begins with `word`.
    pub(crate) fn optional<T>(
        &mut self,
        word: &str,
        expected: &'static str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<Option<T>, StatementError> {
        let value =
            |line: &&'a str| line.strip_prefix(word).and_then(|rest| rest.strip_prefix(' '));
        let Some(value) = self.rest.peek().and_then(value) else { return Ok(None) };
        self.take();
        read(value).map(Some).ok_or_else(|| self.wrong(expected))
    }

    /// Returns the number of the line that was read last, from 1.
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// Returns an error about the line that was read last.
    pub(crate) fn wrong(&self, expected: &'static str) -> StatementError {
        StatementError::Line { line: self.number, expected }
    }

    fn wrong_next(&self, expected: &'static str) -> StatementError {
        StatementError::Line { line: self.number.saturating_add(1), expected }
    }

    /// Checks that no line is left. `expected` names the lines that could have followed.
    pub(crate) fn end(mut self, expected: &'static str) -> Result<(), StatementError> {
        match self.take() {
            None => Ok(()),
            Some(_) => Err(self.wrong(expected)),
        }
    }

    fn take(&mut self) -> Option<&'a str> {
        self.number = self.number.saturating_add(1);
        self.rest.next()
    }
}

/// Checks that `text` equals `written`, the text that a writer makes of the values read from it.
pub(crate) fn require_spelling(text: &str, written: &str) -> Result<(), StatementError> {
    if text == written {
        return Ok(());
    }
    let same = text.split('\n').zip(written.split('\n')).take_while(|(own, other)| own == other);
    Err(StatementError::Spelling { line: same.count().saturating_add(1) })
}

pub(crate) fn key(text: &str) -> Option<PublicKey> {
    text.parse().ok()
}

pub(crate) fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number| *number <= MAX_SEQUENCE)
}

pub(crate) fn time(text: &str) -> Option<UnixTime> {
    rfc3339(text).map(UnixTime::from)
}
