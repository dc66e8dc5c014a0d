//! Reading the hashes of a tree.

use crate::tree::error::TreeError;
use crate::tree::hash::{Hash, node_hash};

/// A store of the hashes of a tree, from which proofs are made.
///
/// The hashes that it returns are not verified: a proof made from wrong hashes does not lead to the root of the
/// tree. [`TiledHashes`](crate::TiledHashes) is one over tiles.
pub trait ReadHash {
    /// The reason why a hash cannot be read, or there is none.
    type Error: From<TreeError>;

    /// Returns the root of the complete subtree over the leaves from `index · 2^height` up to, but
    /// not including, `(index + 1) · 2^height`. At height 0 it is the hash of a leaf.
    ///
    /// # Errors
    ///
    /// The reason, [`TreeError::NoSubtree`] if the tree ends before.
    fn read_hash(&mut self, height: u8, index: u64) -> Result<Hash, Self::Error>;
}

impl<R: ReadHash + ?Sized> ReadHash for &mut R {
    type Error = R::Error;

    fn read_hash(&mut self, height: u8, index: u64) -> Result<Hash, R::Error> {
        (**self).read_hash(height, index)
    }
}

/// Returns the length of the left part of a range of leaves: the largest power of two below
/// `length`, which is at least 2 (RFC 6962 §2.1).
pub(super) fn left_part(length: u64) -> u64 {
    let below = length.saturating_sub(1);
    1_u64.checked_shl(below.checked_ilog2().unwrap_or_default()).unwrap_or_default()
}

/// Returns the Merkle tree hash of the leaves from `start` up to `end`, not included. The start is
/// a multiple of a power of two that is not smaller than the range, as for all ranges of RFC 6962.
pub(super) fn range_hash<R: ReadHash>(
    reader: &mut R,
    start: u64,
    end: u64,
) -> Result<Hash, R::Error> {
    let length = end.saturating_sub(start);
    let (mut at, mut parts) = (start, Vec::new());
    // One complete subtree for each 1 in the length, the largest first.
    for height in (0_u8..64).rev() {
        let width = 1_u64.checked_shl(u32::from(height)).unwrap_or_default();
        if length & width != 0 {
            parts.push(
                reader.read_hash(height, at.checked_shr(u32::from(height)).unwrap_or_default())?,
            );
            at = at.saturating_add(width);
        }
    }
    let root = parts.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
    Ok(root.unwrap_or(Hash::EMPTY))
}

/// Returns the root over the roots of 2^n complete subtrees of one size.
pub(crate) fn fold(hashes: &[Hash]) -> Option<Hash> {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        let pairs = row.as_chunks::<2>().0.iter();
        row = pairs.map(|[left, right]| node_hash(left, right)).collect();
    }
    row.pop()
}
