//! The faults of a delegate, by a directory.

use std::fmt::{self, Display, Formatter};

use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::principal::PrincipalKind;
use crate::text::contrast::distinguish;
use crate::text::escape::Quoted;

/// A reason against the delegate of a hop.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct AgentFinding {
    /// The hop, from 0.
    pub hop: usize,
    /// The fault.
    pub fault: AgentFault,
}

/// The reason why a verifier refuses a delegate, by its directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum AgentFault {
    /// The delegate has no entry, its key is not outside the directory, and no earlier delegate may
    /// spawn.
    NotListed,
    /// The agent is suspended.
    Suspended,
    /// The agent is retired.
    Retired,
    /// The agent may not act yet.
    NotYetValid {
        /// The time from which on it may act.
        from: OffsetDateTime,
    },
    /// The agent may no longer act.
    Ended {
        /// The time from which on it may not act.
        until: OffsetDateTime,
    },
    /// The agent was not reviewed in time.
    ReviewOverdue {
        /// The time by which it had to be reviewed.
        due: OffsetDateTime,
    },
    /// The hop states another name than the entry.
    NameDiffers {
        /// The name in the entry.
        listed: String,
        /// The name in the hop.
        stated: String,
    },
    /// The hop states another kind than the entry.
    KindDiffers {
        /// The kind in the entry.
        listed: PrincipalKind,
        /// The kind in the hop.
        stated: PrincipalKind,
    },
    /// The delegate has no entry, and the hop does not call it an agent.
    NotAnAgent {
        /// The kind in the hop.
        stated: PrincipalKind,
    },
    /// Another entry has the same name, and no successor statements link the two keys; or the name
    /// of another entry looks like this one.
    TwoKeys {
        /// The name in its entry.
        listed: String,
        /// The name in the other entry.
        other: String,
        /// The key in the other entry.
        key: Box<PublicKey>,
    },
    /// The delegate has no entry, and the chain gives its key another name as well.
    TwoNames {
        /// The name in the hop.
        stated: String,
        /// The other name.
        other: String,
    },
    /// The delegate has no entry, and its name is, or looks like, another party's.
    LooksLike {
        /// The name in the hop.
        stated: String,
        /// The other name.
        other: String,
        /// The party that has the other name.
        whose: NameOwner,
    },
}

/// The party that has a name which a delegate without an entry may not have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NameOwner {
    /// The agent with this key has the name.
    Agent(Box<PublicKey>),
    /// The agent with this key has the name as its id.
    AgentId(Box<PublicKey>),
    /// A party that answers for an agent has the name.
    Accountable,
    /// The owner of the chain has the name.
    Owner,
    /// The chain gives the name to the delegate with this key.
    Delegate(Box<PublicKey>),
}

/// Writes a clause about the delegate, to follow "which": "is suspended in the directory".
impl Display for AgentFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let time = |at: &OffsetDateTime| UnixTime::from(*at);
        match self {
            Self::NotListed => f.write_str("is not in the directory"),
            Self::Suspended => f.write_str("is suspended in the directory"),
            Self::Retired => f.write_str("is retired in the directory"),
            Self::NotYetValid { from } => {
                write!(f, "may act from {} on, by the directory", time(from))
            }
            Self::Ended { until } => write!(f, "may act until {}, by the directory", time(until)),
            Self::ReviewOverdue { due } => {
                write!(f, "had to be reviewed by {}, by the directory", time(due))
            }
            Self::NameDiffers { listed, stated } => {
                let [listed, stated] = distinguish(listed, stated);
                write!(f, "is {listed} in the directory, not {stated}")
            }
            Self::KindDiffers { listed, stated } => {
                write!(f, "has the kind `{listed}` in the directory, not `{stated}`")
            }
            Self::NotAnAgent { stated } => {
                write!(f, "is not in the directory, and has the kind `{stated}`, not `agent`")
            }
            Self::TwoKeys { listed, other, key } if listed == other => write!(
                f,
                "shares its name in the directory with the key {}, and no successor statement links them",
                key.fingerprint()
            ),
            Self::TwoKeys { listed, other, key } => {
                let ([listed, other], key) = (distinguish(listed, other), key.fingerprint());
                write!(
                    f,
                    "is {listed} in the directory, where {other} with the key {key} looks the same"
                )
            }
            Self::TwoNames { stated, other } => {
                let [stated, other] = distinguish(stated, other);
                write!(f, "is not in the directory, and is both {stated} and {other} in this chain")
            }
            Self::LooksLike { stated, other, whose } if stated == other => {
                write!(f, "has the name {}, which is {whose}", Quoted(stated))
            }
            Self::LooksLike { stated, other, whose } => {
                let [stated, other] = distinguish(stated, other);
                write!(f, "has the name {stated}, which looks like {other}, {whose}")
            }
        }
    }
}

impl Display for NameOwner {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(key) => {
                write!(f, "the name of the key {} in the directory", key.fingerprint())
            }
            Self::AgentId(key) => {
                write!(f, "the id of the key {} in the directory", key.fingerprint())
            }
            Self::Accountable => f.write_str("the name of an accountable party in the directory"),
            Self::Owner => f.write_str("the owner's name"),
            Self::Delegate(key) => {
                write!(f, "the name of the key {} in this chain", key.fingerprint())
            }
        }
    }
}
