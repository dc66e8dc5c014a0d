//! Proofs that were altered, or are of something else, do not hold.

use deputize_audit::{ConsistencyProof, Hash, InclusionProof, TreeHead};

use crate::oracle::{head, leaves, mth, path, proof};
use crate::source::Source;

/// The hashes with one bit changed each time, with one hash less, and with one more, at each place.
fn altered(hashes: &[Hash]) -> Vec<Vec<Hash>> {
    let other = mth(&leaves(3));
    let bits = (0..hashes.len()).flat_map(|at| {
        (0..256).map(move |bit| {
            let mut hashes = hashes.to_vec();
            hashes[at] = flipped(hashes[at], bit);
            hashes
        })
    });
    let without = (0..hashes.len()).map(|at| {
        let mut hashes = hashes.to_vec();
        hashes.remove(at);
        hashes
    });
    let with = (0..=hashes.len()).flat_map(|at| {
        [other, *hashes.get(at).unwrap_or(&other)].map(|more| {
            let mut hashes = hashes.to_vec();
            hashes.insert(at, more);
            hashes
        })
    });
    bits.chain(without).chain(with).collect()
}

fn flipped(hash: Hash, bit: usize) -> Hash {
    let mut bytes = hash.to_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Hash::from_bytes(bytes)
}

/// The heads that have another root or size.
fn other_heads(all: &[Hash], size: usize) -> Vec<TreeHead> {
    let own = head(&all[..size]);
    let other_roots = [0, 7, 255].map(|bit| TreeHead::new(own.size(), flipped(own.root(), bit)));
    let other_sizes =
        (1..=all.len()).filter(|other| *other != size).map(|other| head(&all[..other]));
    other_roots.into_iter().map(Result::unwrap).chain(other_sizes).collect()
}

#[test]
fn no_altered_inclusion_proof_holds() {
    let all = leaves(18);
    for size in 1..=14 {
        let own = &all[..size];
        for index in 0..size {
            let hashes = path(index, own);
            let holds = |hashes: &[Hash], index: usize, leaf, head: &TreeHead| {
                InclusionProof::from_hashes(hashes.to_vec()).check(index as u64, leaf, head).is_ok()
            };
            let (leaf, head) = (own[index], head(own));
            assert!(holds(&hashes, index, leaf, &head));
            for wrong in altered(&hashes) {
                assert!(!holds(&wrong, index, leaf, &head), "{index} of {size}");
            }
            for wrong in (0..size + 3).filter(|wrong| *wrong != index) {
                assert!(!holds(&hashes, wrong, leaf, &head), "{index} of {size} as {wrong}");
                assert!(!holds(&hashes, index, all[wrong], &head), "{wrong} as {index} of {size}");
            }
            for wrong in other_heads(&all, size) {
                assert!(!holds(&hashes, index, leaf, &wrong), "{index} of {size} in {wrong:?}");
            }
        }
    }
}

#[test]
fn no_altered_consistency_proof_holds() {
    let all = leaves(18);
    for newer in 2..=14 {
        for older in 1..newer {
            let hashes = proof(older, &all[..newer]);
            let (old, new) = (head(&all[..older]), head(&all[..newer]));
            let holds = |hashes: &[Hash], old: &TreeHead, new: &TreeHead| {
                ConsistencyProof::from_hashes(hashes.to_vec()).check(old, new).is_ok()
            };
            assert!(holds(&hashes, &old, &new));
            assert!(!holds(&hashes, &new, &old));
            for wrong in altered(&hashes) {
                assert!(!holds(&wrong, &old, &new), "{older} of {newer}");
            }
            for wrong in other_heads(&all, older) {
                assert!(!holds(&hashes, &wrong, &new), "{older} of {newer}, not {wrong:?}");
            }
            for wrong in other_heads(&all, newer) {
                assert!(!holds(&hashes, &old, &wrong), "{older} of {newer}, not {wrong:?}");
            }
        }
    }
}

#[test]
fn a_tree_is_the_beginning_of_itself_and_of_no_other_of_its_size() {
    let (one, other) = (head(&leaves(5)), head(&leaves(6)[1..]));
    let nothing = ConsistencyProof::from_hashes(vec![]);
    assert_eq!(nothing.check(&one, &one), Ok(()));
    assert!(nothing.check(&one, &other).is_err());
    assert_eq!(nothing.check(&TreeHead::EMPTY, &one), Ok(()));
    assert_eq!(nothing.check(&TreeHead::EMPTY, &TreeHead::EMPTY), Ok(()));
    let something = ConsistencyProof::from_hashes(vec![one.root()]);
    assert!(something.check(&one, &one).is_err());
    assert!(something.check(&TreeHead::EMPTY, &one).is_err());
}

/// A bit in larger trees, where not every one can be tried.
#[test]
fn no_proof_of_a_larger_tree_holds_with_one_bit_changed() {
    let all = leaves(3_000);
    let source = &mut Source(1);
    for _ in 0..60 {
        let newer = 2 + source.below(2_998);
        let (index, older) = (source.below(newer), 1 + source.below(newer - 1));
        let (old, new) = (head(&all[..older]), head(&all[..newer]));
        for at in 0..path(index, &all[..newer]).len() {
            let mut hashes = path(index, &all[..newer]);
            hashes[at] = flipped(hashes[at], source.below(256));
            let wrong = InclusionProof::from_hashes(hashes);
            assert!(wrong.check(index as u64, all[index], &new).is_err());
        }
        for at in 0..proof(older, &all[..newer]).len() {
            let mut hashes = proof(older, &all[..newer]);
            hashes[at] = flipped(hashes[at], source.below(256));
            assert!(ConsistencyProof::from_hashes(hashes).check(&old, &new).is_err());
        }
    }
}
