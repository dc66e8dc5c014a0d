//! A set of successor statements, and the rules that resolve them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::key::PublicKey;
use crate::limits::{MAX_LINKED_SUCCESSORS, MAX_SUCCESSORS};
use crate::statement::digest::StatementDigest;
use crate::statement::succession::error::SuccessorError;
use crate::statement::succession::parties::{Parties, VoidReason, VoidSuccession};
use crate::statement::succession::statement::Successor;

/// A set of successor statements, at most [`MAX_SUCCESSORS`]. Their order does not matter.
///
/// [`resolve`](Self::resolve) applies the rules:
///
/// 1. Statements from or to a key that is reported as compromised are void, except those that the
///    report excepts. The rules below are applied to the other statements, so the true successor
///    counts again once a thief's statement is void.
/// 2. A key has at most one successor and one predecessor. Statements that contradict each other in
///    this are all void.
/// 3. Statements that form a circle are void, and so are those between two circles.
///
/// A statement that is void by rule 2 or 3 stays void when further statements are added.
///
/// ```
/// use deputize::{Signer, SigningKey, Successions, Successor, VoidReason};
/// use time::macros::datetime;
///
/// let now = datetime!(2026-11-23 18:00 UTC);
/// let [old, new, thief] = [SigningKey::generate()?, SigningKey::generate()?, SigningKey::generate()?];
/// let keys = [old.public_key(), new.public_key()];
/// let mut statements = Successions::new();
/// statements.add(Successor::sign(&old, &new, now)?)?;
/// assert!(statements.resolve(|_| false).are_one_party(&keys[0], &keys[1]));
///
/// // Somebody stole the old key, and names a successor of their own.
/// statements.add(Successor::sign(&old, &thief, now)?)?;
/// let parties = statements.resolve(|_| false);
/// assert_eq!(parties.successor_of(&keys[0]), None);
/// assert_eq!(parties.voids()[0].why, VoidReason::TwoSuccessors(Box::new(keys[0])));
///
/// // The report of the theft excepts the true statement.
/// let parties = statements.resolve(|one| one.old() == keys[0] && one.new_key() != keys[1]);
/// assert_eq!(parties.successor_of(&keys[0]), Some(keys[1]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Successions {
    statements: BTreeMap<StatementDigest, Arc<Successor>>,
    /// The statements from or to each key.
    of_key: BTreeMap<PublicKey, BTreeSet<StatementDigest>>,
}

impl Successions {
    /// Creates an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a statement. One that is in the set already changes nothing.
    ///
    /// # Errors
    ///
    /// [`SuccessorError::TooMany`] if the set is full.
    pub fn add(&mut self, statement: Successor) -> Result<(), SuccessorError> {
        self.add_shared(Arc::new(statement))
    }

    fn add_shared(&mut self, statement: Arc<Successor>) -> Result<(), SuccessorError> {
        if !self.has_room_for(&statement)? {
            return Ok(());
        }
        let digest = statement.digest();
        for key in [statement.old(), statement.new_key()] {
            self.of_key.entry(key).or_default().insert(digest);
        }
        self.statements.insert(digest, statement);
        Ok(())
    }

    /// Returns false if the set has the statement already.
    pub(crate) fn has_room_for(&self, statement: &Successor) -> Result<bool, SuccessorError> {
        match self.statements.contains_key(&statement.digest()) {
            true => Ok(false),
            false if self.statements.len() >= MAX_SUCCESSORS => Err(SuccessorError::TooMany),
            false => Ok(true),
        }
    }

    /// Returns the statement with this digest.
    pub fn get(&self, digest: &StatementDigest) -> Option<&Successor> {
        self.statements.get(digest).map(|own| &**own)
    }

    /// Returns the statements, in the order of their digests.
    pub fn iter(&self) -> impl Iterator<Item = &Successor> {
        self.statements.values().map(|own| &**own)
    }

    /// Returns the statements that are linked to this key, directly or through other statements. No
    /// other statement changes the result of [`resolve`](Self::resolve) for the key.
    ///
    /// `None` if there are more than [`MAX_LINKED_SUCCESSORS`].
    pub(crate) fn linked_to(&self, key: &PublicKey) -> Option<Self> {
        let (mut linked, mut near) = (Self::default(), vec![*key]);
        let mut seen = BTreeSet::from([*key]);
        while let Some(key) = near.pop() {
            let statements = self.of_key.get(&key).into_iter().flatten();
            for own in statements.filter_map(|digest| self.statements.get(digest)) {
                // The result has room: these statements are a part of the full set.
                let _ = linked.add_shared(Arc::clone(own));
                if linked.statements.len() > MAX_LINKED_SUCCESSORS {
                    return None;
                }
                near.extend([own.old(), own.new_key()].into_iter().filter(|key| seen.insert(*key)));
            }
        }
        Some(linked)
    }

