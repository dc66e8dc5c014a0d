//! Proofs that a leaf is in a tree.

use crate::tree::climb::Way;
use crate::tree::error::TreeError;
use crate::tree::hash::Hash;
use crate::tree::head::TreeHead;
use crate::tree::read::{ReadHash, left_part, range_hash};

/// A proof that a leaf is at a place of a tree (RFC 6962 §2.1.1): the hashes beside the way from
/// the leaf up to the root, at most 48.
///
/// ```
/// use deputize_audit::{InclusionProof, TreeHead, leaf_hash, node_hash};
///
/// let [a, b, c] = [leaf_hash(b"a"), leaf_hash(b"b"), leaf_hash(b"c")];
/// let head = TreeHead::new(3, node_hash(&node_hash(&a, &b), &c))?;
/// let proof = InclusionProof::from_hashes(vec![a, c]);
/// proof.check(1, b, &head)?;
/// assert!(proof.check(0, b, &head).is_err());
/// # Ok::<(), deputize_audit::TreeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    hashes: Vec<Hash>,
}

impl InclusionProof {
    /// Makes the proof for the leaf with this index, counted from 0, in the tree of the first
    /// `size` leaves. The hashes are not verified: [`check`](Self::check) the proof before it is
    /// given away.
    ///
    /// # Errors
    ///
    /// [`TreeError::NoLeaf`], and those of the reader.
    pub fn prove<R: ReadHash>(index: u64, size: u64, reader: &mut R) -> Result<Self, R::Error> {
        check_index(index, size)?;
        // The algorithm of RFC 6962 §2.1.1, from the root down to the leaf.
        let (mut start, mut end, mut hashes) = (0_u64, size, Vec::new());
        while end.saturating_sub(start) > 1 {
            let middle = start.saturating_add(left_part(end.saturating_sub(start)));
            if index < middle {
                hashes.push(range_hash(reader, middle, end)?);
                end = middle;
            } else {
                hashes.push(range_hash(reader, start, middle)?);
                start = middle;
            }
        }
        hashes.reverse();
        Ok(Self { hashes })
    }

    /// Wraps the hashes of a proof, from the leaf up, without any check.
    pub fn from_hashes(hashes: Vec<Hash>) -> Self {
        Self { hashes }
    }

    /// Returns the hashes, from the leaf up.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Checks that the leaf with this index, counted from 0, has this hash in the tree. The work is
    /// at most 48 hashes, whatever the proof and the sizes are.
    ///
    /// # Errors
    ///
    /// [`TreeError::NoLeaf`], [`TreeError::ProofLength`], and [`TreeError::OtherRoot`] if the proof
    /// does not hold.
    pub fn check(&self, index: u64, leaf: Hash, head: &TreeHead) -> Result<(), TreeError> {
        check_index(index, head.size())?;
        let way = Way::new(index, head.size().saturating_sub(1));
        let (expected, found) = (way.len(), self.hashes.len());
        if expected != found {
            return Err(TreeError::ProofLength { expected, found });
        }
        head.require_root(way.root(leaf, &self.hashes))
    }
}

fn check_index(index: u64, size: u64) -> Result<(), TreeError> {
    if index < size { Ok(()) } else { Err(TreeError::NoLeaf { index, size }) }
}
