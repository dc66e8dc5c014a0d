//! `glob`: paths that match a pattern.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use super::error::ConstraintError;
use super::fault::GlobFault;
use super::path::{Path, Start};
use super::work::Budget;
use crate::limits::MAX_GLOB_BYTES;

/// A pattern of paths: `reports/*.csv`, `reports/**`, `/srv/**/log`.
///
/// `*` matches any run of characters within one segment, including the empty run. `**`, which must
/// be a whole segment, matches zero or more segments: `reports/**` permits `reports`. There is no
/// other syntax: no `?`, no brackets, no braces, no escapes.
///
/// # Security
///
/// The argument must be a path that can be read in only one way. Whatever the pattern, it is denied
/// if it is empty or has an empty, `.` or `..` segment (so also a trailing slash), a segment that
/// begins like a drive (`c:`) or that Windows takes for a device (`NUL`), a backslash, a
/// percent-escape that is malformed or hides one of these, `%` or `;`, an invisible character, or
/// one that Unicode or a code page turns into one of these.
///
/// A pattern permits only paths that start like itself: with `/`; with a segment that begins with
/// `~` or ends with `:`; or with any other segment. So `**` permits neither `/etc/passwd` nor
/// `~/.ssh` nor `file:/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Glob(String);

/// The segment that matches zero or more segments.
pub(super) const ANY_SEGMENTS: &str = "**";

impl Glob {
    /// Returns the pattern as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if the pattern permits this text.
    pub fn permits(&self, text: &str) -> bool {
        self.permits_within(text, &Budget::unlimited())
    }

    pub(super) fn permits_within(&self, text: &str, work: &Budget) -> bool {
        // This rules out most globs of a grant without reading the path.
        if !text.starts_with(self.head()) || !text.ends_with(self.tail()) {
            return false;
        }
        if !work.spend(self.0.len().saturating_add(Path::read_cost(text))) {
            return false;
        }
        let own = Path::split(&self.0);
        Path::read(text).is_ok_and(|path| {
            own.start == path.start
                && fits(&own.segments, &path.segments, |p, s| segment_fits(p, s, work))
        })
    }

    /// Returns true if `parent` permits everything that this pattern permits.
    ///
    /// `true` is always right. `false` may be too strict, but only if `parent` has the segments `*`
    /// and `**` side by side.
    pub fn within(&self, parent: &Self) -> bool {
        self.is_within(parent, &Budget::unlimited())
    }

    pub(super) fn is_within(&self, parent: &Self, work: &Budget) -> bool {
        let parent = Path::split(&parent.0);
        self.covered_by(parent.start, &parent.segments, work)
    }

    /// As [`within`](Self::within), for a parent pattern that is already split into segments.
    pub(super) fn covered_by(&self, start: Start, pattern: &[&str], work: &Budget) -> bool {
        let own = Path::split(&self.0);
        own.start == start && pattern_fits(pattern, &own.segments, work)
    }

    /// Returns the only text that the pattern permits, if it has no wildcards.
    pub(super) fn literal(&self) -> Option<&str> {
        (!self.0.contains('*')).then_some(self.0.as_str())
    }

    /// Returns the characters that every permitted text starts with.
    pub(crate) fn head(&self) -> &str {
        match self.0.split_once('*') {
            None => &self.0,
            // `a/**` permits `a`, but an absolute path keeps its slash.
            Some((head, "*")) if head != "/" => head.strip_suffix('/').unwrap_or(head),
            Some((head, _)) => head,
        }
    }

    /// Returns the characters that every permitted text ends with.
    pub(super) fn tail(&self) -> &str {
        match self.0.rsplit_once('*') {
            None => &self.0,
            // `**/b` permits `b`.
            Some(("*", tail)) => tail.strip_prefix('/').unwrap_or(tail),
            Some((_, tail)) => tail,
        }
    }
}

impl FromStr for Glob {
    type Err = ConstraintError;

    fn from_str(text: &str) -> Result<Self, ConstraintError> {
        match check(text) {
            Ok(()) => Ok(Self(text.to_owned())),
            Err(fault) => Err(ConstraintError::Glob { found: text.to_owned(), fault }),
        }
    }
}

