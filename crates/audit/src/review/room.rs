//! Room of a review, of which each key takes a part at most: whoever floods a log is summarised, and the
//! others are not.

use std::collections::HashMap;
use std::hash::Hash;

use deputize::{PublicKey, Token};

/// The key to which an owner delegated, with the root key. Everybody below it shares its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Branch {
    pub(super) root: PublicKey,
    pub(super) key: PublicKey,
}

impl Branch {
    /// Returns the branch of a chain.
    pub(super) fn of(token: &Token) -> Option<Self> {
        let key = token.hops().first()?.delegate().key();
        Some(Self { root: token.root_key(), key })
    }
}

/// The room that is left of a bound, for all together and for each.
#[derive(Debug, Clone)]
pub(super) struct Room<K> {
    left: u64,
    /// The part that one may take.
    part: u64,
    taken: HashMap<K, u64>,
}

impl<K: Copy + Eq + Hash> Room<K> {
    /// Creates room for all, of which each may take this part, as a divisor.
    pub(super) fn new(all: u64, shares: u64) -> Self {
        Self { left: all, part: all.checked_div(shares).unwrap_or(all), taken: HashMap::new() }
    }

    /// Returns the room that is left for this one.
    pub(super) fn left_for(&self, own: K) -> usize {
        let taken = self.taken.get(&own).copied().unwrap_or_default();
        let left = self.part.saturating_sub(taken).min(self.left);
        usize::try_from(left).unwrap_or(usize::MAX)
    }

    /// Takes room for this one.
    pub(super) fn take(&mut self, own: K, amount: usize) {
        let amount = u64::try_from(amount).unwrap_or(u64::MAX);
        let taken = self.taken.entry(own).or_default();
        *taken = taken.saturating_add(amount);
        self.left = self.left.saturating_sub(amount);
    }
}

/// Takes this many bytes of the room, if it has them.
pub(super) fn take(room: &mut usize, bytes: usize) -> bool {
    let left = room.checked_sub(bytes);
    *room = left.unwrap_or(*room);
    left.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_takes_its_part_and_the_others_have_theirs() {
        let mut room = Room::new(100, 4);
        assert_eq!((room.left_for(1), room.left_for(2)), (25, 25));
        room.take(1, 20);
        assert_eq!((room.left_for(1), room.left_for(2)), (5, 25));
        room.take(1, 9);
        assert_eq!((room.left_for(1), room.left_for(2)), (0, 25));
        for other in 2..5 {
            room.take(other, 23);
        }
        // All together have taken 98.
        assert_eq!((room.left_for(2), room.left_for(9)), (2, 2));
    }

    #[test]
    fn bytes_are_taken_whole_or_not_at_all() {
        let mut room = 10;
        assert!(take(&mut room, 8) && !take(&mut room, 3) && take(&mut room, 2));
        assert_eq!(room, 0);
    }
}
