//! Errors of trees and proofs.

use thiserror::Error;

use crate::limits::MAX_TREE_SIZE;
use crate::tree::hash::Hash;

/// The reason why a tree does not grow, or a proof does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TreeError {
    /// The tree is larger than [`MAX_TREE_SIZE`].
    #[error("a tree has at most {MAX_TREE_SIZE} leaves, not {found}")]
    TooLarge {
        /// The number of its leaves.
        found: u64,
    },
    /// The tree without leaves has one root, [`Hash::EMPTY`].
    #[error("the root of the tree without leaves is {}, not {found}", Hash::EMPTY)]
    NotEmpty {
        /// The root that was stated.
        found: Hash,
    },
    /// A right edge has more or fewer hashes than its tree has complete subtrees.
    #[error("the right edge of a tree of {size} leaves has {expected} hashes, not {found}")]
    EdgeLength {
        /// The number of leaves.
        size: u64,
        /// The number of its complete subtrees: the ones in the binary form of `size`.
        expected: u32,
        /// The number of hashes.
        found: usize,
    },
    /// The tree has no such leaf.
    #[error("a tree of {size} leaves has no leaf with the index {index}")]
    NoLeaf {
        /// The index of the leaf, from 0.
        index: u64,
        /// The number of leaves.
        size: u64,
    },
    /// The tree has no such complete subtree.
    #[error("a tree of {size} leaves has no complete subtree {index} of height {height}")]
    NoSubtree {
        /// The height: the subtree has 2^height leaves.
        height: u8,
        /// The number of subtrees of this height before it.
        index: u64,
        /// The number of leaves.
        size: u64,
    },
    /// A tree cannot be the beginning of a smaller one.
    #[error("a tree of {older} leaves is not the beginning of one of {newer}")]
    Shrunk {
        /// The number of leaves of the older tree.
        older: u64,
        /// The number of leaves of the newer tree.
        newer: u64,
    },
    /// A proof has more or fewer hashes than one for these sizes.
    #[error("the proof must have {expected} hashes, and has {found}")]
    ProofLength {
        /// The number that the sizes require.
        expected: usize,
        /// The number that the proof has.
        found: usize,
    },
    /// The proof leads to another root: the leaf is not at this place of this tree, or the older
    /// tree is not the beginning of the newer one.
    #[error(
        "the proof leads to the root {found}, and that of the tree of {size} leaves is {expected}"
    )]
    OtherRoot {
        /// The number of leaves of the tree.
        size: u64,
        /// Its root.
        expected: Hash,
        /// The root to which the proof leads.
        found: Hash,
    },
}
