//! The reason why a text is not the expected JSON.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Display, Formatter};

use crate::limits::MAX_SHOWN_MESSAGE;
use crate::text::escape::{Backticked, Visible, truncated};

/// The reason why a text is not the expected JSON, and its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    message: String,
    line: usize,
    column: usize,
}

impl JsonError {
    /// Returns the fault without its position. Text that it quotes is escaped, and cannot end the
    /// quotation.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the line of the fault, from 1, or 0 if the fault has no position.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the byte of that line at which the fault was noticed, from 1. It is 0 at the start
    /// of the line, or if the fault has no position.
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
        let message = truncated(Visible(&safely_quoted(message)), MAX_SHOWN_MESSAGE);
        Self { message, line, column }
    }
}

/// Rewrites a message of `serde` about an unknown name. It has the name in backticks, and leaves
/// backticks inside it as they are. Other messages quote the input as Rust strings.
fn safely_quoted(message: &str) -> Cow<'_, str> {
    for subject in ["unknown field ", "unknown variant "] {
        let name = message.strip_prefix(subject).and_then(|rest| rest.strip_prefix('`'));
        // A name can contain such an ending too, so the last one is that of `serde`.
        let ends = ["`, expected ", "`, there are no "];
        let end = name.and_then(|name| ends.iter().filter_map(|end| name.rfind(end)).max());
        if let (Some(name), Some(end)) = (name, end)
            && let Some((name, rest)) = name.split_at_checked(end)
        {
            let rest = rest.strip_prefix('`').unwrap_or(rest);
            return format!("{subject}{}{rest}", Backticked(name)).into();
        }
    }
    message.into()
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
    use crate::text::json::{read, read_object};

    #[test]
    fn an_error_has_its_message_and_its_position_apart() {
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
    fn a_name_cannot_end_its_quotation() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Known {
            _kind: Option<Kind>,
        }
        #[derive(Debug, serde::Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Kind {
            Agent,
        }
        let forged = "x`, expected `a`, is fine. ALLOWED";
        let shown = r"`x\u{60}, expected \u{60}a\u{60}, is fine. ALLOWED`";
        let field = serde_json::json!({ forged: 1 }).to_string();
        let error = read_object::<Known>(&field).unwrap_err();
        assert_eq!(error.message(), format!("unknown field {shown}, expected `_kind`"));
        let kind = serde_json::json!({ "_kind": forged }).to_string();
        let error = read_object::<Known>(&kind).unwrap_err();
        assert_eq!(error.message(), format!("unknown variant {shown}, expected `agent`"));
        let long = serde_json::json!({ "y".repeat(5_000): 1 }).to_string();
        assert!(read_object::<Known>(&long).unwrap_err().message().len() < 400);
        let long = serde_json::json!({ "_kind": "y".repeat(5_000) }).to_string();
        assert!(read_object::<Known>(&long).unwrap_err().message().len() < 400);
    }

    #[test]
    fn an_error_without_a_position_has_none() {
        let error = JsonError::from(<serde_json::Error as serde::de::Error>::custom("a\u{1b}[2J"));
        assert_eq!((error.line(), error.column()), (0, 0));
        assert_eq!(error.to_string(), r"a\u{1b}[2J");
    }
}
