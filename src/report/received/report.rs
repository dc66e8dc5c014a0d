//! A report that another program sent.

use std::fmt::{self, Display, Formatter};

use serde_json::{Map, Value as Json};

use crate::limits::MAX_RECEIVED_SUMMARY;
use crate::reason::{ReceivedReason, variant_named};
use crate::report::Verdict;
use crate::report::received::error::{ReceiveError, read, reasons};
use crate::text::escape::{Quoted, Visible, truncated};
use crate::verify::checks::CalledBy;

/// A report that another program sent as JSON, such as a line of a log.
///
/// It is only the sender's statement, and all of it may be invented. So it cannot become a
/// [`Report`](crate::Report), and no function that takes a decision takes one of these:
///
/// ```compile_fail
/// fn taken_for_a_report(received: deputize::ReceivedReport) -> deputize::Report {
///     received.into()
/// }
/// ```
///
/// ```compile_fail
/// fn counted(summary: &mut deputize::Summary, received: &deputize::ReceivedReport) {
///     summary.add(received)
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ReceivedReport {
    members: Map<String, Json>,
    summary: String,
    reasons: Vec<ReceivedReason>,
}

impl ReceivedReport {
    /// Reads the JSON of a [`Report`](crate::Report), or of an object with a report in its member
    /// `report`, such as an [`Answer`](crate::Answer).
    ///
    /// No object may repeat a key. Unknown members, codes and other values are accepted, because
    /// the sender may be newer.
    ///
    /// # Errors
    ///
    /// [`ReceiveError`] if the text is too long, not JSON, or something else.
    pub fn from_json(text: &str) -> Result<Self, ReceiveError> {
        Self::from_members(read(text)?)
    }

    pub(super) fn from_members(mut members: Map<String, Json>) -> Result<Self, ReceiveError> {
        let members = match members.remove("report") {
            Some(Json::Object(report)) => report,
            Some(_) => return Err(ReceiveError::NotAReport),
            None => members,
        };
        let text = |name| members.get(name).and_then(Json::as_str);
        let (Some(summary), Some(_)) = (text("summary"), text("verdict")) else {
            return Err(ReceiveError::NotAReport);
        };
        let summary = truncated(Visible(summary), MAX_RECEIVED_SUMMARY);
        let reasons = reasons(&members)?.ok_or(ReceiveError::NotAReport)?;
        Ok(Self { members, summary, reasons })
    }

    /// Returns the sentence of the report, in one line, with invisible characters escaped.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// Returns the verdict that the sender states, if this version knows it.
    pub fn claimed_verdict(&self) -> Option<Verdict> {
        self.text("verdict").and_then(variant_named)
    }

    /// Returns the caller that the sender states, if it states one.
    pub fn claimed_called_by(&self) -> Option<CalledBy> {
        self.text("called_by").and_then(variant_named)
    }

    /// Returns the name of the owner that the sender states.
    pub fn claimed_owner(&self) -> Option<Quoted<'_>> {
        self.members.get("owner")?.get("name")?.as_str().map(Quoted)
    }

    /// Returns the name of the delegate of the last hop that the sender states.
    pub fn claimed_holder(&self) -> Option<Quoted<'_>> {
        let hops = self.members.get("hops")?.as_array()?;
        hops.last()?.pointer("/to/name")?.as_str().map(Quoted)
    }

    /// Returns the reasons that the sender states.
    pub fn reasons(&self) -> &[ReceivedReason] {
        &self.reasons
    }

    /// Returns all members as they were sent. Their texts are not escaped.
    pub fn as_json(&self) -> &Map<String, Json> {
        &self.members
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }
}

/// Writes the sentence, and marks it as the sender's.
impl Display for ReceivedReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "received, not checked: {}", self.summary)
    }
}
