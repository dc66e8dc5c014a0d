//! `subpath`: paths at or below a directory.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use super::error::ConstraintError;
use super::glob::{ANY_SEGMENTS, Glob, pattern_fits};
use super::path::{Path, Start};
use super::work::Budget;
use crate::text::path::PathFault;

/// A directory, absolute (`/srv/data`) or relative (`data`), and everything below it.
///
/// # Security
///
/// Paths are compared as text, segment by segment. A path that could be read in two ways is denied,
/// never normalised: one with an empty, `.` or `..` segment, a segment that begins like a drive
/// (`c:`) or that Windows takes for a device (`NUL`), a backslash, a percent-escape that is malformed or hides one of these, `%` or `;`, an
/// invisible character, or one that Unicode or a code page turns into one of these.
///
/// Links are not followed: the service that opens the file must make sure that no link leads out of
/// the directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subpath(String);

impl Subpath {
    /// Returns the directory as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if this text is the directory or a path below it.
    pub fn permits(&self, text: &str) -> bool {
        self.permits_within(text, &Budget::unlimited())
    }

    pub(super) fn permits_within(&self, text: &str, work: &Budget) -> bool {
        // This rules out most directories of a grant without reading the path.
        if !text.starts_with(&self.0) {
            return false;
        }
        if !work.spend(self.0.len().saturating_add(Path::read_cost(text))) {
            return false;
        }
        let own = Path::split(&self.0);
        Path::read(text)
            .is_ok_and(|path| own.start == path.start && path.segments.starts_with(&own.segments))
    }

    /// Returns true if this is `parent` or a directory below it.
    pub fn within(&self, parent: &Self) -> bool {
        parent.permits(&self.0)
    }

    /// Returns true if everything at or below this directory fits the pattern.
    pub(super) fn within_glob(&self, parent: &Glob, work: &Budget) -> bool {
        let parent = Path::split(parent.as_str());
        let (start, own) = self.as_pattern();
        start == parent.start && pattern_fits(&parent.segments, &own, work)
    }

    /// Returns true if everything that fits the pattern is at or below this directory.
    pub(super) fn covers_glob(&self, child: &Glob, work: &Budget) -> bool {
        let (start, own) = self.as_pattern();
        child.covered_by(start, &own, work)
    }

    /// Returns the segments of `directory/**`, a glob that permits the same paths.
    fn as_pattern(&self) -> (Start, Vec<&str>) {
        let mut path = Path::split(&self.0);
        path.segments.push(ANY_SEGMENTS);
        (path.start, path.segments)
    }
}

impl FromStr for Subpath {
    type Err = ConstraintError;

    fn from_str(text: &str) -> Result<Self, ConstraintError> {
        let refused = match Path::read(text) {
            Ok(_) if text.contains('*') => Some(PathFault::Wildcard),
            Ok(_) => None,
            Err(fault) => Some(fault),
        };
        match refused {
            None => Ok(Self(text.to_owned())),
            Some(fault) => Err(ConstraintError::Subpath { found: text.to_owned(), fault }),
        }
    }
}

/// Writes the directory unchanged, because it has no invisible characters.
impl Display for Subpath {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
