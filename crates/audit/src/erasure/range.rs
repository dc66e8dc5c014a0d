//! The parts of a statement: the reason, and the records whose values are erased.

use std::fmt::{self, Display, Formatter, Write as _};
use std::str::FromStr;

use deputize::FieldKind;

use crate::erasure::error::ErasureError;

/// The reason of an erasure: a closed list, since it stays for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErasureReason {
    /// Somebody whom the values are about asked for it.
    Request,
    /// The values were kept for as long as the operator keeps them.
    Retention,
    /// A law or a court asked for it.
    Law,
    /// The values should not have been recorded.
    Mistake,
}

impl ErasureReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Request, Self::Retention, Self::Law, Self::Mistake];

    /// Returns the stable text, as in a statement.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Retention => "retention",
            Self::Law => "law",
            Self::Mistake => "mistake",
        }
    }
}

impl FromStr for ErasureReason {
    type Err = ErasureError;

    fn from_str(text: &str) -> Result<Self, ErasureError> {
        let found = Self::ALL.into_iter().find(|why| why.as_str() == text);
        found.ok_or_else(|| ErasureError::Reason { found: text.to_owned() })
    }
}

/// Records whose values are erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasedRange {
    /// The index of the first record.
    pub first: u64,
    /// The index of the last record.
    pub last: u64,
    /// The kinds of the values, in their order; `None` for all.
    pub kinds: Option<Vec<FieldKind>>,
}

impl ErasedRange {
    /// Returns true if the values of this kind of this record are erased.
    pub fn has(&self, index: u64, kind: FieldKind) -> bool {
        let is_kind = self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind));
        (self.first..=self.last).contains(&index) && is_kind
    }
}

/// Writes the line of a statement.
impl Display for ErasedRange {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { first, last, kinds } = self;
        write!(f, "erase {first} {last} ")?;
        let Some(kinds) = kinds else { return f.write_char('*') };
        for (place, kind) in kinds.iter().enumerate() {
            write!(f, "{}{kind}", if place == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}
