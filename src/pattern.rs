//! What is asked for, and the patterns that cover it: operations and resources.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use thiserror::Error;

use crate::inert::{Escaped, Inert, has_outer_blank};
use crate::limits::{MAX_NAME_BYTES, MAX_SEGMENTS};
use crate::spelling::{check_path, unescaped};

/// What is done, as dotted segments: `crm.read`, `mail.send`, `tools/call`.
///
/// Segments are ASCII letters, digits and `_ - : /`, compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Operation(String);

impl Operation {
    /// The operation as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Operation {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        check_operation(text)?;
        Ok(Self(text.to_owned()))
    }
}

impl Display for Operation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&Inert(&self.0), f)
    }
}

fn check_operation(text: &str) -> Result<(), PatternError> {
    let refuse = |why| Err(PatternError::Operation { found: text.to_owned(), why });
    if text.len() > MAX_NAME_BYTES {
        return refuse("is longer than 256 bytes");
    }
    if text.split('.').count() > MAX_SEGMENTS {
        return refuse("has more than 64 segments");
    }
    if text.split('.').any(str::is_empty) {
        return refuse("has an empty segment");
    }
    let is_fine = |b: u8| b.is_ascii_alphanumeric() || b"._-:/".contains(&b);
    if !text.bytes().all(is_fine) {
        return refuse("has a character other than ASCII letters, digits and `. _ - : /`");
    }
    Ok(())
}

/// Which operations a capability covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OperationPattern {
    /// This one: `crm.read`.
    Exact(Operation),
    /// Everything below, not the operation itself: `crm.*`.
    Below(Operation),
    /// Every operation: `*`.
    Any,
}

impl OperationPattern {
    /// Whether the operation is covered.
    pub fn permits(&self, operation: &Operation) -> bool {
        match self {
            Self::Exact(own) => own == operation,
            Self::Below(own) => is_below(&operation.0, &own.0, '.'),
            Self::Any => true,
        }
    }

    /// Whether everything that this pattern covers is covered by `parent`.
    pub fn within(&self, parent: &Self) -> bool {
        match (self, parent) {
            (_, Self::Any) => true,
            (Self::Exact(own), parent) => parent.permits(own),
            (Self::Below(own), Self::Below(outer)) => {
                own == outer || is_below(&own.0, &outer.0, '.')
            }
            (Self::Below(_) | Self::Any, _) => false,
        }
    }
}

impl FromStr for OperationPattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        match text.strip_suffix(".*") {
            _ if text == "*" => Ok(Self::Any),
            Some(stem) => stem.parse().map(Self::Below),
            None => text.parse().map(Self::Exact),
        }
    }
}

impl OperationPattern {
    /// The text that parses to this pattern.
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
        Display::fmt(&Inert(&self.as_written()), f)
    }
}

/// What it is done to, as segments between slashes: `accounts/emea/42`.
///
/// What could be read in two ways is refused, never repaired: empty, `.` and `..` segments (so also
/// a leading or trailing slash), back-slashes, a segment that begins as a drive does (`c:`),
/// characters that Unicode or a code page turns into one of these or `%`, percent-escapes that hide
/// one, wildcards, and characters that cannot be seen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource(String);

impl Resource {
    /// The resource as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its segments.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }
}

impl FromStr for Resource {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        check_path(text).map_err(|why| PatternError::Resource { found: text.to_owned(), why })?;
        Ok(Self(text.to_owned()))
    }
}

impl Display for Resource {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&Inert(&self.0), f)
    }
}

/// Which resources a capability covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ResourcePattern {
    /// This one: `accounts/emea/42`.
    Exact(Resource),
    /// Exactly one segment below: `accounts/*`.
    Child(Resource),
    /// Everything below, not the resource itself: `accounts/**`.
    Below(Resource),
    /// Every resource: `**`.
    Any,
}

impl ResourcePattern {
    /// Whether the resource is covered.
    pub fn permits(&self, resource: &Resource) -> bool {
        match self {
            Self::Exact(own) => own == resource,
            Self::Child(own) => {
                is_below(&resource.0, &own.0, '/')
                    && resource.segments().count() == own.segments().count().saturating_add(1)
            }
            Self::Below(own) => is_below(&resource.0, &own.0, '/'),
            Self::Any => true,
        }
    }

    /// Whether everything that this pattern covers is covered by `parent`.
    pub fn within(&self, parent: &Self) -> bool {
        match (self, parent) {
            (_, Self::Any) => true,
            (Self::Exact(own), parent) => parent.permits(own),
            (Self::Child(own), Self::Child(outer)) => own == outer,
            (Self::Child(own) | Self::Below(own), Self::Below(outer)) => {
                own == outer || is_below(&own.0, &outer.0, '/')
            }
            (Self::Child(_) | Self::Below(_) | Self::Any, _) => false,
        }
    }
}

impl FromStr for ResourcePattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let pattern = if text == "**" {
            Self::Any
        } else if let Some(stem) = text.strip_suffix("/**") {
            Self::Below(stem.parse()?)
        } else if let Some(stem) = text.strip_suffix("/*") {
            Self::Child(stem.parse()?)
        } else {
            Self::Exact(text.parse()?)
        };
        pattern.check()?;
        Ok(pattern)
    }
}

impl ResourcePattern {
    /// What a grant asks of a resource beyond what a request does: no segment that looks like
    /// another one but for blanks around it. In a request such a segment is somebody's data.
    pub(crate) fn check(&self) -> Result<(), PatternError> {
        let (Self::Exact(own) | Self::Child(own) | Self::Below(own)) = self else {
            return Ok(());
        };
        let plain = own.0.contains('%').then(|| unescaped(&own.0)).flatten();
        let plain = plain.as_deref().unwrap_or(&own.0);
        if plain.split('/').any(has_outer_blank) {
            let why = "has a segment that begins or ends with a blank";
            return Err(PatternError::Resource { found: self.as_written(), why });
        }
        Ok(())
    }

    /// The text that parses to this pattern.
    pub fn as_written(&self) -> String {
        match self {
            Self::Exact(own) => own.0.clone(),
            Self::Child(own) => format!("{}/*", own.0),
            Self::Below(own) => format!("{}/**", own.0),
            Self::Any => "**".to_owned(),
        }
    }
}

impl Display for ResourcePattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if *self == Self::Any {
            return f.write_str("**");
        }
        Display::fmt(&Inert(&self.as_written()), f)
    }
}

fn is_below(text: &str, stem: &str, separator: char) -> bool {
    text.strip_prefix(stem).is_some_and(|rest| rest.starts_with(separator))
}

/// Why a text is no operation, resource or pattern.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PatternError {
    /// Not an operation.
    #[error(
        "the operation `{}` {why}; write dotted segments such as `crm.read`, and in a pattern `crm.*` or `*`",
        Escaped(found)
    )]
    Operation {
        /// What was given.
        found: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Not a resource.
    #[error(
        "the resource `{}` {why}; write segments such as `accounts/emea/42`, and in a pattern `accounts/*`, `accounts/**` or `**`",
        Escaped(found)
    )]
    Resource {
        /// What was given.
        found: String,
        /// What is wrong with it.
        why: &'static str,
    },
}
