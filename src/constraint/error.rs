//! The reasons why a constraint is refused.

use std::fmt::Display;
use std::str::FromStr;

use thiserror::Error;

use super::correction::correction;
use super::fault::{CidrFault, GlobFault, ParameterType, UrlFault, UrlPart};
use super::kind::ConstraintKind;
use crate::limits::MAX_LIST;
use crate::text::escape::{Backticked, CommaSeparated};
use crate::text::path::PathFault;

/// The reason why a text or a JSON value is not a constraint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConstraintError {
    /// This version does not have the kind.
    #[error(
        "{} is not a constraint; the kinds are {}",
        Backticked(found),
        CommaSeparated(ConstraintKind::ALL.iter())
    )]
    UnknownKind {
        /// The kind.
        found: String,
    },
    /// The parameter has the wrong type or size.
    #[error("`{kind}` takes {expected}, not {}", Backticked(found))]
    Parameter {
        /// The constraint.
        kind: &'static str,
        /// The type that it takes.
        expected: ParameterType,
        /// The parameter.
        found: String,
    },
    /// The constraint cannot apply to the elements of a list.
    #[error("`each` takes one of {}, not {}; {remedy}", kinds_taken_by_each(), Backticked(found))]
    Element {
        /// The kind, or the parameter of `each` if it does not name one kind.
        found: String,
        /// The remedy.
        remedy: &'static str,
    },
    /// No value is listed, which would permit nothing or everything.
    #[error("`{kind}` lists no value; list at least one")]
    Empty {
        /// The constraint.
        kind: &'static str,
    },
    /// More than [`MAX_LIST`] values are listed.
    #[error("`{kind}` lists {found} values, and at most {MAX_LIST} are allowed")]
    TooMany {
        /// The constraint.
        kind: &'static str,
        /// The number of values.
        found: usize,
    },
    /// A value is listed twice.
    #[error("`{kind}` lists {} twice; list each value once", Backticked(found))]
    Repeated {
        /// The constraint.
        kind: &'static str,
        /// The value.
        found: String,
    },
    /// The text is not a pattern of paths.
    #[error(
        "the glob {} {fault}; write segments such as `reports/*.csv` or `reports/**`",
        Backticked(found)
    )]
    Glob {
        /// The text.
        found: String,
        /// The rule that it breaks.
        fault: GlobFault,
    },
    /// The text is not a directory.
    #[error(
        "the path {} {fault}; write a directory such as `/srv/data` or `data`",
        Backticked(found)
    )]
    Subpath {
        /// The text.
        found: String,
        /// The rule that it breaks.
        fault: PathFault,
    },
    /// The text is not this part of a URL pattern.
    #[error("the URL {part} {} {fault}", Backticked(found))]
    Url {
        /// The part.
        part: UrlPart,
        /// The text.
        found: String,
        /// The rule that it breaks.
        fault: UrlFault,
    },
    /// The text is not a network.
    #[error("the network {} {fault}; {}", Backticked(found), correction(found))]
    Cidr {
        /// The text.
        found: String,
        /// The rule that it breaks.
        fault: CidrFault,
    },
}

fn kinds_taken_by_each() -> impl Display {
    CommaSeparated(ConstraintKind::ALL.iter().filter(|kind| kind.refused_by_each().is_none()))
}

/// Reads the word for the kind in JSON.
impl FromStr for ConstraintKind {
    type Err = ConstraintError;

    fn from_str(word: &str) -> Result<Self, ConstraintError> {
        let found = Self::ALL.iter().find(|kind| kind.as_str() == word);
        found.copied().ok_or_else(|| ConstraintError::UnknownKind { found: word.to_owned() })
    }
}
