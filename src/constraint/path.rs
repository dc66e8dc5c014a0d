//! Reading a text as a path that every reader understands alike.

use crate::limits::{MAX_SEGMENTS, MAX_STRING_BYTES};
use crate::text::escape::{INVISIBLE, has_invisible};
use crate::text::path::{
    BAD_ESCAPE, DRIVE, FOLDED, has_folded, has_path_escape, is_dot_segment, is_drive,
};

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
    pub(super) fn read(text: &'a str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err("is empty");
        }
        if text.len() > MAX_STRING_BYTES {
            return Err("is longer than 4096 bytes");
        }
        if text.split('/').count() > MAX_SEGMENTS.saturating_add(1) {
            return Err("has more than 64 segments");
        }
        if text.contains('\\') {
            return Err("has a back-slash");
        }
        if has_folded(text) {
            return Err(FOLDED);
        }
        if has_invisible(text) {
            return Err(INVISIBLE);
        }
        if has_path_escape(text) {
            return Err(BAD_ESCAPE);
        }
        let path = Self::split(text);
        if path.segments.contains(&"") {
            return Err("has an empty segment (a trailing or doubled slash)");
        }
        if path.segments.iter().any(|s| is_dot_segment(s)) {
            return Err("has a `.` or `..` segment");
        }
        if path.segments.iter().any(|s| is_drive(s)) {
            return Err(DRIVE);
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
