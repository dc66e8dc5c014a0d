//! Edges and proofs are what RFC 6962 defines, and what another implementation makes.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use deputize_audit::{ConsistencyProof, Hash, InclusionProof, MAX_TREE_SIZE, RightEdge, TreeError};
use sha2_of_ct_merkle::Sha256;

use crate::oracle::{FromLeaves, edge, head, leaves, mth, path, proof, record};

#[test]
fn every_edge_has_the_root_of_its_tree() {
    let all = leaves(300);
    let mut tree = RightEdge::default();
    for size in 0..=300 {
        assert_eq!(tree.root(), mth(&all[..size]), "{size}");
        assert_eq!(tree.head(), head(&all[..size]));
        let restored = RightEdge::from_parts(size as u64, tree.hashes().to_vec());
        assert_eq!(restored.as_ref(), Ok(&tree));
        if let Some(leaf) = all.get(size) {
            tree.push(*leaf).unwrap();
        }
    }
}

#[test]
fn every_proof_of_a_small_tree_is_that_of_the_rfc_and_holds() {
    let all = leaves(80);
    for size in 0..=80 {
        let own = &all[..size];
        for index in 0..size {
            let made = InclusionProof::prove(index as u64, size as u64, &mut FromLeaves(own));
            let made = made.unwrap();
            assert_eq!(made.hashes(), path(index, own), "{index} of {size}");
            assert_eq!(made.check(index as u64, own[index], &head(own)), Ok(()));
        }
        for older in 0..=size {
            let made = ConsistencyProof::prove(older as u64, size as u64, &mut FromLeaves(own));
            let expected = if older == 0 { vec![] } else { proof(older, own) };
            let made = made.unwrap();
            assert_eq!(made.hashes(), expected, "{older} of {size}");
            assert_eq!(made.check(&head(&own[..older]), &head(own)), Ok(()), "{older} of {size}");
        }
    }
}

#[test]
fn another_implementation_makes_the_same_trees_and_proofs() {
    let mut other = MemoryBackedTree::<Sha256, String>::new();
    for size in 1..=130 {
        other.push(record(size - 1));
        let own = leaves(size);
        assert_eq!(other.root().as_bytes().as_slice(), edge(&own).root().to_bytes());
        for index in [0, size / 3, size / 2, size - 1] {
            let made = InclusionProof::prove(index as u64, size as u64, &mut FromLeaves(&own));
            let by_other = other.prove_inclusion(index);
            assert_eq!(bytes(made.unwrap().hashes()), by_other.as_bytes(), "{index} of {size}");
        }
        for older in [1, size / 3, size / 2, size - 1] {
            if older == 0 || older == size {
                continue;
            }
            let made = ConsistencyProof::prove(older as u64, size as u64, &mut FromLeaves(&own));
            let by_other = other.prove_consistency(size - older);
            assert_eq!(bytes(made.unwrap().hashes()), by_other.as_bytes(), "{older} of {size}");
        }
    }
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| hash.to_bytes()).collect()
}

#[test]
fn what_a_tree_does_not_have_is_not_proven() {
    let own = leaves(5);
    let reader = &mut FromLeaves(&own);
    let no_leaf = |index, size| Err(TreeError::NoLeaf { index, size });
    assert_eq!(InclusionProof::prove(5, 5, reader), no_leaf(5, 5));
    assert_eq!(InclusionProof::prove(0, 0, reader), no_leaf(0, 0));
    assert_eq!(
        ConsistencyProof::prove(5, 4, reader),
        Err(TreeError::Shrunk { older: 5, newer: 4 })
    );
    // The reader has no more than five leaves.
    assert!(InclusionProof::prove(0, 6, reader).is_err());
    assert!(ConsistencyProof::prove(5, 8, reader).is_err());
}

#[test]
fn an_edge_is_restored_from_as_many_hashes_as_its_size_has_subtrees() {
    let hash = mth(&leaves(1));
    for (size, hashes) in [(0, 1), (1, 0), (1, 2), (3, 1), (4, 2), (MAX_TREE_SIZE, 47)] {
        let wrong = RightEdge::from_parts(size, vec![hash; hashes]);
        let expected = size.count_ones();
        assert_eq!(wrong, Err(TreeError::EdgeLength { size, expected, found: hashes }));
    }
    let too_large = MAX_TREE_SIZE + 1;
    let wrong = RightEdge::from_parts(too_large, vec![hash]);
    assert_eq!(wrong, Err(TreeError::TooLarge { found: too_large }));
    let mut full = RightEdge::from_parts(MAX_TREE_SIZE, vec![hash; 48]).unwrap();
    let before = full.clone();
    assert_eq!(full.push(hash), Err(TreeError::TooLarge { found: too_large }));
    assert_eq!(full, before);
}
