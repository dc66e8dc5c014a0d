//! Paths that every reader splits into the same segments.

use std::fmt::{self, Display, Formatter};

use crate::limits::{MAX_SEGMENTS, MAX_STRING_BYTES};
use crate::text::escape::{TextFault, has_invisible};

/// The reason why a path could be read in two ways. `Display` gives the end of a sentence whose
/// subject is the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PathFault {
    /// The path is empty.
    Empty,
    /// The path has more than [`MAX_STRING_BYTES`].
    TooLong {
        /// The length in bytes.
        bytes: usize,
    },
    /// The path has more than [`MAX_SEGMENTS`].
    TooManySegments {
        /// The number of segments.
        segments: usize,
    },
    /// A segment is empty: a leading, trailing or doubled slash.
    EmptySegment,
    /// A part that was given as one segment has a slash.
    SlashInSegment,
    /// A segment is `.` or `..`.
    DotSegment,
    /// Some reader takes a segment for `.`, `..` or an empty one: without its blanks, without the
    /// text from a `;`, `?`, `#` or `:` on, or because a character of it becomes a full stop.
    DotSegmentLookalike,
    /// A segment begins with `;`, `?` or `#`, or a character that becomes one of these, where some
    /// reader cuts it off.
    CutOff,
    /// The path has a `\`.
    Backslash,
    /// A character becomes a slash, a backslash or a percent sign by Unicode or in a code page.
    Lookalike,
    /// A segment begins like a Windows drive, such as `c:`.
    Drive,
    /// A segment is the name of a Windows device, such as `NUL` or `com1.txt`, which is in every
    /// directory. Only paths of `glob` and `subpath` are checked for it.
    Device,
    /// The path has a `*` where no wildcard is allowed.
    Wildcard,
    /// A character is invisible or changes the direction of the text.
    Invisible,
    /// A `%` is not followed by two hexadecimal digits.
    MalformedEscape,
    /// A percent-escape hides text that would be refused unescaped, or is not UTF-8.
    Escape,
    /// A segment begins or ends with a blank, which would be invisible in a grant.
    OuterBlank,
}

impl Display for PathFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::TooLong { bytes } => {
                return write!(f, "has {bytes} bytes, and at most {MAX_STRING_BYTES} are allowed");
            }
            Self::TooManySegments { segments } => {
                return write!(f, "has {segments} segments, and at most {MAX_SEGMENTS} are allowed");
            }
            Self::EmptySegment => "has an empty segment (a leading, trailing or doubled slash)",
            Self::SlashInSegment => "is one segment and has a slash; give each segment by itself",
            Self::DotSegment => "has a `.` or `..` segment",
            Self::DotSegmentLookalike => "has a segment that some readers take for `.` or `..`",
            Self::CutOff => {
                "has a segment that begins with `;`, `?` or `#`, or a character that looks like one, where some readers cut it off"
            }
            Self::Backslash => "has a backslash",
            Self::Lookalike => {
                "has a character that Unicode or a code page turns into `/`, `\\` or `%`"
            }
            Self::Drive => "has a segment that begins with a drive letter, such as `c:`",
            Self::Device => "has a segment that Windows takes for a device, such as `NUL` or `com1.txt`",
            Self::Wildcard => "has a `*` where no wildcard is allowed",
            Self::Invisible => return Display::fmt(&TextFault::Invisible, f),
            Self::MalformedEscape => "has a `%` without two hexadecimal digits after it",
            Self::Escape => {
                "has a percent-escape that is not UTF-8, or hides `.`, `/`, `\\`, `%`, `;`, a drive letter or an invisible character"
            }
            Self::OuterBlank => "has a segment that begins or ends with a blank",
        })
    }
}

/// Checks that every reader splits the text into the same segments. A leading slash makes a path
/// absolute; `/` alone has no segments. Returns the text with its escapes decoded, if it has any.
///
/// `docs/FORMAT.md`, section 13, "Paths", has these rules in this order.
pub(crate) fn check_path(text: &str) -> Result<Option<String>, PathFault> {
    if text.is_empty() {
        return Err(PathFault::Empty);
    }
    if text.len() > MAX_STRING_BYTES {
        return Err(PathFault::TooLong { bytes: text.len() });
    }
    let relative = text.strip_prefix('/').unwrap_or(text);
    // One more than the limit for an absolute path, whose first slash has no segment before it.
    if text.split('/').count() > MAX_SEGMENTS.saturating_add(1) {
        return Err(PathFault::TooManySegments { segments: relative.split('/').count() });
    }
    if text != "/" && relative.split('/').any(str::is_empty) {
        return Err(PathFault::EmptySegment);
    }
    check_segments(text)
}

/// Checks the rules for the text between the slashes, which also apply to the path of a URL.
/// Returns the text with its escapes decoded, if it has any.
pub(crate) fn check_segments(text: &str) -> Result<Option<String>, PathFault> {
    if let Some(fault) = text.split('/').find_map(dot_segment) {
        return Err(fault);
    }
    if text.split('/').any(is_drive) {
        return Err(PathFault::Drive);
    }
    if text.contains('\\') {
        return Err(PathFault::Backslash);
    }
    if has_lookalike(text) {
        return Err(PathFault::Lookalike);
    }
    if has_invisible(text) {
        return Err(PathFault::Invisible);
    }
    decode_escapes(text)
}

/// Returns true if a character is a [lookalike](is_lookalike). A service that normalises or
/// converts the text would find segments that the verifier does not.
fn has_lookalike(text: &str) -> bool {
    !text.is_ascii() && text.contains(is_lookalike)
}

