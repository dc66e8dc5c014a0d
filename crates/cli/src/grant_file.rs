//! The file that `--capabilities` names.

use deputize::Capability;
use deputize::limits::MAX_CAPABILITIES;
use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;

/// What a delegate may do: one of these is enough for a call.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantFile {
    /// The capabilities, at least one.
    #[schemars(length(min = 1, max = MAX_CAPABILITIES))]
    pub capabilities: Vec<Capability>,
}

impl GrantFile {
    /// Reads `{"capabilities":[…]}`.
    ///
    /// # Errors
    ///
    /// [`GrantFileError`] for any other JSON, unknown fields and repeated keys included.
    pub fn from_json(json: &str) -> Result<Self, GrantFileError> {
        // Serde would take a list of the fields' values too.
        if !json.trim_ascii_start().starts_with('{') {
            return Err(GrantFileError::NotAnObject);
        }
        let file: Self =
            serde_json::from_str(json).map_err(|e| GrantFileError::Json(e.to_string()))?;
        match file.capabilities.len() {
            1..=MAX_CAPABILITIES => Ok(file),
            found => Err(GrantFileError::Count { found }),
        }
    }
}

/// Why a text is no grant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GrantFileError {
    /// Not an object.
    #[error("a grant is a JSON object with `capabilities`")]
    NotAnObject,
    /// Not the JSON of a grant.
    #[error("the grant is not the JSON that was expected: {0}")]
    Json(String),
    /// No capability, or too many.
    #[error("a grant has 1 to {MAX_CAPABILITIES} capabilities, this one has {found}")]
    Count {
        /// How many.
        found: usize,
    },
}
