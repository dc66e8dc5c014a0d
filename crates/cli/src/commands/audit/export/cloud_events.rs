//! A decision as a CloudEvent.

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::audit::export::event::{Decided, What};
use crate::commands::audit::show::ShownLine;
use crate::output::granted::at;

/// A decision of a log as a CloudEvent 1.0 in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CloudEvent {
    /// The version of CloudEvents: 1.0.
    specversion: &'static str,
    /// The index of the record: with the source, the event is named once.
    id: String,
    /// The origin of the log.
    source: String,
    /// `deputize.decision.allowed` or `deputize.decision.refused`. If the decision was observed and not
    /// enforced, `deputize.decision.would_allow` or `deputize.decision.would_refuse`, and
    /// `deputize.call.unpresented` if no presentation counts for the call.
    r#type: &'static str,
    /// The time of the decision, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    time: String,
    /// The key of the agent that made the call, if the record shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// The media type of the data.
    datacontenttype: &'static str,
    /// The hash of the record as a leaf of the log's tree, in hexadecimal.
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    deputizeleaf: String,
    /// The record, as `audit show --format json` prints it.
    data: ShownLine,
}

impl CloudEvent {
    /// Makes the event of a record, if it is about a call.
    pub fn of(decided: &Decided<'_>) -> Option<Self> {
        let record = decided.record;
        Some(Self {
            specversion: "1.0",
            id: record.core.index.to_string(),
            source: decided.origin.to_string(),
            r#type: match decided.what {
                What::Decision(own) => match (own.allowed, own.enforced) {
                    (true, true) => "deputize.decision.allowed",
                    (false, true) => "deputize.decision.refused",
                    (true, false) => "deputize.decision.would_allow",
                    (false, false) => "deputize.decision.would_refuse",
                },
                What::Unpresented(_) => "deputize.call.unpresented",
            },
            time: at(record.core.at),
            subject: decided.agents.last().map(|agent| agent.key.clone()),
            datacontenttype: "application/json",
            deputizeleaf: decided.leaf(),
            data: ShownLine::of(record)?,
        })
    }
}