/// Returns true if the character becomes `/`, `\` or `%`, or a text with one of them: by
/// compatibility normalisation (UAX #15, NFKC: `℀` becomes `a/c`, `½` becomes `1⁄2`), by code pages
/// and their best fits (Shift JIS has `¥` where ASCII has the backslash, KS X 1003 has `₩`; CP864
/// has `٪` for the percent sign; Windows-1252 turns `⁄` and `∕` into a slash), or by
/// transliteration to ASCII (GNU libc: `÷`, `⧸`, `╱`, `㎧`).
fn is_lookalike(c: char) -> bool {
    matches!(c,
        '\u{a5}' | '\u{bc}'..='\u{be}' | '\u{f7}' | '\u{66a}' | '\u{2044}' | '\u{20a9}'
        | '\u{2100}' | '\u{2101}' | '\u{2105}' | '\u{2106}' | '\u{2150}'..='\u{215f}' | '\u{2189}'
        | '\u{2215}' | '\u{2216}' | '\u{2571}' | '\u{2572}' | '\u{27cb}' | '\u{27cd}' | '\u{29f5}'
        | '\u{29f8}' | '\u{29f9}' | '\u{33a7}' | '\u{33a8}' | '\u{33ae}' | '\u{33af}' | '\u{33c6}'
        | '\u{33de}' | '\u{33df}' | '\u{fe68}' | '\u{fe6a}' | '\u{ff05}' | '\u{ff0f}' | '\u{ff3c}'
        | '\u{ffe5}' | '\u{ffe6}' | '\u{1f67c}' | '\u{1f67d}')
}

/// Returns true if Windows would read the segment as a drive: a letter and a colon, or characters
/// that become these. Joined to `/srv/data`, it would lead to another root. `repo:42` is not a
/// drive, because it has more than one letter before the colon.
fn is_drive(segment: &str) -> bool {
    let mut start = segment.trim_start_matches(' ').chars();
    // Characters beyond ASCII may become ASCII letters, as `ｃ`, `ℂ` and the Kelvin sign do.
    let is_letter = start.next().is_some_and(|c| c.is_ascii_alphabetic() || !c.is_ascii());
    is_letter && start.next().is_some_and(|c| COLONS.contains(&c))
}

/// The colon, the characters that become one in the ways of [`is_lookalike`], and one with the same
/// glyph.
pub(crate) const COLONS: [char; 10] = [
    ':',
    '\u{2d0}',
    '\u{589}',
    '\u{2236}',
    '\u{2a74}',
    '\u{a789}',
    '\u{fe13}',
    '\u{fe55}',
    '\u{ff1a}',
    '\u{10781}',
];

/// Returns the fault of a segment that some reader would take for `.`, `..` or an empty one: as
/// written, cut off at a `;`, `?`, `#` or colon, without its blanks, or with characters that become
/// one of these. Only three or more full stops by themselves are a name. [`decode_escapes`] decodes
/// the escapes.
fn dot_segment(segment: &str) -> Option<PathFault> {
    if matches!(segment, "." | "..") {
        return Some(PathFault::DotSegment);
    }
    let stem = segment.split(STEM_ENDS).next().unwrap_or_default();
    if stem.is_empty() {
        return (!segment.is_empty()).then_some(PathFault::CutOff);
    }
    let (mut length, mut only_dots) = (0_usize, true);
    for c in stem.chars() {
        // Windows has the name of a stream after a colon: `..::$DATA`.
        if COLONS.contains(&c) {
            break;
        }
        if c != ' ' && !is_stop(c) {
            return None;
        }
        only_dots &= c == '.';
        length = length.saturating_add(1);
    }
    let is_name = length == 0 || (length > 2 && only_dots);
    (!is_name).then_some(PathFault::DotSegmentLookalike)
}

/// Returns true for a full stop, and for the characters that become one or several in the ways of
/// [`is_lookalike`].
pub(crate) fn is_stop(c: char) -> bool {
    matches!(
        c,
        '.' | '\u{b7}' | '\u{387}' | '\u{2024}'
            ..='\u{2026}'
                | '\u{3002}'
                | '\u{fe12}'
                | '\u{fe19}'
                | '\u{fe30}'
                | '\u{fe52}'
                | '\u{ff0e}'
                | '\u{ff61}'
    )
}

/// The characters at which a reader may cut off a segment before it resolves it. Servlet containers
/// do so at `;`, others at `?` and `#`. The rest become one of these by compatibility
/// normalisation.
const STEM_ENDS: [char; 14] = [
    ';', '?', '#', '\u{37e}', '\u{fe14}', '\u{fe54}', '\u{ff1b}', '\u{2047}', '\u{2048}',
    '\u{fe16}', '\u{fe56}', '\u{ff1f}', '\u{fe5f}', '\u{ff03}',
];

/// Decodes the escapes of a text, if it has any. Refuses one that is malformed, is not UTF-8, or hides text that would be
/// refused unescaped: a full stop, a slash, a backslash, a percent sign (which hides another
/// escape), a semicolon, a drive, or a character that is invisible or becomes one of these.
fn decode_escapes(text: &str) -> Result<Option<String>, PathFault> {
    // A fast path: most texts have no escapes.
    if !text.contains('%') {
        return Ok(None);
    }
    let is_digits = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    let mut escapes = text.split('%').skip(1).map(str::as_bytes);
    if !escapes.all(|rest| rest.get(..2).is_some_and(is_digits)) {
        return Err(PathFault::MalformedEscape);
    }
    let hides = |plain: &String| {
        has_lookalike(plain)
            || has_invisible(plain)
            || plain.split('/').any(|segment| dot_segment(segment).is_some() || is_drive(segment))
    };
    let plain = percent_decode(text).filter(|plain| !hides(plain));
    plain.map(Some).ok_or(PathFault::Escape)
}

/// Decodes the escapes of the text once. Returns `None` if one of them is not allowed.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
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
