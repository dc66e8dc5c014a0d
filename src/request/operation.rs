//! Operations, and the patterns that cover them.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use thiserror::Error;

use crate::limits::{MAX_NAME_BYTES, MAX_SEGMENTS};
use crate::text::escape::{Backticked, Quoted};

/// An operation, as dotted segments: `crm.read`, `mail.send`, `tools/call`.
///
/// Segments are ASCII letters, digits and `_ - : /`, compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Operation(String);

impl Operation {
    /// Returns the operation as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Operation {
    type Err = OperationError;

    fn from_str(text: &str) -> Result<Self, OperationError> {
        check_operation(text)?;
        Ok(Self(text.to_owned()))
    }
}

impl Display for Operation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&Quoted(&self.0), f)
    }
}

fn check_operation(text: &str) -> Result<(), OperationError> {
    let refuse = |fault| Err(OperationError { found: text.to_owned(), fault });
    if text.is_empty() {
        return refuse(OperationFault::Empty);
    }
    if text.len() > MAX_NAME_BYTES {
        return refuse(OperationFault::TooLong { bytes: text.len() });
    }
    let segments = text.split('.').count();
    if segments > MAX_SEGMENTS {
        return refuse(OperationFault::TooManySegments { segments });
    }
    if text.split('.').any(str::is_empty) {
        return refuse(OperationFault::EmptySegment);
    }
    let is_fine = |b: u8| b.is_ascii_alphanumeric() || b"._-:/".contains(&b);
    if !text.bytes().all(is_fine) {
        return refuse(OperationFault::Character);
    }
    Ok(())
}

/// The operations that a capability covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OperationPattern {
    /// One operation: `crm.read`.
    Exact(Operation),
    /// Every operation below this one, but not the operation itself: `crm.*`.
    Below(Operation),
    /// Every operation: `*`.
    Any,
}

impl OperationPattern {
    /// Returns true if the pattern covers the operation.
    pub fn permits(&self, operation: &Operation) -> bool {
        match self {
            Self::Exact(own) => own == operation,
            Self::Below(own) => is_below(operation, own),
            Self::Any => true,
        }
    }

    /// Returns true if `parent` covers everything that this pattern covers.
    pub fn within(&self, parent: &Self) -> bool {
        match (self, parent) {
            (_, Self::Any) => true,
            (Self::Exact(own), parent) => parent.permits(own),
            (Self::Below(own), Self::Below(outer)) => own == outer || is_below(own, outer),
            (Self::Below(_) | Self::Any, _) => false,
        }
    }
}

impl FromStr for OperationPattern {
    type Err = OperationError;

    fn from_str(text: &str) -> Result<Self, OperationError> {
        match text.strip_suffix(".*") {
            _ if text == "*" => Ok(Self::Any),
            // An error is about the whole pattern, of which an empty stem is one segment.
            Some(stem) => stem.parse().map(Self::Below).map_err(|error: OperationError| {
                let fault = match error.fault {
                    OperationFault::Empty => OperationFault::EmptySegment,
                    fault => fault,
                };
                OperationError { found: text.to_owned(), fault }
            }),
            None => text.parse().map(Self::Exact),
        }
    }
}

impl OperationPattern {
    /// Returns the operation without the wildcard.
    pub(crate) fn stem(&self) -> &str {
        match self {
            Self::Exact(own) | Self::Below(own) => &own.0,
            Self::Any => "",
        }
    }

    /// Returns the text that parses to this pattern.
    pub fn as_written(&self) -> String {
        match self {
            Self::Exact(own) => own.0.clone(),
            Self::Below(own) => format!("{}.*", own.0),
            Self::Any => "*".to_owned(),
        }
    }
}

impl Display for OperationPattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if *self == Self::Any {
            return f.write_str("*");
        }
        Display::fmt(&Quoted(&self.as_written()), f)
    }
}

fn is_below(operation: &Operation, stem: &Operation) -> bool {
    operation.0.strip_prefix(&stem.0).is_some_and(|rest| rest.starts_with('.'))
}

/// The reason why a text is not an operation, or not a pattern of operations.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the operation {} {fault}; write dotted segments such as `crm.read`, and in a pattern `crm.*` or `*`",
    Backticked(found)
)]
#[non_exhaustive]
pub struct OperationError {
    /// The text.
    pub found: String,
    /// The rule that it breaks.
    pub fault: OperationFault,
}

/// A rule for operations that a text breaks. `Display` gives the end of a sentence whose subject is
/// the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OperationFault {
    /// The text is empty.
    Empty,
    /// The text has more than [`MAX_NAME_BYTES`].
    TooLong {
        /// The length in bytes.
        bytes: usize,
    },
    /// The text has more than [`MAX_SEGMENTS`].
    TooManySegments {
        /// The number of segments.
        segments: usize,
    },
    /// A segment is empty: a leading, trailing or doubled dot.
    EmptySegment,
    /// A character is not an ASCII letter, a digit or one of `. _ - : /`.
    Character,
}

impl Display for OperationFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::TooLong { bytes } => {
                return write!(f, "has {bytes} bytes, and at most {MAX_NAME_BYTES} are allowed");
            }
            Self::TooManySegments { segments } => {
                return write!(
                    f,
                    "has {segments} segments, and at most {MAX_SEGMENTS} are allowed"
                );
            }
            Self::EmptySegment => "has an empty segment (a leading, trailing or doubled dot)",
            Self::Character => "has a character other than ASCII letters, digits and `. _ - : /`",
        })
    }
}
