//! Proofs that a tree only grew.

use crate::tree::climb::Way;
use crate::tree::error::TreeError;
use crate::tree::hash::Hash;
use crate::tree::head::TreeHead;
use crate::tree::read::{ReadHash, left_part, range_hash};

/// A proof that one tree is the beginning of another (RFC 6962 §2.1.2): nothing that was in it was
/// changed or removed. It has at most 49 hashes.
///
/// ```
/// use deputize_audit::{ConsistencyProof, RightEdge, leaf_hash};
///
/// let mut tree = RightEdge::default();
/// tree.push(leaf_hash(b"a"))?;
/// let older = tree.head();
/// tree.push(leaf_hash(b"b"))?;
/// let proof = ConsistencyProof::from_hashes(vec![leaf_hash(b"b")]);
/// proof.check(&older, &tree.head())?;
/// # Ok::<(), deputize_audit::TreeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    hashes: Vec<Hash>,
}

impl ConsistencyProof {
    /// Makes the proof that the tree of the first `older` leaves is the beginning of that of the
    /// first `newer` ones. It is empty if they are the same, or the older one has no leaves. The
    /// hashes are not verified: [`check`](Self::check) the proof before it is given away.
    ///
    /// # Errors
    ///
    /// [`TreeError::Shrunk`], and those of the reader.
    pub fn prove<R: ReadHash>(older: u64, newer: u64, reader: &mut R) -> Result<Self, R::Error> {
        check_sizes(older, newer)?;
        let mut hashes = Vec::new();
        if older == 0 {
            return Ok(Self { hashes });
        }
        // `SUBPROOF` of RFC 6962 §2.1.2, from the root down to the end of the older tree.
        let (mut start, mut end) = (0_u64, newer);
        while older != end {
            let middle = start.saturating_add(left_part(end.saturating_sub(start)));
            if older <= middle {
                hashes.push(range_hash(reader, middle, end)?);
                end = middle;
            } else {
                hashes.push(range_hash(reader, start, middle)?);
                start = middle;
            }
        }
        // Where the older tree is one complete subtree, the reader of the proof has its root.
        if start != 0 {
            hashes.push(range_hash(reader, start, end)?);
        }
        hashes.reverse();
        Ok(Self { hashes })
    }

    /// Wraps the hashes of a proof, from the end of the older tree up, without any check.
    pub fn from_hashes(hashes: Vec<Hash>) -> Self {
        Self { hashes }
    }

    /// Returns the hashes, from the end of the older tree up.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Checks that the older tree is the beginning of the newer one. The work is at most 96 hashes,
    /// whatever the proof and the sizes are.
    ///
    /// # Errors
    ///
    /// [`TreeError::Shrunk`], [`TreeError::ProofLength`], and [`TreeError::OtherRoot`] if the proof
    /// does not hold.
    pub fn check(&self, older: &TreeHead, newer: &TreeHead) -> Result<(), TreeError> {
        check_sizes(older.size(), newer.size())?;
        if older.size() == 0 || older.size() == newer.size() {
            self.require_len(0)?;
            return if older.size() == 0 { Ok(()) } else { newer.require_root(older.root()) };
        }
        // The older tree ends with a complete subtree of this height. The proof leads up from
        // there.
        let height = older.size().trailing_zeros();
        let last = |head: &TreeHead| head.size().saturating_sub(1);
        let way = Way::new(last(older), last(newer)).above(height);
        let (from, beside) = match self.hashes.split_first() {
            // The older tree is that subtree.
            _ if older.size().is_power_of_two() => (older.root(), self.hashes.as_slice()),
            Some((from, beside)) => (*from, beside),
            None => return self.require_len(way.len().saturating_add(1)),
        };
        self.require_len(self.hashes.len().saturating_sub(beside.len()).saturating_add(way.len()))?;
        older.require_root(way.root_without_right(from, beside))?;
        newer.require_root(way.root(from, beside))
    }

    fn require_len(&self, expected: usize) -> Result<(), TreeError> {
        let found = self.hashes.len();
        if expected == found { Ok(()) } else { Err(TreeError::ProofLength { expected, found }) }
    }
}

fn check_sizes(older: u64, newer: u64) -> Result<(), TreeError> {
    if older <= newer { Ok(()) } else { Err(TreeError::Shrunk { older, newer }) }
}
