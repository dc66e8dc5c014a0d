//! The entry of a delegate in the directory of agents.

use serde::Serialize;

use crate::instant::{Span, UnixTime};
use crate::key::PublicKey;
use crate::principal::PrincipalKind;
use crate::report::wording::Piece;
use crate::statement::directory::agent::AgentStatus;
use crate::statement::directory::facts::AgentFacts;
use crate::statement::directory::signed::Directory;

/// The entry of a delegate in the directory of agents that the verifier follows. It is the
/// statement of the directory's issuer at the time of issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AgentReport {
    /// The key that signed the directory, `ed25519/…`.
    #[cfg_attr(feature = "schema", schemars(with = "PublicKey"))]
    pub directory_of: String,
    /// The place of the directory in its series.
    pub sequence: u64,
    /// The time of its issue, RFC 3339.
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub issued: String,
    /// The seconds since then.
    pub seconds_old: u64,
    /// The id of the agent, a URI.
    pub id: String,
    /// The status of the agent.
    pub status: AgentStatus,
    /// The name of the person or organization that answers for it.
    pub accountable: String,
    /// The kind of that party.
    pub accountable_kind: PrincipalKind,
    /// The purposes of the agent, in words.
    pub responsibilities: Vec<String>,
    /// The time from which on the agent may act, RFC 3339, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub valid_from: Option<String>,
    /// The time from which on the agent may no longer act, RFC 3339, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub valid_until: Option<String>,
    /// The time of the last review, RFC 3339, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub last_review: Option<String>,
    /// The time by which it must be reviewed, RFC 3339, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date-time")))]
    pub next_review: Option<String>,
    /// True if delegates below it need no entry of their own.
    pub may_spawn: bool,
    #[serde(skip)]
    fingerprint: String,
}

impl AgentReport {
    /// Reports on the directory's entry for a key.
    pub(super) fn of(directory: &Directory, key: &PublicKey, at: UnixTime) -> Option<Self> {
        let facts = directory.facts(key, at.to_datetime())?;
        let AgentFacts { issuer, sequence, issued, id, status, accountable, .. } = facts;
        let issued = UnixTime::from(issued);
        let time = |at: Option<_>| at.map(|at| UnixTime::from(at).to_string());
        Some(Self {
            directory_of: issuer.to_string(),
            sequence,
            issued: issued.to_string(),
            seconds_old: at.since(issued),
            id,
            status,
            accountable: accountable.name().to_owned(),
            accountable_kind: accountable.kind(),
            responsibilities: facts.responsibilities,
            valid_from: time(facts.valid_from),
            valid_until: time(facts.valid_until),
            last_review: time(facts.last_review),
            next_review: time(facts.next_review),
            may_spawn: facts.may_spawn,
            fingerprint: issuer.fingerprint(),
        })
    }

    pub(super) fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = vec![
            Piece::words(format!("{}, ", self.status)),
            Piece::Chosen(&self.id),
            Piece::words(", answered for by "),
            Piece::Name(&self.accountable),
        ];
        let from = self.valid_from.as_ref().map(|at| format!(", from {at}"));
        let until = self.valid_until.as_ref().map(|at| format!(", until {at}"));
        let review = self.next_review.as_ref().map(|at| format!(", review by {at}"));
        let spawn = self.may_spawn.then(|| ", may spawn".to_owned());
        let more = [from, until, review, spawn].into_iter().flatten().collect::<String>();
        let (sequence, age) = (self.sequence, Span(self.seconds_old));
        pieces.push(Piece::words(format!(
            " ({}){more}; directory {sequence} of ",
            self.accountable_kind
        )));
        pieces.push(Piece::Digits(self.fingerprint.as_str().into()));
        pieces.push(Piece::words(format!(", {age} old")));
        pieces
    }
}
