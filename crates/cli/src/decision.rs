//! What is printed of a decision in JSON.

use deputize::text::visible_json;
use deputize::{Decision, Reason, Report};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Shown, without_secret};

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "decision", rename_all = "lowercase")]
pub enum Answer {
    /// The call may be made.
    Allow {
        /// None.
        reasons: Vec<Reason>,
        /// The account of the decision.
        report: Box<Report>,
    },
    /// The call may not be made.
    Deny {
        /// All reasons that were found.
        reasons: Vec<Reason>,
        /// The account of the decision.
        report: Box<Report>,
    },
    /// There was nothing to decide about.
    Error {
        /// What is wrong with the input.
        reasons: Vec<InputError>,
    },
}

impl Answer {
    /// The answer that a decision gives.
    pub fn of(decision: &Decision) -> Self {
        let report = Box::new(Report::of(decision));
        let reasons = report.reasons.clone();
        match decision {
            Decision::Allow(_) => Self::Allow { reasons, report },
            Decision::Deny(_) => Self::Deny { reasons, report },
        }
    }

    /// The JSON on several lines, for people.
    ///
    /// # Errors
    ///
    /// None is known; the encoder's type allows one.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|json| visible_json(&json))
    }
}

/// What is wrong with a piece of input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InputError {
    /// Which piece it is.
    pub code: InputCode,
    /// What is wrong with it, as a sentence.
    pub message: String,
}

/// Which piece of input is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InputCode {
    /// The line is not the JSON of a line.
    MalformedLine,
    /// The token or presentation is none.
    MalformedToken,
    /// The request is none.
    MalformedRequest,
}

impl InputError {
    /// What is wrong, in at most 300 characters, each of which can be seen.
    pub fn new(code: InputCode, message: impl ToString) -> Self {
        const LONGEST: usize = 300;
        let message = without_secret(message.to_string());
        let start: String = message.chars().take(LONGEST).collect();
        let more = if message.chars().nth(LONGEST).is_some() { "…" } else { "" };
        // It quotes what a stranger wrote.
        Self { code, message: format!("{}{more}", Shown(&start)) }
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
    }
}
