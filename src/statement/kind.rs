//! Kinds of statements.

/// A kind of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum StatementKind {
    /// A [`RevocationList`](crate::RevocationList).
    Revocations,
    /// A directory of agents.
    Agents,
    /// One key succeeds another.
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

/// The highest sequence: 2^63 − 1, which every language has.
pub(crate) const MAX_SEQUENCE: u64 = i64::MAX.unsigned_abs();
