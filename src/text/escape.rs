//! Escaping of untrusted text, so that it is displayed only as text.

use std::fmt::{self, Display, Formatter, Write};

use crate::limits::MAX_NAME_BYTES;
use crate::text::normal::NormalForm;
use crate::text::reserved::is_reserved;

/// Untrusted text on one line. It cannot move a cursor, change the direction of the line, or be
/// mistaken for the words around it.
///
/// Plain ASCII names are shown bare, unless a spreadsheet would read one as a formula or a person
/// as the report's own words. Any other text is put in double quotes, with escapes for `"`, `\`,
/// invisible characters, right-to-left characters, every blank after another, and characters that
/// are not in normal form (NFC), so that the two spellings of `é` do not look the same. JSON output
/// carries names unescaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quoted<'a>(pub &'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_quoted(f, self.0, is_hidden)
    }
}

/// Like [`Quoted`], but with right-to-left letters unescaped. For pages, which isolate the direction
/// of each text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotedBidi<'a>(pub &'a str);

impl Display for QuotedBidi<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_quoted(f, self.0, is_invisible)
    }
}

/// Untrusted text inside quotes or brackets that the caller writes. The escapes are those of
/// [`Quoted`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Escaped<'a>(pub &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write_escaped(f, self.0, |_, c| is_hidden(c))
    }
}

/// Untrusted text in backticks, for errors. The escapes are those of [`Quoted`], and backticks are
/// escaped too, so that the text cannot end early. Long text is truncated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backticked<'a>(pub &'a str);

impl Display for Backticked<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", truncated(WithoutBackticks(self.0), MAX_NAME_BYTES))
    }
}

struct WithoutBackticks<'a>(&'a str);

impl Display for WithoutBackticks<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (mut before, mut form) = (' ', NormalForm::default());
        for c in self.0.chars() {
            let is_changed = form.changes(c);
            match c {
                '\n' => f.write_str("\\n")?,
                '`' => write_escape(f, c)?,
                c if is_changed || is_hidden(c) || is_repeated_blank(before, c) => {
                    write_escape(f, c)?;
                }
                c => f.write_char(c)?,
            }
            before = c;
        }
        Ok(())
    }
}

pub(crate) fn is_hidden(c: char) -> bool {
    is_invisible(c) || runs_right_to_left(c)
}

/// Untrusted text with a syntax of its own, such as JSON, a path or a whole message: only hidden
/// characters, repeated blanks and characters that are not in normal form (NFC) are escaped.
///
/// A `\` of the text stays as it is, so an escape can be mistaken for text. For JSON that programs
/// read, use [`visible_json`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visible<'a>(pub &'a str);

impl Display for Visible<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (mut before, mut form) = (' ', NormalForm::default());
        for c in self.0.chars() {
            if form.changes(c) || is_hidden(c) || is_repeated_blank(before, c) {
                write_escape(f, c)?;
            } else {
                f.write_char(c)?;
            }
            before = c;
        }
        Ok(())
    }
}

/// Escapes invisible characters in JSON, as `\u202e`. It is still the same JSON.
///
/// `serde_json` itself escapes only the controls below U+0020. Between values, line breaks stay, and
/// a tab or a carriage return becomes a blank.
pub fn visible_json(json: &str) -> String {
    let mut visible = String::with_capacity(json.len());
    for c in json.chars() {
        // In valid JSON, these three only separate tokens.
        if matches!(c, '\t' | '\r') {
            visible.push(' ');
        } else if c != '\n' && is_invisible(c) {
            let mut units = [0; 2];
            let units = c.encode_utf16(&mut units).iter();
            visible.extend(units.map(|unit| format!("\\u{unit:04x}")));
        } else {
            visible.push(c);
        }
    }
    visible
}

