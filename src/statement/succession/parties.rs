//! The keys that belong to one party, and the void statements.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use crate::key::PublicKey;
use crate::statement::digest::StatementDigest;

/// The keys that belong to one party, by the statements of [`Successions`](crate::Successions) that
/// are not void. Cheap to clone. The default has no succession.
#[derive(Debug, Clone, Default)]
pub struct Parties(Arc<Content>);

#[derive(Debug, Default)]
struct Content {
    next: HashMap<PublicKey, PublicKey>,
    previous: HashMap<PublicKey, PublicKey>,
    /// The first key of each succession that a key is in.
    first: HashMap<PublicKey, PublicKey>,
    voids: Vec<VoidSuccession>,
}

impl Parties {
    /// Joins the keys of these pairs of an old and a new key. A key occurs at most once on each
    /// side, and the pairs form no circle.
    pub(super) fn of(pairs: &[(PublicKey, PublicKey)], voids: Vec<VoidSuccession>) -> Self {
        let next: HashMap<_, _> = pairs.iter().copied().collect();
        let previous: HashMap<_, _> = pairs.iter().map(|(old, new)| (*new, *old)).collect();
        let mut first = HashMap::with_capacity(next.len());
        for start in next.keys().filter(|key| !previous.contains_key(*key)) {
            let mut at = Some(*start);
            while let Some(key) = at {
                first.insert(key, *start);
                at = next.get(&key).copied();
            }
        }
        Self(Arc::new(Content { next, previous, first, voids }))
    }

    /// Returns the key that succeeds this one.
    pub fn successor_of(&self, key: &PublicKey) -> Option<PublicKey> {
        self.0.next.get(key).copied()
    }

    /// Returns the key that this one succeeds.
    pub fn predecessor_of(&self, key: &PublicKey) -> Option<PublicKey> {
        self.0.previous.get(key).copied()
    }

    /// Returns true if the keys are equal, or one succeeds the other directly or through further
    /// keys.
    pub fn are_one_party(&self, one: &PublicKey, other: &PublicKey) -> bool {
        let first = |key| self.0.first.get(key);
        one == other || first(one).is_some_and(|own| first(other) == Some(own))
    }

    /// Returns the statements that do not count, with the reasons.
    pub fn voids(&self) -> &[VoidSuccession] {
        &self.0.voids
    }
}

/// Statements that do not count, for one reason. A statement may be void for several reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VoidSuccession {
    /// The reason.
    pub why: VoidReason,
    /// The digests of the statements, in ascending order.
    pub statements: Vec<StatementDigest>,
}

/// The reason why successor statements do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VoidReason {
    /// One of the keys is reported as compromised, and the report does not except the statement.
    Reported,
    /// The key has two successors or more.
    TwoSuccessors(Box<PublicKey>),
    /// The key has two predecessors or more.
    TwoPredecessors(Box<PublicKey>),
    /// A chain of them comes back to a key.
    Cycle,
}

/// Writes the reason as the end of a sentence about the statements.
impl Display for VoidReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reported => f.write_str("one of the keys is reported as compromised"),
            Self::TwoSuccessors(key) => write!(f, "the key {key} has more than one successor"),
            Self::TwoPredecessors(key) => write!(f, "the key {key} has more than one predecessor"),
            Self::Cycle => f.write_str("the keys succeed each other in a circle"),
        }
    }
}
