//! What is asked for, and the patterns that cover it: operations and resources.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use thiserror::Error;

use crate::inert::{Escaped, INVISIBLE, Inert, has_invisible, has_outer_blank};
use crate::limits::{MAX_NAME_BYTES, MAX_SEGMENTS, MAX_STRING_BYTES};

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
/// a leading or trailing slash), back-slashes, percent-escapes of `.`, `/` and `\`, wildcards, and
/// characters that cannot be seen.
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

pub(crate) const BAD_ESCAPE: &str = "has a percent-escape that is malformed or hides `.`, `/`, `\\`, `%`, `;` or what cannot be seen";

/// Why a relative path could be read in two ways.
pub(crate) fn check_path(text: &str) -> Result<(), &'static str> {
    if text.len() > MAX_STRING_BYTES {
        return Err("is longer than 4096 bytes");
    }
    if text.split('/').count() > MAX_SEGMENTS {
        return Err("has more than 64 segments");
    }
    if text.split('/').any(str::is_empty) {
        return Err("has an empty segment (a leading, trailing or doubled slash)");
    }
    if text.split('/').any(is_dot_segment) {
        return Err("has a `.` or `..` segment");
    }
    if text.contains('\\') {
        return Err("has a back-slash");
    }
    if has_folded(text) {
        return Err("has a character that Unicode folds to `/`, `\\` or `%`");
    }
    if text.contains('*') {
        return Err("has a wildcard `*` other than a whole last segment `*` or `**` of a pattern");
    }
    if has_invisible(text) {
        return Err(INVISIBLE);
    }
    if has_path_escape(text) {
        return Err(BAD_ESCAPE);
    }
    Ok(())
}

/// Whether a character has a `/`, `\` or `%` in it after compatibility normalisation (UAX #15, NFKC;
/// `℀` becomes `a/c`): a service which normalises would see segments that the verifier does not.
pub(crate) fn has_folded(text: &str) -> bool {
    const FOLDED: [char; 9] = [
        '\u{ff0f}', '\u{2100}', '\u{2101}', '\u{2105}', '\u{2106}', '\u{ff3c}', '\u{fe68}',
        '\u{ff05}', '\u{fe6a}',
    ];
    !text.is_ascii() && text.contains(FOLDED)
}

/// Whether some reader would take this for `.`, `..` or nothing: by itself, before a `;`, `?` or `#`,
/// with blanks beside it, or in other characters that Unicode folds to one of these. Escapes are for
/// [`has_path_escape`] to read.
pub(crate) fn is_dot_segment(segment: &str) -> bool {
    let stem = segment.split(ENDS_A_STEM).next().unwrap_or_default();
    if stem.is_empty() {
        return !segment.is_empty();
    }
    let mut dots = 0_u32;
    for c in stem.chars() {
        match c {
            '.' | '\u{ff0e}' | '\u{2024}' | '\u{fe52}' => dots = dots.saturating_add(1),
            '\u{2025}' | '\u{fe30}' => dots = dots.saturating_add(2),
            ' ' => {}
            _ => return false,
        }
    }
    (1..=2).contains(&dots)
}

/// Servlet containers cut `;…` off a segment before they resolve it, others `?…` and `#…`. The others
/// become one of these by compatibility normalisation.
const ENDS_A_STEM: [char; 14] = [
    ';', '?', '#', '\u{37e}', '\u{fe14}', '\u{fe54}', '\u{ff1b}', '\u{2047}', '\u{2048}',
    '\u{fe16}', '\u{fe56}', '\u{ff1f}', '\u{fe5f}', '\u{ff03}',
];

/// Whether a percent-escape is malformed, no UTF-8, or stands for what would be refused by itself:
/// a full stop that makes a dot segment, a slash, a back-slash, a percent sign (which hides another
/// escape), a semicolon, or a character that cannot be seen or folds to one of these.
pub(crate) fn has_path_escape(text: &str) -> bool {
    // Most have none, and it is found fast.
    if !text.contains('%') {
        return false;
    }
    let Some(plain) = unescaped(text) else {
        return true;
    };
    has_folded(&plain) || has_invisible(&plain) || plain.split('/').any(is_dot_segment)
}

/// What the text says with its escapes read once; `None` where one may not be there.
fn unescaped(text: &str) -> Option<String> {
    let mut pieces = text.split('%');
    let mut plain = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2)?;
        let mut byte = [0];
        hex::decode_to_slice(digits, &mut byte).ok()?;
        if byte.iter().any(|b| b.is_ascii_control() || b"./\\%;".contains(b)) {
            return None;
        }
        plain.extend(byte);
        plain.extend(rest.bytes());
    }
    String::from_utf8(plain).ok()
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
