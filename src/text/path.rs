//! Which texts every reader takes apart into the same segments.

use crate::limits::{MAX_SEGMENTS, MAX_STRING_BYTES};
use crate::text::escape::{INVISIBLE, has_invisible};

/// Checks that every reader takes the text apart into the same segments, and gives the reason where
/// readers may differ. A slash at the start makes a path absolute; `/` alone has no segments.
///
/// `docs/FORMAT.md`, section 13, "Paths", has these rules in this order.
pub(crate) fn check_path(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("is empty");
    }
    if text.len() > MAX_STRING_BYTES {
        return Err("is longer than 4096 bytes");
    }
    if text.split('/').count() > MAX_SEGMENTS.saturating_add(1) {
        return Err("has more than 64 segments");
    }
    if text != "/" && text.strip_prefix('/').unwrap_or(text).split('/').any(str::is_empty) {
        return Err("has an empty segment (a trailing or doubled slash)");
    }
    check_segments(text)
}

/// The rules for what stands between the slashes, which the path of a URL follows too.
pub(crate) fn check_segments(text: &str) -> Result<(), &'static str> {
    if let Some(segment) = text.split('/').find(|segment| is_dot_segment(segment)) {
        return Err(match segment.starts_with(ENDS_A_STEM) {
            true => "has a segment that is nothing before a `;`, `?` or `#`",
            false => "has a `.` or `..` segment",
        });
    }
    if text.split('/').any(is_drive) {
        return Err(
            "has a segment that begins with a letter and a colon, as a drive of Windows does",
        );
    }
    if text.contains('\\') {
        return Err("has a back-slash");
    }
    if has_folded(text) {
        return Err("has a character that Unicode or a code page turns into `/`, `\\` or `%`");
    }
    if has_invisible(text) {
        return Err(INVISIBLE);
    }
    if has_path_escape(text) {
        return Err(
            "has a percent-escape that is malformed or hides `.`, `/`, `\\`, `%`, `;`, a drive such as `c:` or what cannot be seen",
        );
    }
    Ok(())
}

/// Whether a character becomes a `/`, `\` or `%`, or a text with one: a service which normalises or
/// converts would see segments that the verifier does not.
fn has_folded(text: &str) -> bool {
    !text.is_ascii() && text.contains(is_folded)
}

/// By compatibility normalisation (UAX #15, NFKC; `℀` becomes `a/c`, `½` becomes `1⁄2`), by code pages
/// and their best fits (Shift JIS has `¥` where ASCII has the back-slash, KS X 1003 `₩`, CP864 `٪` for
/// the percent sign; Windows-1252 makes a slash of `⁄` and `∕`), or by transliteration to ASCII (GNU
/// libc: `÷`, `⧸`, `╱`, `㎧`).
fn is_folded(c: char) -> bool {
    matches!(c,
        '\u{a5}' | '\u{bc}'..='\u{be}' | '\u{f7}' | '\u{66a}' | '\u{2044}' | '\u{20a9}'
        | '\u{2100}' | '\u{2101}' | '\u{2105}' | '\u{2106}' | '\u{2150}'..='\u{215f}' | '\u{2189}'
        | '\u{2215}' | '\u{2216}' | '\u{2571}' | '\u{2572}' | '\u{27cb}' | '\u{27cd}' | '\u{29f5}'
        | '\u{29f8}' | '\u{29f9}' | '\u{33a7}' | '\u{33a8}' | '\u{33ae}' | '\u{33af}' | '\u{33c6}'
        | '\u{33de}' | '\u{33df}' | '\u{fe68}' | '\u{fe6a}' | '\u{ff05}' | '\u{ff0f}' | '\u{ff3c}'
        | '\u{ffe5}' | '\u{ffe6}' | '\u{1f67c}' | '\u{1f67d}')
}

/// Whether Windows would take the segment for a drive, and what is joined to `/srv/data` for another
/// root: a letter and a colon, or what becomes these. `repo:42` has more letters before the colon.
fn is_drive(segment: &str) -> bool {
    let mut start = segment.trim_start_matches(' ').chars();
    // What is beyond ASCII may become a letter of ASCII, as `ｃ`, `ℂ` and the Kelvin sign do.
    let is_letter = start.next().is_some_and(|c| c.is_ascii_alphabetic() || !c.is_ascii());
    is_letter && start.next().is_some_and(|c| COLONS.contains(&c))
}

/// The colon, what becomes one as said of [`is_folded`], and one that has its glyph.
const COLONS: [char; 10] = [
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

/// Whether some reader would take this for `.`, `..` or nothing: by itself, before a `;`, `?` or `#`,
/// with blanks beside it, or in other characters that become one of these. Escapes are for
/// [`has_path_escape`] to read.
fn is_dot_segment(segment: &str) -> bool {
    let stem = segment.split(ENDS_A_STEM).next().unwrap_or_default();
    if stem.is_empty() {
        return !segment.is_empty();
    }
    let mut dots = 0_u32;
    for c in stem.chars() {
        match c {
            '.' | '\u{b7}' | '\u{387}' | '\u{2024}' | '\u{3002}' | '\u{fe12}' | '\u{fe52}'
            | '\u{ff0e}' | '\u{ff61}' => {
                dots = dots.saturating_add(1);
            }
            '\u{2025}' | '\u{fe30}' => dots = dots.saturating_add(2),
            ' ' => {}
            _ => return false,
        }
    }
    (1..=2).contains(&dots)
}

/// Servlet containers cut `;…` off a segment before they resolve it, others `?…` and `#…`. The others
/// become one of these by compatibility normalisation.
const ENDS_A_STEM: [char; 14] = [
    ';', '?', '#', '\u{37e}', '\u{fe14}', '\u{fe54}', '\u{ff1b}', '\u{2047}', '\u{2048}',
    '\u{fe16}', '\u{fe56}', '\u{ff1f}', '\u{fe5f}', '\u{ff03}',
];

/// Whether a percent-escape is malformed, no UTF-8, or stands for what would be refused by itself:
/// a full stop that makes a dot segment, a slash, a back-slash, a percent sign (which hides another
/// escape), a semicolon, a drive, or a character that cannot be seen or becomes one of these.
fn has_path_escape(text: &str) -> bool {
    // Most have none, and it is found fast.
    if !text.contains('%') {
        return false;
    }
    let Some(plain) = unescaped(text) else {
        return true;
    };
    has_folded(&plain)
        || has_invisible(&plain)
        || plain.split('/').any(|segment| is_dot_segment(segment) || is_drive(segment))
}

/// What the text says with its escapes read once; `None` where one may not be there.
pub(crate) fn unescaped(text: &str) -> Option<String> {
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
