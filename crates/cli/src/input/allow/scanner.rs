//! Reads the characters of a capability from left to right.

use std::fmt::Display;

use crate::input::allow::error::AllowError;

/// A text and a position in it.
pub(super) struct Scanner<'a> {
    pub(super) text: &'a str,
    pub(super) chars: Vec<char>,
    /// The index of the next character.
    pub(super) at: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, chars: text.chars().collect(), at: 0 }
    }

    /// Reads a JSON string.
    pub(super) fn quoted(&mut self) -> Result<String, AllowError> {
        let start = self.at;
        let mut is_escaped = true;
        let length = self.chars.iter().skip(start).position(|c| {
            let is_end = *c == '"' && !is_escaped;
            // The opening quote counts as escaped.
            is_escaped = *c == '\\' && !is_escaped;
            is_end
        });
        let Some(length) = length else {
            return Err(self.error(start, "the double quote is not closed"));
        };
        let text: String = self.chars.iter().skip(start).take(length.saturating_add(1)).collect();
        self.at = start.saturating_add(text.chars().count());
        serde_json::from_str(&text).map_err(|_| {
            self.error(start, "text in double quotes must be a JSON string, with `\\\\` for `\\`")
        })
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

    pub(super) fn word(&mut self) -> (usize, String) {
        self.skip_blanks();
        (self.at, self.take_while(|c| !c.is_whitespace()))
    }

    pub(super) fn take_while(&mut self, fits: impl Fn(char) -> bool) -> String {
        let taken: String =
            self.chars.iter().skip(self.at).copied().take_while(|c| fits(*c)).collect();
        self.at = self.at.saturating_add(taken.chars().count());
        taken
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
        let count = text.chars().count();
        let is_next = self.chars.iter().skip(self.at).take(count).copied().eq(text.chars());
        self.at = self.at.saturating_add(if is_next { count } else { 0 });
        is_next
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    pub(super) fn is_at_blank(&self) -> bool {
        self.peek().is_none_or(char::is_whitespace)
    }

    pub(super) fn error(&self, at: usize, message: impl Display) -> AllowError {
        AllowError { text: self.text.to_owned(), at, message: message.to_string() }
    }
}

/// Returns true if a name may have the character without quotes. Look-alikes of operators (`≤`,
/// `:`) and invisible characters need quotes: otherwise they would turn a limit into another name.
fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./".contains(c)
}
