//! The place of a statement in its series, for people and as JSON.

use deputize::{PublicKey, StatementDigest};
use schemars::JsonSchema;
use serde::Serialize;

use crate::output::granted::at;
use crate::statements::issue::Issue;

/// The issuer of a statement, and its place in the series, as JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Place {
    /// The key that signed it.
    issuer: PublicKey,
    /// The chains that it is about: `own`, `root KEY`, `power HOP` or `named`.
    scope: String,
    /// The place in the series, from 1.
    sequence: u64,
    /// The time of issue by the issuer's clock, RFC 3339.
    #[schemars(extend("format" = "date-time"))]
    issued: String,
    /// The time by which the next one is issued, RFC 3339. From then on this one is stale.
    #[schemars(extend("format" = "date-time"))]
    next: String,
    /// The digest, which identifies it.
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    digest: String,
    /// The digest of the previous statement, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = "^[0-9a-f]{64}$"))]
    previous: Option<String>,
    /// The digests of the heads whose fork it ends.
    ends: Vec<String>,
}

impl Place {
    /// Returns the place of a statement.
    pub fn of(issue: &Issue<'_>) -> Self {
        Self {
            issuer: issue.issuer,
            scope: issue.scope.to_string(),
            sequence: issue.sequence,
            issued: at(issue.issued),
            next: at(issue.next),
            digest: issue.digest.to_string(),
            previous: issue.previous.as_ref().map(StatementDigest::to_string),
            ends: issue.ends.iter().map(StatementDigest::to_string).collect(),
        }
    }
}

/// Returns the place of a statement in lines for people. The issuer is not in them. `scope`
/// explains the scope.
pub fn lines(issue: &Issue<'_>, scope: &str) -> Vec<String> {
    let mut lines = vec![
        format!("  scope:    {scope}"),
        format!("  sequence: {}", issue.sequence),
        format!("  issued:   {}", at(issue.issued)),
        format!("  next:     {}", at(issue.next)),
        format!("  digest:   {}", issue.digest),
    ];
    lines.extend(issue.previous.map(|digest| format!("  previous: {digest}")));
    lines.extend(issue.ends.iter().map(|digest| format!("  ends:     {digest}")));
    lines
}
