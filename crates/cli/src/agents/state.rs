//! The faults of an agent at a time, by its own entry.

use std::fmt::{self, Display, Formatter};

use deputize::{Agent, AgentStatus};
use schemars::JsonSchema;
use serde::Serialize;
use time::OffsetDateTime;

use crate::output::granted::{at, named};

/// A reason why verifiers refuse an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Refused {
    /// The agent is suspended.
    Suspended,
    /// The agent is retired.
    Retired,
    /// The agent may not act yet.
    NotYetValid {
        /// The time from which on it may act, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        from: String,
    },
    /// The agent may not act any more.
    Ended {
        /// The time from which on it may not act, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        until: String,
    },
    /// The agent was not reviewed in time.
    ReviewOverdue {
        /// The time by which the review was due, RFC 3339.
        #[schemars(extend("format" = "date-time"))]
        due: String,
    },
}

impl Refused {
    /// Returns every reason against an agent at this time.
    pub fn all_of(agent: &Agent, now: OffsetDateTime) -> Vec<Self> {
        let status = match agent.status() {
            AgentStatus::Active => None,
            AgentStatus::Suspended => Some(Self::Suspended),
            AgentStatus::Retired => Some(Self::Retired),
        };
        let from = agent.valid_from().filter(|from| now < *from);
        let until = agent.valid_until().filter(|until| now >= *until);
        let due = agent.next_review().filter(|due| now >= *due);
        let reasons = [
            status,
            from.map(|from| Self::NotYetValid { from: at(from) }),
            until.map(|until| Self::Ended { until: at(until) }),
            due.map(|due| Self::ReviewOverdue { due: at(due) }),
        ];
        reasons.into_iter().flatten().collect()
    }
}

impl Display for Refused {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Suspended => f.write_str("suspended"),
            Self::Retired => f.write_str("retired"),
            Self::NotYetValid { from } => write!(f, "may act from {from} on"),
            Self::Ended { until } => write!(f, "ended at {until}"),
            Self::ReviewOverdue { due } => write!(f, "review overdue since {due}"),
        }
    }
}

/// Returns a clause about an agent whose name equals or resembles that of another agent.
pub fn alike_in_words(agent: &Agent, other: &Agent) -> String {
    let name = named(other.principal());
    match agent.principal().name() == other.principal().name() {
        true => format!("shares its name with {name}: refused without a successor statement"),
        false => format!("its name looks like that of {name}: refused"),
    }
}

/// Returns the reasons in one line.
pub fn in_words(refused: &[Refused]) -> String {
    refused.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
