//! The facts of a directory about one agent, for reports.

use time::{Duration, OffsetDateTime};

use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::principal::Owner;
use crate::statement::directory::agent::{Agent, AgentStatus};
use crate::statement::directory::signed::Directory;

/// The facts of a directory about an agent. They are the issuer's statement at the time of issue,
/// not the verifier's own knowledge.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentFacts {
    /// The key that signed the directory.
    pub issuer: PublicKey,
    /// The place of the directory in its series.
    pub sequence: u64,
    /// The time of its issue.
    pub issued: OffsetDateTime,
    /// The time since then.
    pub age: Duration,
    /// The agent's id.
    pub id: String,
    /// Its status.
    pub status: AgentStatus,
    /// The person or organization that answers for it.
    pub accountable: Owner,
    /// The purposes of the agent, in words.
    pub responsibilities: Vec<String>,
    /// The time from which on the agent may act.
    pub valid_from: Option<OffsetDateTime>,
    /// The time from which on the agent may no longer act.
    pub valid_until: Option<OffsetDateTime>,
    /// The time of the last review.
    pub last_review: Option<OffsetDateTime>,
    /// The time by which it must be reviewed.
    pub next_review: Option<OffsetDateTime>,
    /// True if delegates below it need no entry of their own.
    pub may_spawn: bool,
}

impl Directory {
    /// Returns the facts of the directory about the agent with this key.
    pub fn facts(&self, key: &PublicKey, now: OffsetDateTime) -> Option<AgentFacts> {
        let agent = self.agent(key)?;
        let Agent { id, accountable, responsibilities, status, may_spawn, .. } = agent;
        let age = i64::try_from(self.age(UnixTime::from(now))).unwrap_or(i64::MAX);
        Some(AgentFacts {
            issuer: self.issuer(),
            sequence: self.sequence(),
            issued: self.issued(),
            age: Duration::seconds(age),
            id: id.clone(),
            status: *status,
            accountable: accountable.clone(),
            responsibilities: responsibilities.clone(),
            valid_from: agent.valid_from(),
            valid_until: agent.valid_until(),
            last_review: agent.last_review(),
            next_review: agent.next_review(),
            may_spawn: *may_spawn,
        })
    }
}
