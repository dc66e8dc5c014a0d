//! Text that a drawing breaks into lines, by the estimated width of its letters.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Breaks text into lines of at most `columns`, between words if possible, with `…` where it is
/// cut.
pub(crate) fn wrapped(text: &str, columns: usize, most: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if rest.width() <= columns {
            lines.push(rest.to_owned());
            break;
        }
        let is_last = lines.len().saturating_add(1) >= most;
        let room = if is_last { columns.saturating_sub(1) } else { columns };
        let fits = prefix_of(rest, room);
        if is_last {
            lines.push(format!("{fits}…"));
            break;
        }
        // A word may be a whole line long.
        let end = fits.rfind(' ').filter(|end| *end > fits.len() / 2);
        let line = end.and_then(|end| fits.get(..end)).unwrap_or(fits);
        rest = rest.get(line.len()..).unwrap_or_default().trim_start_matches(' ');
        lines.push(line.to_owned());
    }
    lines
}

/// Returns the longest prefix that is not wider than `columns`, but at least one character.
fn prefix_of(text: &str, columns: usize) -> &str {
    let mut width: usize = 0;
    let end = text.char_indices().find_map(|(at, c)| {
        width = width.saturating_add(c.width().unwrap_or(0));
        (width > columns && at > 0).then_some(at)
    });
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn text_is_broken_between_words_and_cut_at_the_end() {
        assert_eq!(wrapped("", 10, 2), [""; 0]);
        assert_eq!(wrapped("short", 10, 2), ["short"]);
        assert_eq!(wrapped("two words here", 10, 2), ["two words", "here"]);
        assert_eq!(wrapped("0123456789abcdef", 10, 2), ["0123456789", "abcdef"]);
        assert_eq!(wrapped("0123456789abcdefghijklm", 10, 2), ["0123456789", "abcdefghi…"]);
        assert_eq!(wrapped("漢字漢字漢字", 4, 2), ["漢字", "漢…"]);
        assert_eq!(wrapped("e\u{301}e\u{301}e\u{301}", 2, 3), ["e\u{301}e\u{301}", "e\u{301}"]);
    }
}
