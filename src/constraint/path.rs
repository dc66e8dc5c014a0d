//! Paths as segments.

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
    /// Splits a path that can be read in only one way, and returns the fault of any other. Nothing
    /// is normalised, because the service may open the path by other rules.
    pub(super) fn read(text: &'a str) -> Result<Self, PathFault> {
        check_path(text)?;
        Ok(Self::split(text))
    }

    /// Returns the cost of reading this text, in bytes. Each escape is decoded on its own and costs
    /// extra.
    pub(super) fn read_cost(text: &str) -> usize {
        const ESCAPE: usize = 6;
        let escapes = text.bytes().filter(|byte| *byte == b'%').count();
        text.len().saturating_add(escapes.saturating_mul(ESCAPE))
    }

    /// Splits a text that [`read`](Self::read) has accepted before.
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
