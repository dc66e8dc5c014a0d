//! `glob`: paths that look like this.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use super::error::ConstraintError;
use super::fault::GlobFault;
use super::path::Path;
use super::work::Budget;
use crate::limits::MAX_GLOB_BYTES;

/// A pattern of paths: `reports/*.csv`, `reports/**`, `/srv/**/log`.
///
/// `*` stands for any run of characters within one segment, the empty run too. `**`, which must be
/// a whole segment, stands for any number of segments, none too: `reports/**` permits `reports`.
/// There is nothing else: no `?`, no brackets, no braces, no escapes.
///
/// # Security
///
/// A pattern judges its argument as a path, and permits only what can be read in one way: an
/// argument that is empty, has an empty, `.` or `..` segment (so also a trailing slash), a segment
/// that begins as a drive does (`c:`), a back-slash, a percent-escape that is malformed or hides one
/// of these, `%` or `;`, or a character that cannot be seen or that Unicode or a code page turns into
/// one of these is denied, whatever the pattern. A
/// pattern that starts with `/` permits absolute paths only, any other pattern relative ones only:
/// `**` does not permit `/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Glob(String);

/// The segment that stands for any number of segments.
pub(super) const ANY_SEGMENTS: &str = "**";

impl Glob {
    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns true if the pattern permits this text.
    pub fn permits(&self, text: &str) -> bool {
        self.permits_within(text, &Budget::unlimited())
    }

    pub(super) fn permits_within(&self, text: &str, work: &Budget) -> bool {
        // Most globs of a grant are about other paths, and need not read this one.
        if !text.starts_with(self.head()) || !text.ends_with(self.tail()) {
            return false;
        }
        if !work.spend(self.0.len().saturating_add(Path::work(text))) {
            return false;
        }
        let own = Path::split(&self.0);
        Path::read(text).is_ok_and(|path| {
            own.absolute == path.absolute
                && fits(&own.segments, &path.segments, |p, s| segment_fits(p, s, work))
        })
    }

    /// Returns true if `parent` permits everything that this pattern permits.
    ///
    /// A yes is always right, and so is a no unless `parent` has the segments `*` and `**` side by
    /// side, where it may be too strict.
    pub fn within(&self, parent: &Self) -> bool {
        self.is_within(parent, &Budget::unlimited())
    }

    pub(super) fn is_within(&self, parent: &Self, work: &Budget) -> bool {
        let parent = Path::split(&parent.0);
        self.covered_by(parent.absolute, &parent.segments, work)
    }

    /// As [`within`](Self::within), for a pattern that is already in segments.
    pub(super) fn covered_by(&self, absolute: bool, pattern: &[&str], work: &Budget) -> bool {
        let own = Path::split(&self.0);
        own.absolute == absolute && pattern_fits(pattern, &own.segments, work)
    }

    /// The one text that a pattern without wildcards permits.
    pub(super) fn literal(&self) -> Option<&str> {
        (!self.0.contains('*')).then_some(self.0.as_str())
    }

    /// The characters that every permitted text starts with.
    pub(super) fn head(&self) -> &str {
        match self.0.split_once('*') {
            None => &self.0,
            // `a/**` permits `a`; but an absolute path keeps its slash.
            Some((head, "*")) if head != "/" => head.strip_suffix('/').unwrap_or(head),
            Some((head, _)) => head,
        }
    }

    /// The characters that every permitted text ends with.
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

/// The pattern as written; it holds no character that cannot be seen.
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

/// Returns true if every path of the pattern `child` is one of the pattern `parent`.
///
/// The child's segments are matched as if they were a path. Its `**` can only be absorbed by the
/// parent's `**`; its `*` can only be absorbed by the parent's `*`, because no other part of a
/// pattern holds that character. Whatever stands there in an actual path is absorbed likewise.
pub(super) fn pattern_fits(parent: &[&str], child: &[&str], work: &Budget) -> bool {
    fits(parent, child, |p, c| c != ANY_SEGMENTS && segment_fits(p, c, work))
}

/// Returns true if the segments fit the pattern, one by one, where `**` absorbs any number.
///
/// Between two `**` is a run of a fixed length. The first and the last have one place. Any other
/// is put at the leftmost place it fits: were there a way to match with the run further right, then
/// the runs after it would still have their places, so leftmost is never worse and nothing is tried
/// twice. A run of *k* patterns is compared at most once with each segment, so the work is at most
/// the pattern's length times the path's.
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
    // `windows` takes no zero; only two `**` side by side, which are refused, would ask for it.
    for run in runs.filter(|run| !run.is_empty()) {
        let place = rest.windows(run.len()).position(|at| run_fits(run, at));
        match place.and_then(|place| rest.get(place.saturating_add(run.len())..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    true
}

/// Returns true if one segment fits a pattern of literal pieces with `*` between them. Leftmost is never
/// worse, for the same reason as above, and each search is linear.
fn segment_fits(pattern: &str, segment: &str, work: &Budget) -> bool {
    // A comparison, and to get ready to search for each piece.
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
    fn heads_and_tails_hold_for_the_shortest_path_too() {
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
