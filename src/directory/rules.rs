//! The judgement of the agents of a chain by directories.

use std::collections::{BTreeSet, HashMap};
use std::fmt::{self, Display, Formatter};

use time::OffsetDateTime;

use crate::chain::Hop;
use crate::directory::agent::{Agent, AgentStatus};
use crate::directory::signed::Directory;
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::principal::{Principal, PrincipalKind};
use crate::succession::parties::Parties;
use crate::text::contrast::distinguish;
use crate::text::escape::Quoted;

/// What a verifier requires of the delegates of a chain, by the directories that it follows. Several
/// directories count as one that has the entries of all; a key that several list must pass in each.
///
/// For each delegate, whatever kind its hop states:
///
/// - An entry with its key must be active, in time, before its next review, and have the name and
///   the kind that the hop states. No other entry may have its name, unless their keys are one
///   party.
/// - Without an entry, an earlier delegate of the chain must have one that may spawn, or the key
///   must be named as [outside](Self::with_outside). Its name may not be, or look like, that of an
///   entry.
///
/// With no directory, every delegate but those outside is refused. Whether the directories are fresh
/// is for the caller to judge.
#[derive(Debug, Clone)]
pub struct DirectoryRules {
    directories: Vec<Directory>,
    parties: Parties,
    outside: BTreeSet<PublicKey>,
    /// The names of entries that are not one party, each with two keys that are not.
    divided: HashMap<String, [PublicKey; 2]>,
}

impl DirectoryRules {
    /// Creates the rules. It takes time in proportion to the number of agents, so keep them until a
    /// directory or a successor changes.
    pub fn new(directories: impl IntoIterator<Item = Directory>, parties: Parties) -> Self {
        let directories: Vec<_> = directories.into_iter().collect();
        let mut named = HashMap::<&str, PublicKey>::new();
        let mut divided = HashMap::new();
        for agent in directories.iter().flat_map(Directory::agents) {
            let (name, key) = (agent.principal().name(), agent.key());
            let first = *named.entry(name).or_insert(key);
            if !parties.are_one_party(&first, &key) {
                divided.entry(name.to_owned()).or_insert([first, key]);
            }
        }
        // The first decision must not wait for it.
        for directory in &directories {
            directory.names();
        }
        Self { directories, parties, outside: BTreeSet::new(), divided }
    }

    /// Names keys that need no entry, such as those of another organization. Their names may still
    /// not be, or look like, that of an entry.
    pub fn with_outside(mut self, keys: impl IntoIterator<Item = PublicKey>) -> Self {
        self.outside.extend(keys);
        self
    }

    /// Returns the directories.
    pub fn directories(&self) -> &[Directory] {
        &self.directories
    }

    /// Returns everything that speaks against the delegates of these hops, the owner's first.
    pub fn judge(&self, hops: &[Hop], now: OffsetDateTime) -> Vec<AgentFinding> {
        self.judge_delegates(hops.iter().map(Hop::delegate), UnixTime::from(now))
    }

    fn judge_delegates<'a>(
        &self,
        delegates: impl IntoIterator<Item = &'a Principal>,
        at: UnixTime,
    ) -> Vec<AgentFinding> {
        let mut findings = Vec::new();
        let mut is_spawned = false;
        for (hop, delegate) in delegates.into_iter().enumerate() {
            let key = delegate.key();
            let entries: Vec<_> =
                self.directories.iter().filter_map(|own| own.agent(&key)).collect();
            let mut faults = Vec::new();
            for entry in &entries {
                entry_faults(entry, delegate, at, &mut faults);
                faults.extend(self.other_key(entry));
            }
            if entries.is_empty() {
                if !is_spawned && !self.outside.contains(&key) {
                    faults.push(AgentFault::NotListed);
                }
                faults.extend(self.directories.iter().find_map(|own| looks_like(own, delegate)));
            } else if faults.is_empty() {
                is_spawned |= entries.iter().all(|entry| entry.may_spawn);
            }
            // Two directories may say the same of a key.
            faults.sort_unstable();
            faults.dedup();
            findings.extend(faults.into_iter().map(|fault| AgentFinding { hop, fault }));
        }
        findings
    }

    /// Finds another key that has the name of an entry, and is not the same party.
    fn other_key(&self, entry: &Agent) -> Option<AgentFault> {
        let keys = self.divided.get(entry.principal.name())?;
        // Of two keys that are not one party, the entry's key is one party with at most one.
        let other = keys.iter().find(|key| !self.parties.are_one_party(key, &entry.key()))?;
        Some(AgentFault::TwoKeys { other: Box::new(*other) })
    }
}