/// Writes the pattern unchanged, because it has no invisible characters.
impl Display for Glob {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn check(text: &str) -> Result<(), GlobFault> {
    if text.len() > MAX_GLOB_BYTES {
        return Err(GlobFault::TooLong { bytes: text.len() });
    }
    if text.contains(['?', '[', ']', '{', '}']) {
        return Err(GlobFault::OtherWildcard);
    }
    let segments = Path::read(text)?.segments;
    if segments.iter().any(|s| *s != ANY_SEGMENTS && s.contains(ANY_SEGMENTS)) {
        return Err(GlobFault::PartOfSegment);
    }
    if segments.windows(2).any(|pair| pair.iter().all(|s| *s == ANY_SEGMENTS)) {
        return Err(GlobFault::Repeated);
    }
    Ok(())
}

/// Returns true if the pattern `parent` permits every path that the pattern `child` permits.
///
/// The child's segments are matched as if they were a path. Only the parent's `**` can absorb the
/// child's `**`, and only the parent's `*` can absorb the child's `*`, because no other part of a
/// pattern has that character. What they match in an actual path is absorbed in the same way.
pub(super) fn pattern_fits(parent: &[&str], child: &[&str], work: &Budget) -> bool {
    fits(parent, child, |p, c| c != ANY_SEGMENTS && segment_fits(p, c, work))
}

/// Returns true if the segments fit the pattern, one by one, where `**` absorbs zero or more.
///
/// `**` splits the pattern into runs of fixed lengths. The first and the last run have one possible
/// place. Any other run is put at the leftmost place where it fits. If a match exists with the run
/// further right, the runs after it still have their places, so leftmost is never worse and nothing
/// is tried twice. Each pattern of a run is compared at most once with each segment, so the work is
/// at most the pattern's length times the path's.
fn fits(pattern: &[&str], segments: &[&str], fit: impl Fn(&str, &str) -> bool) -> bool {
    let run_fits = |run: &[&str], at: &[&str]| {
        run.len() == at.len() && run.iter().zip(at).all(|(p, s)| fit(p, s))
    };
    let mut runs = pattern.split(|p| *p == ANY_SEGMENTS);
    let first = runs.next().unwrap_or_default();
    let Some(last) = runs.next_back() else {
        return run_fits(first, segments);
    };
    let Some((front, rest)) = segments.split_at_checked(first.len()) else {
        return false;
    };
    let Some((mut rest, back)) =
        rest.len().checked_sub(last.len()).and_then(|middle| rest.split_at_checked(middle))
    else {
        return false;
    };
    if !run_fits(first, front) || !run_fits(last, back) {
        return false;
    }
    // `windows` panics on zero. Only two `**` side by side, which are refused, have an empty run
    // between them.
    for run in runs.filter(|run| !run.is_empty()) {
        let place = rest.windows(run.len()).position(|at| run_fits(run, at));
        match place.and_then(|place| rest.get(place.saturating_add(run.len())..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

/// Returns true if one segment fits a pattern of literal pieces with `*` between them. Leftmost is
/// never worse, for the same reason as in [`fits`], and each search is linear.
fn segment_fits(pattern: &str, segment: &str, work: &Budget) -> bool {
    // The costs of a comparison, and of preparing the search for each piece.
    const COMPARISON: usize = 8;
    const SEARCH: usize = 16;
    let Some((head, rest)) = pattern.split_once('*') else {
        return work.spend(COMPARISON) && pattern == segment;
    };
    if !segment.starts_with(head) {
        work.spend(COMPARISON);
        return false;
    }
    let searches = rest.bytes().filter(|b| *b == b'*').count().saturating_mul(SEARCH);
    let searched = if searches > 0 { segment.len() } else { 0 };
    if !work.spend(COMPARISON.saturating_add(searches).saturating_add(searched)) {
        return false;
    }
    let mut pieces = pattern.split('*');
    let Some(rest) = segment.strip_prefix(pieces.next().unwrap_or_default()) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return rest.is_empty();
    };
    let Some(mut rest) = rest.strip_suffix(last) else {
        return false;
    };
    for piece in pieces {
        match rest.split_once(piece) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head_and_tail(text: &str) -> (String, String) {
        let glob: Glob = text.parse().unwrap_or(Glob(String::from("refused")));
        (glob.head().to_owned(), glob.tail().to_owned())
    }

    #[test]
    fn the_shortest_path_has_the_head_and_the_tail_too() {
        for (glob, head, tail) in [
            ("a/b", "a/b", "a/b"),
            ("a/*", "a/", ""),
            ("a/**", "a", ""),
            ("a/**/b", "a/", "/b"),
            ("**/b", "", "b"),
            ("*/b", "", "/b"),
            ("/**", "/", ""),
            ("/**/b", "/", "/b"),
            ("**", "", ""),
            ("*@acme.com", "", "@acme.com"),
            ("a/x*y", "a/x", "y"),
        ] {
            let (own_head, own_tail) = head_and_tail(glob);
            assert_eq!((own_head.as_str(), own_tail.as_str()), (head, tail), "{glob}");
        }
    }
}
