//! The definitions of RFC 6962 §2.1, word for word, over the hashes of leaves; and a reader of
//! hashes by them.

use deputize_audit::{Hash, ReadHash, RightEdge, TreeError, TreeHead, leaf_hash, node_hash};

/// The largest power of two smaller than `n`.
fn k(n: usize) -> usize {
    (0..).map(|bit| 1 << bit).take_while(|k| *k < n).last().unwrap()
}

/// The Merkle Tree Hash of `D[n]`.
pub(crate) fn mth(d: &[Hash]) -> Hash {
    match d {
        [] => Hash::EMPTY,
        [leaf] => *leaf,
        _ => {
            let (left, right) = d.split_at(k(d.len()));
            node_hash(&mth(left), &mth(right))
        }
    }
}

/// `PATH(m, D[n])`.
pub(crate) fn path(m: usize, d: &[Hash]) -> Vec<Hash> {
    if d.len() == 1 {
        return vec![];
    }
    let k = k(d.len());
    let (left, right) = d.split_at(k);
    let (mut path, beside) =
        if m < k { (path(m, left), mth(right)) } else { (path(m - k, right), mth(left)) };
    path.push(beside);
    path
}

/// `PROOF(m, D[n])`.
pub(crate) fn proof(m: usize, d: &[Hash]) -> Vec<Hash> {
    subproof(m, d, true)
}

fn subproof(m: usize, d: &[Hash], is_known: bool) -> Vec<Hash> {
    if m == d.len() {
        return if is_known { vec![] } else { vec![mth(d)] };
    }
    let k = k(d.len());
    let (left, right) = d.split_at(k);
    let (mut proof, beside) = match m <= k {
        true => (subproof(m, left, is_known), mth(right)),
        false => (subproof(m - k, right, false), mth(left)),
    };
    proof.push(beside);
    proof
}

/// The hashes of this many different leaves.
pub(crate) fn leaves(size: usize) -> Vec<Hash> {
    (0..size).map(|number| leaf_hash(record(number).as_bytes())).collect()
}

pub(crate) fn record(number: usize) -> String {
    format!("record {number}")
}

pub(crate) fn edge(leaves: &[Hash]) -> RightEdge {
    let mut edge = RightEdge::default();
    leaves.iter().for_each(|leaf| edge.push(*leaf).unwrap());
    edge
}

pub(crate) fn head(leaves: &[Hash]) -> TreeHead {
    TreeHead::new(leaves.len() as u64, mth(leaves)).unwrap()
}

/// Reads the hashes of a tree from its leaves.
pub(crate) struct FromLeaves<'l>(pub(crate) &'l [Hash]);

impl ReadHash for FromLeaves<'_> {
    type Error = TreeError;

    fn read_hash(&mut self, height: u8, index: u64) -> Result<Hash, TreeError> {
        let width = 1_usize << height;
        let start = index as usize * width;
        let none = TreeError::NoSubtree { height, index, size: self.0.len() as u64 };
        self.0.get(start..start + width).map(mth).ok_or(none)
    }
}
