//! Why a text is not the JSON that was expected.

use std::error::Error;
use std::fmt::{self, Display, Formatter};

use crate::text::escape::Visible;

/// Why a text is not the JSON that was expected, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    message: String,
    line: usize,
    column: usize,
}

impl JsonError {
    /// The fault without its position. Text that it quotes has [escapes](Visible).
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The line of the fault, from 1; 0 if the fault has no position.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The byte of that line at which the fault was noticed, from 1; 0 at the start of the line, or
    /// if the fault has no position.
    pub fn column(&self) -> usize {
        self.column
    }
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        let (line, column, text) = (error.line(), error.column(), error.to_string());
        // `serde_json` gives the message only together with the position.
        let position = format!(" at line {line} column {column}");
        let message = text.strip_suffix(&position).unwrap_or(&text);
        // It quotes names of unknown fields and values of other types.
        Self { message: Visible(message).to_string(), line, column }
    }
}

impl Display for JsonError {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.line == 0 {
            return Ok(());
        }
        write!(f, " at line {} column {}", self.line, self.column)
    }
}

impl Error for JsonError {}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use crate::text::json::read;

    #[test]
    fn an_error_has_its_message_apart_from_its_position() {
        for (text, message, line, column) in [
            ("", "EOF while parsing a value", 1, 0),
            ("[1,\n 2", "EOF while parsing a list", 2, 2),
            ("{\"a\": 1,\n \"a\": 1}", "duplicate key `a`", 2, 4),
            ("[1] 2", "trailing characters", 1, 5),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!((error.message(), error.line(), error.column()), (message, line, column));
            assert_eq!(error.to_string(), format!("{message} at line {line} column {column}"));
        }
    }

    #[test]
    fn an_error_without_a_position_has_none() {
        let error = JsonError::from(<serde_json::Error as serde::de::Error>::custom("a\u{1b}[2J"));
        assert_eq!((error.line(), error.column()), (0, 0));
        assert_eq!(error.to_string(), r"a\u{1b}[2J");
    }
}
