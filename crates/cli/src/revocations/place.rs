//! The issuer of a list, and its place in the series.

use deputize::{KeyEnd, RevocationList};
use schemars::JsonSchema;
use serde::Serialize;

use crate::statements::issue::Issue;
use crate::statements::place;

/// The issuer of a list, and its place in the series, as JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Place {
    #[serde(flatten)]
    place: place::Place,
    /// True if the list reports its own key as compromised, so that no newer list can follow.
    r#final: bool,
}

impl Place {
    /// Returns the place of a list.
    pub fn of(list: &RevocationList) -> Self {
        Self { place: place::Place::of(&Issue::from(list)), r#final: is_final(list) }
    }
}

/// Returns true if the list reports its own issuer as compromised, so that verifiers refuse newer
/// ones: otherwise a thief could withdraw the report.
pub fn is_final(list: &RevocationList) -> bool {
    let own = list.issuer();
    list.keys().any(|(key, revoked)| key == own && !matches!(revoked.end(), KeyEnd::Retired { .. }))
}
