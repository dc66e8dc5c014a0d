//! Hostile input: nothing panics, and the work is bounded.

use std::cell::Cell;

use deputize_audit::{
    ConsistencyProof, FolderTiles, Hash, InclusionProof, MAX_TREE_SIZE, ReadHash, ReadTile,
    RightEdge, TileError, TilePath, TileWriter, TiledHashes, TreeError, TreeHead, decode_bundle,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Sizes and indices: any, small ones, and those beside powers of two.
fn number() -> impl Strategy<Value = u64> {
    let beside = (0..64_u32, -2..=2_i64);
    prop_oneof![
        any::<u64>(),
        0..70_000_u64,
        beside.prop_map(|(bit, by)| (1_u64 << bit).wrapping_add_signed(by)),
    ]
}

fn hashes() -> impl Strategy<Value = Vec<Hash>> {
    vec(any::<[u8; 32]>().prop_map(Hash::from_bytes), 0..70)
}

/// Has every hash and every tile, of wrong bytes, and counts how many were read.
#[derive(Default)]
struct Everything(Cell<u32>);

impl ReadTile for Everything {
    fn read_tile(&self, path: &TilePath) -> Result<Option<Vec<u8>>, TileError> {
        self.0.set(self.0.get() + 1);
        Ok(Some(vec![1; usize::from(path.width()) * 32]))
    }
}

impl ReadHash for Everything {
    type Error = TreeError;

    fn read_hash(&mut self, _: u8, _: u64) -> Result<Hash, TreeError> {
        self.0.set(self.0.get() + 1);
        Ok(Hash::EMPTY)
    }
}

proptest! {
    #[test]
    fn checks_do_not_panic(
        hashes in hashes(), leaf: [u8; 32], index in number(), sizes in [number(), number()], roots: [[u8; 32]; 2],
    ) {
        let [one, other] = [0, 1].map(|at| TreeHead::new(sizes[at], Hash::from_bytes(roots[at])));
        for (size, head) in sizes.iter().zip([&one, &other]) {
            prop_assert_eq!(head.is_ok(), (1..=MAX_TREE_SIZE).contains(size));
        }
        if let Ok(one) = one {
            let proof = InclusionProof::from_hashes(hashes.clone());
            prop_assert!(proof.check(index, Hash::from_bytes(leaf), &one).is_err());
            if let Ok(other) = other {
                prop_assert!(ConsistencyProof::from_hashes(hashes).check(&one, &other).is_err());
            }
        }
    }

    #[test]
    fn proving_reads_a_bounded_number_of_hashes(index in number(), older in number(), size in number()) {
        let mut hashes = Everything::default();
        drop(InclusionProof::prove(index, size, &mut hashes));
        drop(ConsistencyProof::prove(older, size, &mut hashes));
        prop_assert!(hashes.0.get() <= 8_192, "{}", hashes.0.get());
        let tiles = Everything::default();
        drop(InclusionProof::prove(index, size, &mut TiledHashes::new(size, &tiles)));
        drop(ConsistencyProof::prove(older, size, &mut TiledHashes::new(size, &tiles)));
        prop_assert!(tiles.0.get() <= 128, "{}", tiles.0.get());
    }

    #[test]
    fn proofs_from_a_full_store_hold_where_there_is_a_tree(index in number(), size in number()) {
        let tiles = Everything::default();
        let hashes = &mut TiledHashes::new(size, &tiles);
        let proof = InclusionProof::prove(index, size, hashes);
        prop_assert_eq!(proof.is_ok(), index < size && size <= MAX_TREE_SIZE);
    }

    #[test]
    fn any_size_is_resumed_or_refused(size in number(), height: u8, index in number()) {
        let tiles = Everything::default();
        match TileWriter::resume(size, &tiles) {
            Ok(mut tree) => {
                prop_assert_eq!(tree.size(), size);
                prop_assert_eq!(tree.partial_tiles().len(), TilePath::partial(size).count());
                drop(tree.push(Hash::EMPTY));
            }
            Err(error) => {
                prop_assert!(size > MAX_TREE_SIZE);
                prop_assert_eq!(error, TreeError::TooLarge { found: size }.into());
            }
        }
        drop(TiledHashes::new(size, &tiles).read_hash(height, index));
    }

    #[test]
    fn edges_and_texts_do_not_panic(size in number(), hashes in hashes(), text: String, bytes: Vec<u8>) {
        if let Ok(mut edge) = RightEdge::from_parts(size, hashes) {
            drop((edge.root(), edge.push(Hash::EMPTY)));
        }
        drop((text.parse::<Hash>(), text.parse::<TilePath>(), decode_bundle(&bytes).map(drop)));
        drop(FolderTiles::new(text).read_tile(&"tile/0/000".parse().unwrap()));
    }
}
