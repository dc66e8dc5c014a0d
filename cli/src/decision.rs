//! What is printed of a decision in JSON.

use deputize::{Decision, Reason, Report};
use serde::Serialize;

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
        serde_json::to_string_pretty(self)
    }
}
