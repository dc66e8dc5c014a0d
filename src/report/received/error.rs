//! The reasons why a text is not a denial or a report.

use serde::Deserialize;
use serde_json::{Map, Value as Json};
use thiserror::Error;

use crate::limits::MAX_RECEIVED_BYTES;
use crate::reason::ReceivedReason;
use crate::text::json::{self, JsonError};

/// The reason why a received text is not a denial or a report.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReceiveError {
    /// The text is longer than [`MAX_RECEIVED_BYTES`].
    #[error("the text has {bytes} bytes, and at most {MAX_RECEIVED_BYTES} are read")]
    TooLong {
        /// Its length, in bytes.
        bytes: usize,
    },
    /// The text is not JSON, or a member has the wrong type.
    #[error("cannot read the JSON: {0}")]
    Json(#[from] JsonError),
    /// The JSON is something else: a decision that allows the call, or an error about the input.
    #[error(
        "the JSON is not a denial; it must have `reasons` or a `class`, and no decision but `deny`"
    )]
    NotADenial,
    /// The JSON is something else.
    #[error("the JSON is not a report, and has none in its member `report`")]
    NotAReport,
}

/// Reads an object in which no object repeats a key.
pub(super) fn read(text: &str) -> Result<Map<String, Json>, ReceiveError> {
    if text.len() > MAX_RECEIVED_BYTES {
        return Err(ReceiveError::TooLong { bytes: text.len() });
    }
    match json::read(text)? {
        Json::Object(members) => Ok(members),
        other => Ok(json::FromObject::<Map<_, _>>::deserialize(other).map_err(JsonError::from)?.0),
    }
}

/// Reads the member `reasons`, if there is one.
pub(super) fn reasons(
    members: &Map<String, Json>,
) -> Result<Option<Vec<ReceivedReason>>, ReceiveError> {
    let reasons = members.get("reasons").map(Vec::deserialize).transpose();
    Ok(reasons.map_err(JsonError::from)?)
}
