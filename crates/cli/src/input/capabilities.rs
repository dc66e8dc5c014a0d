//! The file that `--capabilities` names.

use deputize::Capability;
use deputize::limits::MAX_CAPABILITIES;
use deputize::text::json::{self, JsonError};
use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;

/// Capabilities for a delegate, one of which must cover a call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CapabilitiesFile {
    /// The capabilities, at least one.
    #[schemars(length(min = 1, max = MAX_CAPABILITIES))]
    pub capabilities: Vec<Capability>,
}

impl CapabilitiesFile {
    /// Reads `{"capabilities":[…]}`.
    ///
    /// # Errors
    ///
    /// [`CapabilitiesError`] for any other JSON, unknown fields and repeated keys included.
    pub fn from_json(json: &str) -> Result<Self, CapabilitiesError> {
        let file: Self = json::read_object(json).map_err(CapabilitiesError::Json)?;
        match file.capabilities.len() {
            1..=MAX_CAPABILITIES => Ok(file),
            found => Err(CapabilitiesError::Count { found }),
        }
    }
}

/// The reason why a text is not a file of capabilities.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CapabilitiesError {
    /// The text is not the JSON of such a file.
    #[error("cannot read the capabilities: {0}")]
    Json(JsonError),
    /// There is no capability, or there are too many.
    #[error("the file must have 1 to {MAX_CAPABILITIES} capabilities, and has {found}")]
    Count {
        /// The number of capabilities.
        found: usize,
    },
}