fn entry_faults(entry: &Agent, delegate: &Principal, at: UnixTime, faults: &mut Vec<AgentFault>) {
    match entry.status {
        AgentStatus::Active => {}
        AgentStatus::Suspended => faults.push(AgentFault::Suspended),
        AgentStatus::Retired => faults.push(AgentFault::Retired),
    }
    if let Some(from) = entry.valid_from.filter(|from| at < *from) {
        faults.push(AgentFault::NotYetValid { from: from.to_datetime() });
    }
    if let Some(until) = entry.valid_until.filter(|until| at >= *until) {
        faults.push(AgentFault::Ended { until: until.to_datetime() });
    }
    if let Some(due) = entry.next_review.filter(|due| at >= *due) {
        faults.push(AgentFault::ReviewOverdue { due: due.to_datetime() });
    }
    let [own, stated] = [&entry.principal, delegate];
    if own.name() != stated.name() {
        let [listed, stated] = [own.name(), stated.name()].map(str::to_owned);
        faults.push(AgentFault::NameDiffers { listed, stated });
    }
    if own.kind() != stated.kind() {
        faults.push(AgentFault::KindDiffers { listed: own.kind(), stated: stated.kind() });
    }
}

fn looks_like(directory: &Directory, delegate: &Principal) -> Option<AgentFault> {
    let entry = directory.alike(delegate.name())?;
    let [listed, stated] = [entry.principal.name(), delegate.name()].map(str::to_owned);
    Some(AgentFault::LooksLike { listed, stated, key: Box::new(entry.key()) })
}

/// Something that speaks against the delegate of a hop.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentFinding {
    /// The hop, from 0.
    pub hop: usize,
    /// What it is.
    pub fault: AgentFault,
}

/// The reason why a delegate is not an agent that a verifier accepts, by its directories.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum AgentFault {
    /// No entry has its key, it is not named as outside the directory, and no earlier delegate may
    /// spawn.
    NotListed,
    /// The agent is suspended.
    Suspended,
    /// The agent is retired.
    Retired,
    /// The agent may not act yet.
    NotYetValid {
        /// The time from which on it may.
        from: OffsetDateTime,
    },
    /// The agent may not act any more.
    Ended {
        /// The time from which on it may not.
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
    /// Another entry has the same name, and no successor statements link the two keys.
    TwoKeys {
        /// The other key.
        other: Box<PublicKey>,
    },
    /// It has no entry, and its name is that of an entry, or looks like it.
    LooksLike {
        /// The name in the entry.
        listed: String,
        /// The name in the hop.
        stated: String,
        /// The key in the entry.
        key: Box<PublicKey>,
    },
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
                write!(f, "has the kind {listed} in the directory, not {stated}")
            }
            Self::TwoKeys { other } => write!(
                f,
                "shares its name in the directory with the key {}, and no successor statement links them",
                other.fingerprint()
            ),
            Self::LooksLike { listed, stated, key } if listed == stated => {
                let (name, key) = (Quoted(stated), key.fingerprint());
                write!(f, "has the name {name}, which the directory lists with the key {key}")
            }
            Self::LooksLike { listed, stated, key } => {
                let [listed, stated] = distinguish(listed, stated);
                let key = key.fingerprint();
                write!(f, "is named {stated}, and the directory lists {listed} with the key {key}")
            }
        }
    }
}
