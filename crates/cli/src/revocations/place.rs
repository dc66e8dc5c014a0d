//! Whose list it is, and its place in the series.

use deputize::{KeyEnd, RevocationList};
use schemars::JsonSchema;
use serde::Serialize;

use crate::statements::issue::Issue;
use crate::statements::place;

/// Whose list it is, and its place in the series, as JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Place {
    #[serde(flatten)]
    place: place::Place,
    /// True if it reports its own key as compromised: then no newer list follows.
    r#final: bool,
}

impl Place {
    /// Returns the place of a list.
    pub fn of(list: &RevocationList) -> Self {
        Self { place: place::Place::of(&Issue::from(list)), r#final: is_final(list) }
    }
}

/// Returns true if the list reports its own issuer as compromised, so that verifiers take no newer
/// one: otherwise a thief could withdraw the report.
pub fn is_final(list: &RevocationList) -> bool {
    let own = list.issuer();
    list.keys().any(|(key, revoked)| key == own && !matches!(revoked.end(), KeyEnd::Retired { .. }))
}
