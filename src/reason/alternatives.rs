//! Alternatives, each of which would be permitted.

use std::fmt::Display;

use crate::limits::{MAX_SHOWN_ALTERNATIVES, MAX_SHOWN_FACT};
use crate::text::escape::truncated;

/// Alternatives as a reason lists them: the first few, and the number of the others.
#[derive(Debug, Clone, Default)]
pub(crate) struct Alternatives {
    pub(super) shown: Vec<String>,
    pub(super) more: usize,
}

impl Alternatives {
    pub(crate) fn new(all: impl IntoIterator<Item = impl Display>) -> Self {
        let mut list = Self::default();
        for own in all {
            match list.room() {
                0 => list.leave_out(1),
                _ => list.add(truncated(own, MAX_SHOWN_FACT)),
            }
        }
        list
    }

    /// Adds an alternative, for which there must be room. The text is short already.
    pub(crate) fn add(&mut self, own: String) {
        self.shown.push(own);
    }

    /// Returns the number of alternatives that can still be listed.
    pub(crate) fn room(&self) -> usize {
        MAX_SHOWN_ALTERNATIVES.saturating_sub(self.shown.len())
    }

    /// Counts alternatives that are not listed.
    pub(crate) fn leave_out(&mut self, count: usize) {
        self.more = self.more.saturating_add(count);
    }

    /// Returns the list with `word` between its items.
    pub(crate) fn joined(&self, word: &str) -> String {
        format!("{}{}", self.shown.join(word), self.and_more())
    }

    /// Returns the number of those that are not listed, if there are any, as the end of a list.
    pub(crate) fn and_more(&self) -> String {
        match self.more {
            0 => String::new(),
            more => format!(" and {more} more"),
        }
    }
}
