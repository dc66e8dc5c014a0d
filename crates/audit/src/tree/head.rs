//! The size and root of a tree.

use crate::limits::MAX_TREE_SIZE;
use crate::tree::error::TreeError;
use crate::tree::hash::Hash;

/// The number of leaves of a tree and its root, to which proofs lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TreeHead {
    size: u64,
    root: Hash,
}

impl TreeHead {
    /// The tree without leaves.
    pub const EMPTY: Self = Self { size: 0, root: Hash::EMPTY };

    /// States a head, such as one that somebody signed.
    ///
    /// # Errors
    ///
    /// [`TreeError::TooLarge`] if there are more than [`MAX_TREE_SIZE`] leaves,
    /// [`TreeError::NotEmpty`] if there is none, and the root is not [`Hash::EMPTY`].
    pub fn new(size: u64, root: Hash) -> Result<Self, TreeError> {
        if size > MAX_TREE_SIZE {
            return Err(TreeError::TooLarge { found: size });
        }
        if size == 0 && root != Hash::EMPTY {
            return Err(TreeError::NotEmpty { found: root });
        }
        Ok(Self { size, root })
    }

    /// The head of a tree that was made here, which keeps to both rules.
    pub(super) fn made(size: u64, root: Hash) -> Self {
        Self { size, root }
    }

    /// Returns the number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the root.
    pub fn root(&self) -> Hash {
        self.root
    }

    /// Checks the root to which a proof leads.
    pub(super) fn require_root(&self, found: Hash) -> Result<(), TreeError> {
        match found == self.root {
            true => Ok(()),
            false => Err(TreeError::OtherRoot { size: self.size, expected: self.root, found }),
        }
    }
}
