//! Whose list it is, and its place in the series.

use deputize::{KeyEnd, PublicKey, RevocationList, StatementDigest};
use schemars::JsonSchema;
use serde::Serialize;

use crate::output::granted::at;

/// Whose list it is, and its place in the series, as JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Place {
    /// The key that signed it.
    issuer: PublicKey,
    /// The chains that it is about: `own`, `root KEY`, or `power HOP`.
    scope: String,
    /// The place in the series, from 1.
    sequence: u64,
    /// The time of issue by the issuer's clock, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    issued: String,
    /// The time by which the next list is issued, RFC 3339. From then on this one is stale.
    #[schemars(extend("format" = "date-time"))]
    next: String,
    /// The digest of the list.
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    digest: String,
    /// The digest of the list before it, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    previous: Option<String>,
    /// The digests of lists whose fork it ends.
    ends: Vec<String>,
    /// True if it reports its own key as compromised: then no newer list follows.
    r#final: bool,
}

impl Place {
    /// Returns the place of a list.
    pub fn of(list: &RevocationList) -> Self {
        Self {
            issuer: list.issuer(),
            scope: list.scope().to_string(),
            sequence: list.sequence(),
            issued: at(list.issued()),
            next: at(list.next_update()),
            digest: list.digest().to_string(),
            previous: list.previous().as_ref().map(StatementDigest::to_string),
            ends: list.ends().map(|digest| digest.to_string()).collect(),
            r#final: is_final(list),
        }
    }
}

/// Returns true if the list reports its own issuer as compromised, so that verifiers take no newer
/// one: otherwise a thief could withdraw the report.
pub fn is_final(list: &RevocationList) -> bool {
    let own = list.issuer();
    list.keys().any(|(key, revoked)| key == own && !matches!(revoked.end(), KeyEnd::Retired { .. }))
}
