//! The parts that lines and sentences are made of, and the phrases that several of them share.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use crate::limits::{MAX_ARGUMENTS, MAX_SHOWN_ARGUMENTS, MAX_SHOWN_PAGE_VALUE, MAX_SHOWN_VALUE};
use crate::text::escape::Quoted;

/// A part of a line or a sentence. Each format of a report marks the parts in its own way, so that
/// nothing an agent chose reads as words of the report. A format matches over all of them: the
/// compiler then finds the formats that a new one concerns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Words of the report.
    Words(Cow<'static, str>),
    /// The name of a principal, as given.
    Name(&'a str),
    /// Any other text that somebody chose, as given.
    Chosen(&'a str),
    /// Text that is escaped already and holds something that somebody chose.
    Escaped(Cow<'a, str>),
    /// The same, struck through if the format can do so: the hop took it away.
    Removed(&'a str),
    /// The digits of a key or an id.
    Digits(Cow<'a, str>),
}

impl Piece<'_> {
    pub(super) fn words(words: impl Into<Cow<'static, str>>) -> Self {
        Self::Words(words.into())
    }
}

/// Writes the piece as escaped text.
impl Display for Piece<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Words(text) => f.write_str(text),
            Self::Name(text) | Self::Chosen(text) => Quoted(text).fmt(f),
            Self::Escaped(text) | Self::Digits(text) => f.write_str(text),
            Self::Removed(text) => f.write_str(text),
        }
    }
}

/// Returns the pieces as text.
pub(super) fn plain(pieces: &[Piece<'_>]) -> String {
    pieces.iter().map(ToString::to_string).collect()
}

/// The room that a format has for a hop and for each value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// A box of a picture: less about each hop.
    Box,
    /// Lines of text, which a person reads at once.
    Lines,
    /// A page, which scrolls.
    Page,
}

impl Room {
    /// Returns the maximum number of characters of a name or a value.
    pub(super) fn max_chars(self) -> usize {
        match self {
            Self::Box | Self::Lines => MAX_SHOWN_VALUE,
            Self::Page => MAX_SHOWN_PAGE_VALUE,
        }
    }

    /// Returns the maximum number of arguments of a call.
    pub(super) fn max_arguments(self) -> usize {
        match self {
            Self::Box | Self::Lines => MAX_SHOWN_ARGUMENTS,
            Self::Page => MAX_ARGUMENTS,
        }
    }
}

/// Marks a block that refused the call.
pub const REFUSED_HERE: &str = "✗ refused here";

/// Replaces the owner in a report without an authentic block, in two lines.
pub(super) const NOBODY: [&str; 2] =
    ["nobody: no block is readable", "and signed by the right key"];

/// Precedes every claim of a chain that is not trusted.
pub const UNVERIFIED: &str = "UNVERIFIED ";

pub(super) fn mark(is_trusted: bool) -> &'static str {
    if is_trusted { "" } else { UNVERIFIED }
}

/// Joins the items of a list on one line.
pub(super) fn join(items: &[String]) -> String {
    if items.is_empty() { "nothing".to_owned() } else { items.join("; ") }
}

/// The number of blocks that are not shown, and why.
pub(super) struct NotShown(pub(super) usize);

impl Display for NotShown {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let blocks = if self.0 == 1 { "block" } else { "blocks" };
        write!(f, "{} more {blocks}, not shown: unreadable, or not signed by the right key", self.0)
    }
}

/// The number of delegations that may follow.
pub(super) struct FurtherHops(pub(super) u32);

impl Display for FurtherHops {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("no further hops"),
            1 => f.write_str("1 further hop"),
            n => write!(f, "{n} further hops"),
        }
    }
}
