//! The JSON answer to one call.

use serde::Serialize;

use crate::limits::MAX_INPUT_MESSAGE;
use crate::reason::Reason;
use crate::report::account::Report;
use crate::text::escape::{Visible, truncated, visible_json};
use crate::verify::decision::Decision;

/// The answer to one call, for programs: the decision with its report, or the faults of the input.
///
/// The command, and every service that answers in JSON, writes this form:
/// `{"decision":"allow","reasons":[],"report":{…}}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "decision", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Answer {
    /// The call is allowed.
    Allow {
        /// Empty.
        reasons: Vec<Reason>,
        /// The report of the decision.
        report: Box<Report>,
    },
    /// The call is refused.
    Deny {
        /// All reasons that were found.
        reasons: Vec<Reason>,
        /// The report of the decision.
        report: Box<Report>,
    },
    /// The input is malformed, so nothing was decided.
    Error {
        /// The faults of the input.
        reasons: Vec<InputError>,
    },
}

impl Answer {
    /// Creates the answer for a decision.
    ///
    /// # Security
    ///
    /// The report names the whole chain and the limits in it. It is for the operator of the
    /// service; [`Denial::for_stranger`](crate::Denial::for_stranger) has the part for callers.
    pub fn of(decision: &Decision) -> Self {
        let report = Box::new(Report::of(decision));
        let reasons = report.reasons.clone();
        match decision {
            Decision::Allow(_) => Self::Allow { reasons, report },
            Decision::Deny(_) => Self::Deny { reasons, report },
        }
    }

    /// Returns the JSON on several lines, with [invisible characters
    /// escaped](crate::text::visible_json).
    ///
    /// # Errors
    ///
    /// The encoder's type allows an error, but none can occur.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|json| visible_json(&json))
    }

    /// Returns the same JSON in one line, for logs.
    ///
    /// # Errors
    ///
    /// As [`to_json`](Self::to_json).
    pub fn to_json_line(&self) -> serde_json::Result<String> {
        serde_json::to_string(self).map(|json| visible_json(&json))
    }
}

/// The fault of one part of the input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct InputError {
    /// The part.
    pub code: InputCode,
    /// The fault, as a sentence.
    pub message: String,
    /// The code of the fault, one of `ERROR_CODES`, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<&'static str>,
}

/// A part of the input that can be malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum InputCode {
    /// The line is not the JSON of a line.
    MalformedLine,
    /// The text is not a token or a presentation.
    MalformedToken,
    /// The JSON is not a request.
    MalformedRequest,
}

impl InputError {
    /// Creates an error about one part of the input. Keeps the first 300 characters of the message,
    /// and escapes invisible characters in it.
    pub fn new(code: InputCode, message: impl ToString) -> Self {
        // Errors quote the input, which is untrusted.
        let message = truncated(message.to_string(), MAX_INPUT_MESSAGE);
        Self { code, message: Visible(&message).to_string(), detail: None }
    }

    /// Adds the [code](crate::CodedError::code) of the error that was found.
    pub fn with_detail(self, code: &'static str) -> Self {
        Self { detail: Some(code), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_short_and_visible() {
        let error = InputError::new(InputCode::MalformedLine, "field `\u{1b}[2J\u{202e}\"a\"`");
        assert_eq!(error.message, "field `\\u{1b}[2J\\u{202e}\"a\"`");
        let error = InputError::new(InputCode::MalformedToken, "x".repeat(301));
        assert_eq!(error.message, format!("{}…", "x".repeat(300)));
        let error = InputError::new(InputCode::MalformedRequest, "x".repeat(300));
        assert_eq!(error.message, "x".repeat(300));
    }
}
