//! The file that `--grant` names, as `deputize review --propose` writes it.

use std::collections::BTreeSet;
use std::path::Path;

use deputize::limits::{MAX_CAPABILITIES, MAX_LIST};
use deputize::text::json;
use deputize::{Capability, PublicKey};
use deputize_audit::Proposal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::input::json_file;
use crate::output::Error;

/// The part of a grant that a review proposes. To whom, until when and why, a person states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantFile {
    /// The capabilities, at least one. One of them must cover a call.
    #[schemars(length(min = 1, max = MAX_CAPABILITIES))]
    pub capabilities: Vec<Capability>,
    /// The services that may be called; absent for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_LIST))]
    pub audience: Option<BTreeSet<String>>,
    /// The keys to which further delegations may go; absent for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = MAX_LIST))]
    pub delegates: Option<BTreeSet<String>>,
    /// The number of further delegations that may follow.
    #[serde(default)]
    pub max_hops: u32,
}

impl GrantFile {
    /// Returns what a review proposes.
    pub fn of(proposal: &Proposal) -> Self {
        Self {
            capabilities: proposal.capabilities.clone(),
            audience: proposal.audience.clone(),
            delegates: proposal
                .allowed_delegates
                .as_ref()
                .map(|keys| keys.iter().map(ToString::to_string).collect()),
            max_hops: proposal.max_hops,
        }
    }

    /// Returns the keys to which further delegations may go.
    ///
    /// # Errors
    ///
    /// If one is not a key.
    pub fn delegates(&self) -> Result<Option<Vec<PublicKey>>, Error> {
        let key = |text: &String| text.parse().map_err(|why| Error::about("--grant", why));
        self.delegates.as_ref().map(|keys| keys.iter().map(key).collect()).transpose()
    }

    /// Reads the file that `--grant` names.
    ///
    /// # Errors
    ///
    /// If it is not such a file, unknown members and repeated keys included.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text = json_file::read("--grant", path)?;
        let file: Self =
            json::read_object(&text).map_err(|e| json_file::error("--grant", path, e))?;
        if file.capabilities.is_empty() {
            let why = "the file has no capability; there is nothing to grant";
            return Err(json_file::error("--grant", path, why));
        }
        Ok(file)
    }
}
