//! Reading a text as a path that every reader understands alike.

use crate::limits::{MAX_SEGMENTS, MAX_STRING_BYTES};
use crate::text::escape::has_invisible;
use crate::text::path::{PathFault, has_folded, has_path_escape, is_dot_segment, is_drive};

/// A path and its segments, none of them empty, `.` or `..`.
///
/// The root `/` is absolute and has no segments.
#[derive(Debug)]
pub(super) struct Path<'a> {
    pub(super) absolute: bool,
    pub(super) segments: Vec<&'a str>,
}

impl<'a> Path<'a> {
    /// Splits what can be read in one way only, and says what is ambiguous in the rest. Nothing is
    /// normalised: whoever opens the path may do so by other rules than ours.
    pub(super) fn read(text: &'a str) -> Result<Self, PathFault> {
        if text.is_empty() {
            return Err(PathFault::Empty);
        }
        if text.len() > MAX_STRING_BYTES {
            return Err(PathFault::TooLong { bytes: text.len() });
        }
        if text.split('/').count() > MAX_SEGMENTS.saturating_add(1) {
            return Err(PathFault::TooManySegments { segments: Self::split(text).segments.len() });
        }
        if text.contains('\\') {
            return Err(PathFault::Backslash);
        }
        if has_folded(text) {
            return Err(PathFault::Lookalike);
        }
        if has_invisible(text) {
            return Err(PathFault::Invisible);
        }
        if has_path_escape(text) {
            return Err(PathFault::Escape);
        }
        let path = Self::split(text);
        if path.segments.contains(&"") {
            return Err(PathFault::EmptySegment);
        }
        if path.segments.iter().any(|s| is_dot_segment(s)) {
            return Err(PathFault::DotSegment);
        }
        if path.segments.iter().any(|s| is_drive(s)) {
            return Err(PathFault::Drive);
        }
        Ok(path)
    }

    /// What it takes to read this text, in bytes: each escape is looked at by itself.
    pub(super) fn work(text: &str) -> usize {
        const ESCAPE: usize = 6;
        let escapes = text.bytes().filter(|byte| *byte == b'%').count();
        text.len().saturating_add(escapes.saturating_mul(ESCAPE))
    }

    /// The segments of a text that [`read`](Self::read) has accepted before.
    pub(super) fn split(text: &'a str) -> Self {
        let (absolute, rest) = match text.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let segments = match rest {
            "" => Vec::new(),
            rest => rest.split('/').collect(),
        };
        Self { absolute, segments }
    }
}
