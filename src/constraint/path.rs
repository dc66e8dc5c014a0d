//! Reading a text as a path that every reader understands alike.

use crate::text::path::{PathFault, check_path};

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
        check_path(text)?;
        Ok(Self::split(text))
    }

    /// The work of reading this text, in bytes: each escape is read by itself.
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
