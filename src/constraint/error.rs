//! Why a constraint is refused.

use std::fmt::Display;
use std::str::FromStr;

use thiserror::Error;

use super::kind::ConstraintKind;
use crate::limits::MAX_LIST;
use crate::text::escape::{CommaSeparated, Escaped};

/// Why a text or a JSON value is no constraint.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConstraintError {
    /// A kind that this version does not know.
    #[error(
        "there is no constraint `{}`; the kinds are {}",
        Escaped(found),
        CommaSeparated(ConstraintKind::ALL.iter())
    )]
    UnknownKind {
        /// The word that was given.
        found: String,
    },
    /// A parameter of the wrong type or size.
    #[error("`{kind}` takes {expected}, not `{}`", Escaped(found))]
    Parameter {
        /// The constraint.
        kind: &'static str,
        /// What it takes.
        expected: &'static str,
        /// What was given.
        found: String,
    },
    /// What cannot be asked of each element of a list.
    #[error("`each` takes one of {}, not `{}`; {remedy}", taken_by_each(), Escaped(found))]
    Element {
        /// The kind that was given, or what was given instead of one.
        found: String,
        /// What to write instead.
        remedy: &'static str,
    },
    /// An empty set, which would permit nothing, or everything.
    #[error("`{kind}` lists no value; list at least one")]
    Empty {
        /// The constraint.
        kind: &'static str,
    },
    /// More values than a list may hold.
    #[error("`{kind}` lists {found} values; at most {MAX_LIST} are allowed")]
    TooMany {
        /// The constraint.
        kind: &'static str,
        /// How many were given.
        found: usize,
    },
    /// A value that stands twice in a set.
    #[error("`{kind}` lists `{}` twice", Escaped(found))]
    Repeated {
        /// The constraint.
        kind: &'static str,
        /// The value.
        found: String,
    },
    /// Not a pattern of a path.
    #[error(
        "the glob `{}` {why}; write segments such as `reports/*.csv` or `reports/**`",
        Escaped(found)
    )]
    Glob {
        /// What was given.
        found: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Not a directory that others can lie below.
    #[error(
        "the path `{}` {why}; write `/srv/data` or `data` without a slash at its end",
        Escaped(found)
    )]
    Subpath {
        /// What was given.
        found: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Not a part of a URL.
    #[error("the URL {part} `{}` {why}", Escaped(found))]
    Url {
        /// Which part: scheme, host, port or path prefix.
        part: &'static str,
        /// What was given.
        found: String,
        /// What is wrong with it, and what to write instead.
        why: &'static str,
    },
    /// Not a network.
    #[error("the network `{}` {why}; write `10.0.0.0/8` or `2001:db8::/32`", Escaped(found))]
    Cidr {
        /// What was given.
        found: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

fn taken_by_each() -> impl Display {
    CommaSeparated(ConstraintKind::ALL.iter().filter(|kind| kind.refused_by_each().is_none()))
}

/// The kind that a word of JSON stands for.
impl FromStr for ConstraintKind {
    type Err = ConstraintError;

    fn from_str(word: &str) -> Result<Self, ConstraintError> {
        let found = Self::ALL.iter().find(|kind| kind.as_str() == word);
        found.copied().ok_or_else(|| ConstraintError::UnknownKind { found: word.to_owned() })
    }
}
