//! Reads the characters of a capability from left to right.

use super::error::GrammarError;
use super::fault::GrammarFault;

/// A text and a position in it.
pub(super) struct Scanner<'a> {
    text: &'a str,
    chars: Vec<char>,
    /// The index of the next character.
    pub(super) at: usize,
}

/// A part of the text: a word, a name or a value.
pub(super) struct Piece {
    /// The index of its first character, which is the quote of a quoted piece.
    pub(super) at: usize,
    pub(super) text: String,
    pub(super) is_quoted: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, chars: text.chars().collect(), at: 0 }
    }

    /// Reads a JSON string, or the characters up to a blank or, in a list, a comma.
    pub(super) fn piece(&mut self, is_in_list: bool) -> Result<Piece, GrammarError> {
        let at = self.at;
        let is_end = |c: char| c.is_whitespace() || (is_in_list && c == ',');
        if self.peek() == Some('"') {
            let text = self.quoted()?;
            if !self.peek().is_none_or(is_end) {
                return Err(self.error(self.at, GrammarFault::AfterQuote));
            }
            return Ok(Piece { at, text, is_quoted: true });
        }
        if self.peek().is_some_and(is_other_quote) {
            return Err(self.error(at, GrammarFault::OtherQuote));
        }
        let text = self.take_while(|c| !is_end(c));
        if let Some(inside) = text.chars().position(|c| c == '"') {
            return Err(self.error(at.saturating_add(inside), GrammarFault::QuoteInside));
        }
        Ok(Piece { at, text, is_quoted: false })
    }

    /// Reads a JSON string.
    pub(super) fn quoted(&mut self) -> Result<String, GrammarError> {
        let start = self.at;
        let mut is_escaped = true;
        let length = self.chars.iter().skip(start).position(|c| {
            let is_end = *c == '"' && !is_escaped;
            // The opening quote counts as escaped.
            is_escaped = *c == '\\' && !is_escaped;
            is_end
        });
        let Some(length) = length else {
            return Err(self.error(start, GrammarFault::OpenQuote));
        };
        let text: String = self.chars.iter().skip(start).take(length.saturating_add(1)).collect();
        self.at = start.saturating_add(text.chars().count());
        serde_json::from_str(&text).map_err(|_| self.error(start, GrammarFault::NotAJsonString))
    }

    /// Reads a name without quotes. In it, `*` can only be a whole step of a pointer; no operator
    /// begins with `*`.
    pub(super) fn name(&mut self) -> String {
        let mut name = self.take_while(is_name_char);
        while name.starts_with('/') && name.ends_with('/') && self.skip_all("*/") {
            name.push_str("*/");
            name.push_str(&self.take_while(is_name_char));
        }
        name
    }

    pub(super) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> String {
        let taken: String =
            self.chars.iter().skip(self.at).copied().take_while(|c| fits(*c)).collect();
        self.at = self.at.saturating_add(taken.chars().count());
        taken
    }

    /// Returns the characters up to the next blank, and stays where it is.
    pub(super) fn next_word(&self) -> String {
        self.chars.iter().skip(self.at).take_while(|c| !c.is_whitespace()).collect()
    }

    pub(super) fn skip_blanks(&mut self) {
        self.take_while(char::is_whitespace);
    }

    pub(super) fn skip(&mut self, c: char) -> bool {
        let is_next = self.peek() == Some(c);
        self.at = self.at.saturating_add(usize::from(is_next));
        is_next
    }

    pub(super) fn skip_all(&mut self, text: &str) -> bool {
        let is_next = self.starts_with(text);
        self.at = self.at.saturating_add(if is_next { text.chars().count() } else { 0 });
        is_next
    }

    pub(super) fn starts_with(&self, text: &str) -> bool {
        self.chars.iter().skip(self.at).copied().take(text.chars().count()).eq(text.chars())
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn is_at_blank(&self) -> bool {
        self.peek().is_none_or(char::is_whitespace)
    }

    pub(super) fn error(&self, at: usize, fault: impl Into<GrammarFault>) -> GrammarError {
        GrammarError { text: self.text.to_owned(), at, fault: fault.into() }
    }
}

/// Returns true if a name may have the character without quotes. Look-alikes of operators (`≤`)
/// and invisible characters need quotes: otherwise they would turn a limit into another name.
fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./".contains(c)
}

/// Returns true for a quotation mark other than `"`. A text that begins with one is refused:
/// otherwise `'accounts/42'` would be a resource with the quotes as part of its name.
pub(super) fn is_other_quote(c: char) -> bool {
    "'`´‘’‚‛“”„‟«»‹›′″「」『』＂＇".contains(c)
}