    /// Resolves the statements to parties. `is_reported` returns true for a statement whose old or
    /// new key is reported as compromised by a report that does not except the statement. The
    /// result may depend on the chain, because the chain decides which reports count.
    ///
    /// The work grows with the number of statements *n* as *n* log *n*, whatever the statements
    /// are.
    pub fn resolve(&self, is_reported: impl Fn(&Successor) -> bool) -> Parties {
        let mut pairs = Pairs::new();
        let mut reported = Vec::new();
        for (digest, own) in &self.statements {
            match is_reported(own) {
                true => reported.push(*digest),
                // Two statements with the same keys agree.
                false => pairs.entry((own.old(), own.new_key())).or_default().push(*digest),
            }
        }
        let mut voids = Vec::new();
        if !reported.is_empty() {
            voids.push(VoidSuccession { why: VoidReason::Reported, statements: reported });
        }
        let keys = Keys::of(&pairs);
        let mut remaining: BTreeSet<Pair> = pairs.keys().copied().collect();
        for (why, wrong) in keys.differing().into_iter().chain(keys.circles()) {
            for pair in &wrong {
                remaining.remove(pair);
            }
            let of = |pair| pairs.get(pair).into_iter().flatten().copied();
            let mut statements: Vec<_> = wrong.iter().flat_map(of).collect();
            statements.sort_unstable();
            voids.push(VoidSuccession { why, statements });
        }
        Parties::of(&remaining.into_iter().collect::<Vec<_>>(), voids)
    }
}

/// An old key and a new one.
type Pair = (PublicKey, PublicKey);

/// The stated successions, with the statements of each.
type Pairs = BTreeMap<Pair, Vec<StatementDigest>>;

/// The keys of successions, each with the keys that it is linked to.
struct Keys(BTreeMap<PublicKey, Links>);

#[derive(Default)]
struct Links {
    older: BTreeSet<PublicKey>,
    newer: BTreeSet<PublicKey>,
}

impl Keys {
    fn of(pairs: &Pairs) -> Self {
        let mut keys = BTreeMap::<PublicKey, Links>::new();
        for (old, new) in pairs.keys() {
            keys.entry(*old).or_default().newer.insert(*new);
            keys.entry(*new).or_default().older.insert(*old);
        }
        Self(keys)
    }

    /// Returns the pairs in which a key has more than one successor or predecessor.
    fn differing(&self) -> Vec<(VoidReason, BTreeSet<Pair>)> {
        let mut found = Vec::new();
        for (key, Links { older, newer }) in &self.0 {
            if newer.len() > 1 {
                let why = VoidReason::TwoSuccessors(Box::new(*key));
                found.push((why, newer.iter().map(|new| (*key, *new)).collect()));
            }
            if older.len() > 1 {
                let why = VoidReason::TwoPredecessors(Box::new(*key));
                found.push((why, older.iter().map(|old| (*old, *key)).collect()));
            }
        }
        found
    }

    /// Returns the pairs in circles and between circles, one set for each connected group.
    fn circles(mut self) -> Vec<(VoidReason, BTreeSet<Pair>)> {
        self.drop_ends();
        let mut found = Vec::new();
        while let Some((start, _)) = self.0.first_key_value() {
            let (mut near, mut circle) = (vec![*start], BTreeSet::new());
            while let Some(key) = near.pop() {
                let Some(Links { older, newer }) = self.0.remove(&key) else { continue };
                circle.extend(newer.iter().map(|new| (key, *new)));
                near.extend(older.into_iter().chain(newer));
            }
            found.push((VoidReason::Cycle, circle));
        }
        found
    }

    /// Drops keys that have no successor or no predecessor, until every key has both. The remaining
    /// keys are in a circle, or between two circles.
    fn drop_ends(&mut self) {
        let is_end = |links: &Links| links.older.is_empty() || links.newer.is_empty();
        let all = self.0.iter();
        let mut ends: Vec<_> =
            all.filter(|(_, links)| is_end(links)).map(|(key, _)| *key).collect();
        while let Some(key) = ends.pop() {
            let Some(Links { older, newer }) = self.0.remove(&key) else { continue };
            for other in older.into_iter().chain(newer) {
                let Some(links) = self.0.get_mut(&other) else { continue };
                links.older.remove(&key);
                links.newer.remove(&key);
                if is_end(links) {
                    ends.push(other);
                }
            }
        }
    }
}