/// Returns the first `most` characters of an escaped text, with `…` if it is longer. A value in a
/// reason may be a whole document: formatting stops at the limit, so the rest costs nothing.
pub(crate) fn truncated(text: impl Display, most: usize) -> String {
    let mut short = TruncatingWriter { text: String::new(), left: most, is_cut: false };
    // The error only signals that the limit was reached. The text up to it is complete.
    let _ = write!(short, "{text}");
    if short.is_cut {
        short.text.push('…');
    }
    short.text
}

struct TruncatingWriter {
    text: String,
    left: usize,
    is_cut: bool,
}

impl Write for TruncatingWriter {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        match more.char_indices().nth(self.left) {
            None => {
                self.left = self.left.saturating_sub(more.chars().count());
                self.text.push_str(more);
                Ok(())
            }
            Some((end, _)) => {
                self.text.push_str(more.get(..end).unwrap_or_default());
                self.left = 0;
                self.is_cut = true;
                Err(fmt::Error)
            }
        }
    }
}

/// Items separated by commas.
pub(crate) struct CommaSeparated<I>(pub(crate) I);

impl<I: Iterator<Item: Display> + Clone> Display for CommaSeparated<I> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.clone().enumerate() {
            write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

fn write_quoted(
    f: &mut Formatter<'_>,
    text: &str,
    is_hidden: impl Fn(char) -> bool,
) -> fmt::Result {
    let is_plain = !text.starts_with(FORMULA_STARTS) && text.bytes().all(is_plain);
    if is_plain && !is_reserved(text) {
        return f.write_str(text);
    }
    f.write_char('"')?;
    write_escaped(f, text, |_, c| is_hidden(c))?;
    f.write_char('"')
}

pub(crate) fn write_escaped(
    f: &mut Formatter<'_>,
    text: &str,
    is_hidden: impl Fn(usize, char) -> bool,
) -> fmt::Result {
    let (mut before, mut form) = (' ', NormalForm::default());
    for (nth, c) in text.chars().enumerate() {
        let is_changed = form.changes(c);
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            c if is_changed || is_hidden(nth, c) || is_repeated_blank(before, c) => {
                write_escape(f, c)?;
            }
            c => f.write_char(c)?,
        }
        before = c;
    }
    Ok(())
}

fn write_escape(f: &mut Formatter<'_>, c: char) -> fmt::Result {
    write!(f, "\\u{{{:x}}}", u32::from(c))
}

/// Returns true for a blank after another blank. A run of blanks could push the text after it to
/// the start of a wrapped line, where it would look like a line of the report.
fn is_repeated_blank(before: char, c: char) -> bool {
    before == ' ' && c == ' '
}

/// The characters with which a spreadsheet formula begins.
const FORMULA_STARTS: [char; 4] = ['=', '+', '-', '@'];

fn is_plain(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"@._+-/:*=".contains(&b)
}

/// Letters and digits of right-to-left scripts (UAX #9, classes `R`, `AL` and `AN`). Without any
/// override, two of them reverse the text between them, such as an arrow, a comma or a name.
fn runs_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// Returns true for characters that are invisible or that rearrange visible ones: controls (Unicode
/// `Cc`), format characters (`Cf`, including the bidirectional overrides of UAX #9 and the tag
/// characters), line and paragraph separators, `Default_Ignorable_Code_Point`, and blank characters
/// other than the space. The last group includes characters that are letters or symbols by class:
/// the empty Braille cell, the Khitan filler, the blank hieroglyphs, the null notehead and the
/// object replacement character.
///
/// This is the one list of such characters, for everything that reads or shows text.
///
/// ```
/// use deputize::text::is_invisible;
///
/// assert!(['\u{200b}', '\u{202e}', '\u{1d159}', '\n'].into_iter().all(is_invisible));
/// assert!(![' ', 'é', '-'].into_iter().any(is_invisible));
/// ```
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}' | '\u{891}' | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{17b4}'
            | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}'
            | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{13441}' | '\u{13442}'
            | '\u{16fe4}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Returns true if one of the characters is invisible. ASCII, the common case, takes a fast path.
