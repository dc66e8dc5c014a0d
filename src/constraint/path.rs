//! Paths as segments.

use unicode_normalization::char::decompose_compatible;

use crate::text::path::{COLONS, PathFault, check_path, is_stop};

/// A path and its segments, none of them empty, `.` or `..`.
///
/// The root `/` is absolute and has no segments.
#[derive(Debug)]
pub(super) struct Path<'a> {
    pub(super) start: Start,
    pub(super) segments: Vec<&'a str>,
}

/// The start of a path. A pattern permits only paths that start like itself: `**` permits neither
/// `/etc/passwd` nor `~/.ssh` nor `file:/etc/passwd`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// At the root: it begins with a slash.
    Root,
    /// In the home directory, or at a URL or a volume, to some readers: the first segment begins
    /// with a tilde or ends with a colon.
    Elsewhere,
    /// In a directory that the service knows.
    Here,
}

impl Start {
    fn of(text: &str) -> Self {
        // U+02DC, U+223C, U+301C and U+FF5E become a tilde by Unicode or in a code page.
        const TILDES: [char; 5] = ['~', '\u{2dc}', '\u{223c}', '\u{301c}', '\u{ff5e}'];
        let first = text.split('/').next().unwrap_or_default();
        if first.is_empty() {
            Self::Root
        } else if first.trim_start_matches(' ').starts_with(TILDES) || first.ends_with(COLONS) {
            Self::Elsewhere
        } else {
            Self::Here
        }
    }
}

impl<'a> Path<'a> {
    /// Splits a path that can be read in only one way, and returns the fault of any other. Nothing
    /// is normalised, because the service may open the path by other rules.
    pub(super) fn read(text: &'a str) -> Result<Self, PathFault> {
        let plain = check_path(text)?;
        let own = Self::split(text);
        if own.segments.iter().any(|segment| is_device(segment)) {
            return Err(PathFault::Device);
        }
        if plain.is_some_and(|it| it.split('/').any(is_device) || Start::of(&it) != own.start) {
            return Err(PathFault::Escape);
        }
        Ok(own)
    }

    /// Returns the cost of reading this text, in bytes. Each escape is decoded on its own and costs
    /// extra.
    pub(super) fn read_cost(text: &str) -> usize {
        const ESCAPE: usize = 10;
        let escapes = text.bytes().filter(|byte| *byte == b'%').count();
        text.len().saturating_add(escapes.saturating_mul(ESCAPE))
    }

    /// Splits a text that [`read`](Self::read) has accepted before.
    pub(super) fn split(text: &'a str) -> Self {
        let rest = text.strip_prefix('/').unwrap_or(text);
        let segments = match rest {
            "" => Vec::new(),
            rest => rest.split('/').collect(),
        };
        Self { start: Start::of(text), segments }
    }
}

/// Returns true if Windows takes the segment for a device, in any directory: one of its names, also
/// with an extension, a colon or blanks after it.
fn is_device(segment: &str) -> bool {
    const LONGEST: usize = "conout$".len();
    let (mut name, mut length, mut blanks) = ([0_u8; LONGEST], 0, false);
    for c in segment.chars() {
        if is_stop(c) || COLONS.contains(&c) {
            break;
        }
        if c == ' ' && length > 0 {
            blanks = true;
            continue;
        }
        // Characters beyond ASCII may become ASCII letters and digits.
        let mut is_start = !blanks;
        decompose_compatible(c, |c| {
            match (u8::try_from(c), name.get_mut(length)) {
                (Ok(b), Some(place)) if is_start && b.is_ascii() => *place = b.to_ascii_lowercase(),
                _ => is_start = false,
            }
            length = length.saturating_add(1);
        });
        if !is_start || !b"acnpl".contains(name.first().unwrap_or(&0)) {
            return false;
        }
    }
    match name.get(..length).unwrap_or_default() {
        b"con" | b"prn" | b"aux" | b"nul" | b"conin$" | b"conout$" | b"clock$" => true,
        [b'c', b'o', b'm', number] | [b'l', b'p', b't', number] => number.is_ascii_digit(),
        _ => false,
    }
}
