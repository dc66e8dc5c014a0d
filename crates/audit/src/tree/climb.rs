//! The way from a leaf up to the root, along which proofs are checked.

use crate::tree::hash::{Hash, node_hash};

/// The hashes beside the way from a leaf to the root: the way has a part within the smallest
/// complete subtree that holds both the leaf and the last leaf of the tree, and a part above it, at
/// whose left are complete subtrees only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    index: u64,
    /// The number of levels of the first part; on each there is a hash beside the way.
    pub(super) inner: u32,
    /// The number of hashes above it, all at the left.
    pub(super) border: u32,
}

impl Way {
    /// The way of the leaf with this index, in a tree whose last leaf is `last`.
    pub(super) fn new(index: u64, last: u64) -> Self {
        // Both leaves have one way from the level on above which their indices do not differ.
        let inner = u64::BITS.saturating_sub((index ^ last).leading_zeros());
        let border = index.checked_shr(inner).unwrap_or_default().count_ones();
        Self { index, inner, border }
    }

    /// The same way, from a subtree of this height on.
    pub(super) fn above(self, height: u32) -> Self {
        let index = self.index.checked_shr(height).unwrap_or_default();
        Self { index, inner: self.inner.saturating_sub(height), border: self.border }
    }

    /// Returns the number of hashes beside the way.
    pub(super) fn len(self) -> usize {
        usize::try_from(self.inner.saturating_add(self.border)).unwrap_or(usize::MAX)
    }

    /// Returns the root to which these hashes lead.
    pub(super) fn root(self, from: Hash, beside: &[Hash]) -> Hash {
        self.climb(from, beside, |below, right| node_hash(&below, right))
    }

    /// Returns the root of the tree that ends with the subtree from which the way begins: what is
    /// at the right of the way is not part of it.
    pub(super) fn root_without_right(self, from: Hash, beside: &[Hash]) -> Hash {
        self.climb(from, beside, |below, _| below)
    }

    fn climb(self, from: Hash, beside: &[Hash], with_right: impl Fn(Hash, &Hash) -> Hash) -> Hash {
        let mut hash = from;
        for (level, beside) in (0_u32..).zip(beside) {
            let is_left = self.index.checked_shr(level).unwrap_or_default() & 1 == 0;
            hash = match level < self.inner && is_left {
                true => with_right(hash, beside),
                false => node_hash(beside, &hash),
            };
        }
        hash
    }
}