pub(crate) fn has_invisible(text: &str) -> bool {
    if text.is_ascii() {
        return text.bytes().any(|b| b.is_ascii_control());
    }
    text.chars().any(is_invisible)
}

/// The reason why a text cannot be a name or other text for people to read: part of it is
/// invisible. `Display` gives the end of a sentence whose subject is the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextFault {
    /// An invisible character, such as a line break, or one that changes the direction of the text
    /// around it.
    Invisible,
    /// A blank at the beginning or the end.
    OuterBlank,
}

impl Display for TextFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Invisible => {
                "has a character that is invisible or changes the direction of the text"
            }
            Self::OuterBlank => "begins or ends with a blank",
        })
    }
}

/// Checks that a text can be a name in a grant, or other text for people to read.
pub(crate) fn check_visible(text: &str) -> Result<(), TextFault> {
    if has_invisible(text) {
        return Err(TextFault::Invisible);
    }
    if has_outer_blank(text) {
        return Err(TextFault::OuterBlank);
    }
    Ok(())
}

/// Returns true if the text begins or ends with a blank, which nobody would see.
pub(crate) fn has_outer_blank(text: &str) -> bool {
    text.starts_with(' ') || text.ends_with(' ')
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;

    #[test]
    fn visible_json_is_the_same_json_whatever_separates_its_tokens() {
        let json = "{\r\n\t\"a\u{202e}\\t\":\t[1,\r2],\n\"b\": \"\u{7f}\"\t}";
        let visible = visible_json(json);
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(read(&visible), read(json));
        assert!(!visible.contains(|c| c != '\n' && is_invisible(c)), "{visible}");
        assert_eq!(visible_json(&visible), visible);
    }

    #[test]
    fn plain_names_are_bare_and_others_are_quoted() {
        assert_eq!(Quoted("alice@acme.com").to_string(), "alice@acme.com");
        assert_eq!(Quoted("").to_string(), "\"\"");
        assert_eq!(Quoted("=1+1").to_string(), "\"=1+1\"");
        assert_eq!(Quoted("a → b").to_string(), "\"a → b\"");
        assert_eq!(Quoted("say \"hi\"\\").to_string(), r#""say \"hi\"\\""#);
    }

    /// Unicode's classes define the invisible characters, except those whose glyph is blank.
    #[test]
    fn invisible_characters_are_those_of_the_unicode_classes() {
        let classes = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}--\x20]";
        let unicode = regex::Regex::new(classes).unwrap();
        let blank_by_glyph =
            ['\u{2800}', '\u{fffc}', '\u{13441}', '\u{13442}', '\u{16fe4}', '\u{1d159}'];
        for c in '\0'..=char::MAX {
            let expected =
                unicode.is_match(c.encode_utf8(&mut [0; 4])) || blank_by_glyph.contains(&c);
            assert_eq!(is_invisible(c), expected, "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn the_fast_path_for_ascii_agrees_with_the_full_check() {
        for c in '\0'..='\u{2fff}' {
            assert_eq!(has_invisible(&format!("a{c}b")), is_invisible(c), "{c:?}");
        }
    }

    #[test]
    fn right_to_left_letters_cannot_reorder_the_text_between_them() {
        assert_eq!(Quoted("\u{5d0}b\u{627}").to_string(), r#""\u{5d0}b\u{627}""#);
        assert_eq!(Quoted("é漢").to_string(), "\"é漢\"");
    }

    #[test]
    fn cursor_movements_and_direction_changes_are_escaped() {
        let hostile = "a\n\r\t\u{1b}[2K\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}\u{e0041}";
        let shown = Quoted(hostile).to_string();
        assert!(!shown.chars().any(is_invisible), "{shown}");
        assert_eq!(
            shown,
            r#""a\n\u{d}\u{9}\u{1b}[2K\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}\u{e0041}""#
        );
    }
}
