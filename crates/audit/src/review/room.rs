//! Room of a review, of which each key takes a part at most: whoever floods a log is summarised, and the
//! others are not.

use std::collections::HashMap;

use deputize::{PublicKey, Token};

use crate::limits::{REVIEW_SHARES_OF_KEYS, REVIEW_SHARES_OF_ROOTS};

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

/// The room that is left of a bound: for all together, for each root key, and for each branch.
#[derive(Debug, Clone)]
pub(super) struct Room {
    all: u64,
    left: u64,
    of_roots: HashMap<PublicKey, u64>,
    of_branches: HashMap<Branch, u64>,
}

impl Room {
    pub(super) fn new(all: u64) -> Self {
        Self { all, left: all, of_roots: HashMap::new(), of_branches: HashMap::new() }
    }

    /// Returns the room that is left for a branch.
    pub(super) fn left_for(&self, own: Branch) -> usize {
        let left = |shares: u64, taken: Option<&u64>| {
            let part = self.all.checked_div(shares).unwrap_or_default();
            part.saturating_sub(taken.copied().unwrap_or_default())
        };
        let of_root = left(REVIEW_SHARES_OF_ROOTS, self.of_roots.get(&own.root));
        let of_branch = left(REVIEW_SHARES_OF_KEYS, self.of_branches.get(&own));
        let left = of_branch.min(of_root).min(self.left);
        usize::try_from(left).unwrap_or(usize::MAX)
    }

    /// Takes room for a branch.
    pub(super) fn take(&mut self, own: Branch, amount: usize) {
        let amount = u64::try_from(amount).unwrap_or(u64::MAX);
        let of_root = self.of_roots.entry(own.root).or_default();
        *of_root = of_root.saturating_add(amount);
        let of_branch = self.of_branches.entry(own).or_default();
        *of_branch = of_branch.saturating_add(amount);
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
        let key = |number| deputize::SigningKey::from_bytes(&[number; 32]);
        let key = |number| deputize::Signer::public_key(&key(number));
        let branch = |root, own| Branch { root: key(root), key: key(own) };
        let mut room = Room::new(80);
        let left = |room: &Room, root, own| room.left_for(branch(root, own));
        assert_eq!((left(&room, 1, 11), left(&room, 2, 21)), (10, 10));
        room.take(branch(1, 11), 9);
        assert_eq!((left(&room, 1, 11), left(&room, 1, 12)), (1, 10));
        // The root has 20.
        room.take(branch(1, 12), 10);
        assert_eq!((left(&room, 1, 11), left(&room, 1, 13), left(&room, 2, 21)), (1, 1, 10));
        room.take(branch(1, 13), 1);
        assert_eq!((left(&room, 1, 14), left(&room, 2, 21)), (0, 10));
        for root in 2..5 {
            room.take(branch(root, 99), 10);
            room.take(branch(root, 98), 9);
        }
        // All together have taken 77.
        assert_eq!((left(&room, 4, 97), left(&room, 5, 51)), (1, 3));
    }

    #[test]
    fn bytes_are_taken_whole_or_not_at_all() {
        let mut room = 10;
        assert!(take(&mut room, 8) && !take(&mut room, 3) && take(&mut room, 2));
        assert_eq!(room, 0);
    }
}
