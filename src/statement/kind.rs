//! Kinds of statements.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use crate::limits::MAX_SHOWN_VALUE;
use crate::statement::error::StatementError;
use crate::text::escape::truncated;

/// A kind of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StatementKind {
    /// A [`RevocationList`](crate::RevocationList).
    Revocations,
    /// A directory of agents ([`Directory`](crate::Directory)).
    Agents,
    /// A statement that one key succeeds another ([`Successor`](crate::Successor)).
    Successor,
}

impl StatementKind {
    /// Returns the word in the first line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revocations => "revocations",
            Self::Agents => "agents",
            Self::Successor => "successor",
        }
    }
}

/// Writes the word.
impl Display for StatementKind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for StatementKind {
    type Err = StatementError;

    /// Reads the word.
    fn from_str(text: &str) -> Result<Self, StatementError> {
        let kinds = [Self::Revocations, Self::Agents, Self::Successor];
        let found = kinds.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| StatementError::NotAKind { text: truncated(text, MAX_SHOWN_VALUE) })
    }
}

/// The highest sequence: 2^63 − 1, which is an integer in every language.
pub(crate) const MAX_SEQUENCE: u64 = i64::MAX.unsigned_abs();
