//! The right edge of a tree, from which it grows.

use crate::limits::MAX_TREE_SIZE;
use crate::tree::error::TreeError;
use crate::tree::hash::{Hash, node_hash};
use crate::tree::head::TreeHead;

/// The part of a tree that is needed to add leaves to it: at most 48 hashes.
///
/// A tree of `size` leaves is made of complete subtrees, one for each 1 in the binary form of
/// `size`, from the largest at the left to the smallest at the right. Their roots are the edge.
///
/// ```
/// use deputize_audit::{RightEdge, leaf_hash, node_hash};
///
/// let [a, b, c] = [leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")];
/// let mut tree = RightEdge::default();
/// for leaf in [a, b, c] {
///     tree.push(leaf)?;
/// }
/// assert_eq!(tree.root(), node_hash(&node_hash(&a, &b), &c));
/// // A log that starts again goes on from these two hashes.
/// assert_eq!(tree.hashes(), [node_hash(&a, &b), c]);
/// assert_eq!(RightEdge::from_parts(3, tree.hashes().to_vec())?, tree);
/// # Ok::<(), deputize_audit::TreeError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RightEdge {
    size: u64,
    hashes: Vec<Hash>,
}

impl RightEdge {
    /// Restores an edge from its [`size`](Self::size) and its [`hashes`](Self::hashes). Whether
    /// they are those of the tree is seen from its [`root`](Self::root).
    ///
    /// # Errors
    ///
    /// [`TreeError::TooLarge`] and [`TreeError::EdgeLength`].
    pub fn from_parts(size: u64, hashes: Vec<Hash>) -> Result<Self, TreeError> {
        if size > MAX_TREE_SIZE {
            return Err(TreeError::TooLarge { found: size });
        }
        let (expected, found) = (size.count_ones(), hashes.len());
        if u32::try_from(found) != Ok(expected) {
            return Err(TreeError::EdgeLength { size, expected, found });
        }
        Ok(Self { size, hashes })
    }

    /// Adds a leaf, in one hash of a node on average.
    ///
    /// # Errors
    ///
    /// [`TreeError::TooLarge`] if the tree has [`MAX_TREE_SIZE`] leaves.
    pub fn push(&mut self, leaf: Hash) -> Result<(), TreeError> {
        self.push_with(leaf, |_, _| ())
    }

    /// Adds a leaf, and reports each subtree that it completes, with its height: first the leaf, of
    /// height 0, then those that end with it.
    pub(crate) fn push_with(
        &mut self,
        leaf: Hash,
        mut completed: impl FnMut(u32, Hash),
    ) -> Result<(), TreeError> {
        let size = self.size.saturating_add(1);
        if size > MAX_TREE_SIZE {
            return Err(TreeError::TooLarge { found: size });
        }
        completed(0, leaf);
        let mut hash = leaf;
        // As in binary addition, each 1 at the end is a subtree of the same size as the new one.
        for height in 1..=self.size.trailing_ones() {
            let Some(left) = self.hashes.pop() else { break };
            hash = node_hash(&left, &hash);
            completed(height, hash);
        }
        self.hashes.push(hash);
        self.size = size;
        Ok(())
    }

    /// Returns the number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the roots of the complete subtrees, the largest first.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Returns the root of the tree, [`Hash::EMPTY`] if it has no leaves.
    pub fn root(&self) -> Hash {
        let from_the_right = self.hashes.iter().rev().copied();
        from_the_right.reduce(|right, left| node_hash(&left, &right)).unwrap_or(Hash::EMPTY)
    }

    /// Returns the size and the root of the tree.
    pub fn head(&self) -> TreeHead {
        TreeHead::made(self.size, self.root())
    }
}
