//! One lint: its code, its place, a sentence and a correction.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use super::code::LintCode;

/// A part of a grant that cannot be meant, or permits more than it seems to.
///
/// A lint is advice to the author. It refuses nothing, and no verifier looks at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GrantLint {
    /// The code.
    pub code: LintCode,
    /// The index of the capability, from 0, if the lint is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capability: Option<usize>,
    /// The argument, if the lint is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
    /// A sentence that states the problem, with text of the grant escaped.
    pub message: String,
    /// The text to write instead.
    pub instead: String,
}

impl GrantLint {
    pub(super) fn new(code: LintCode, message: impl Display, instead: impl Display) -> Self {
        let (message, instead) = (message.to_string(), instead.to_string());
        Self { code, capability: None, argument: None, message, instead }
    }

    pub(super) fn in_capability(self, index: usize) -> Self {
        Self { capability: Some(index), ..self }
    }

    pub(super) fn in_argument(self, name: &str) -> Self {
        Self { argument: Some(name.to_owned()), ..self }
    }
}

/// Writes the capability, the message, the correction, and the code.
impl Display for GrantLint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(index) = self.capability {
            write!(f, "capability {index}: ")?;
        }
        write!(f, "{}; {} [{}]", self.message, self.instead, self.code)
    }
}
