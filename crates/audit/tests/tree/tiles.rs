//! Tiles are what C2SP `tlog-tiles` defines, and proofs from them are those from the leaves.

use std::collections::BTreeMap;

use deputize_audit::{
    ConsistencyProof, Hash, InclusionProof, Level, ReadHash, ReadTile, Tile, TileError, TilePath,
    TileWriter, TiledHashes, TreeError,
};

use crate::oracle::{edge, head, leaves, mth, path, proof};
use crate::source::Source;

/// Tiles in memory.
#[derive(Default)]
pub(crate) struct InMemory(pub(crate) BTreeMap<TilePath, Vec<u8>>);

impl ReadTile for InMemory {
    fn read_tile(&self, path: &TilePath) -> Result<Option<Vec<u8>>, TileError> {
        Ok(self.0.get(path).cloned())
    }
}

impl InMemory {
    fn add(&mut self, tiles: Vec<Tile>) {
        self.0.extend(tiles.into_iter().map(|tile| (tile.path, tile.bytes)));
    }

    /// The tiles of a tree.
    pub(crate) fn of(leaves: &[Hash]) -> (Self, TileWriter) {
        let (mut tiles, mut writer) = (Self::default(), TileWriter::default());
        leaves.iter().for_each(|leaf| tiles.add(writer.push(*leaf).unwrap()));
        tiles.add(writer.partial_tiles());
        (tiles, writer)
    }
}

/// The tiles of a tree by the definition: the hashes of level *l* are
/// `MTH(D[i · 256^l : (i + 1) · 256^l])`.
fn defined(leaves: &[Hash]) -> BTreeMap<TilePath, Vec<u8>> {
    let (mut tiles, mut row) = (BTreeMap::new(), leaves.to_vec());
    for level in 0.. {
        for (index, tile) in row.chunks(256).enumerate() {
            let path = TilePath::new(Level::Hashes(level), index as u64, tile.len() as u16);
            let bytes = tile.iter().flat_map(|hash| hash.to_bytes()).collect();
            tiles.insert(path.unwrap(), bytes);
        }
        row = row.chunks_exact(256).map(mth).collect();
        if row.is_empty() {
            return tiles;
        }
    }
    tiles
}

/// Every size to 300, those beside the ends of tiles, and others to 70,000.
fn sizes() -> Vec<usize> {
    let source = &mut Source(7);
    let beside = [256, 512, 65_536, 65_792].map(|size| [size - 1, size, size + 1]).concat();
    let random = (0..4).map(|_| source.below(70_000));
    (0..=300).chain(beside).chain(random).chain([70_000]).collect()
}

#[test]
fn the_tiles_of_a_tree_are_those_of_the_definition() {
    let all = leaves(70_000);
    for size in sizes() {
        let own = &all[..size];
        let (tiles, writer) = InMemory::of(own);
        assert_eq!(tiles.0, defined(own), "{size}");
        assert_eq!((writer.root(), writer.size()), (mth(own), size as u64), "{size}");
        assert_eq!(writer.edge(), &edge(own));
        let resumed = TileWriter::resume(size as u64, &tiles).unwrap();
        assert_eq!(resumed.head(), writer.head(), "{size}");
        assert_eq!(resumed.partial_tiles(), writer.partial_tiles(), "{size}");
    }
}

#[test]
fn a_resumed_tree_grows_as_if_nothing_had_happened() {
    let all = leaves(1_200);
    for start in [0, 1, 255, 256, 257, 511, 512, 700] {
        let (tiles, mut first) = InMemory::of(&all[..start]);
        let mut second = TileWriter::resume(start as u64, &tiles).unwrap();
        for leaf in &all[start..] {
            assert_eq!(first.push(*leaf).unwrap(), second.push(*leaf).unwrap());
        }
        assert_eq!(first.partial_tiles(), second.partial_tiles());
        assert_eq!(second.root(), mth(&all));
    }
}

#[test]
fn proofs_from_tiles_are_those_of_the_rfc() {
    let all = leaves(70_000);
    let source = &mut Source(3);
    for size in [1, 2, 255, 256, 257, 511, 512, 700, 4_097, 65_535, 65_536, 65_537, 70_000] {
        let own = &all[..size];
        let (tiles, _) = InMemory::of(own);
        let mut hashes = TiledHashes::new(size as u64, &tiles);
        for _ in 0..3 {
            let (index, older) = (source.below(size), 1 + source.below(size));
            let made = InclusionProof::prove(index as u64, size as u64, &mut hashes).unwrap();
            assert_eq!(made.hashes(), path(index, own), "{index} of {size}");
            let made = ConsistencyProof::prove(older as u64, size as u64, &mut hashes).unwrap();
            assert_eq!(made.hashes(), proof(older, own), "{older} of {size}");
            assert_eq!(made.check(&head(&all[..older]), &head(own)), Ok(()));
        }
    }
}

#[test]
fn every_hash_of_a_tree_is_read_and_no_other() {
    let all = leaves(600);
    for size in [0, 1, 255, 256, 257, 600] {
        let (tiles, _) = InMemory::of(&all[..size]);
        let mut hashes = TiledHashes::new(size as u64, &tiles);
        for height in 0..=63_u8 {
            let width = 1_u64 << height;
            for index in 0..=size as u64 / width + 1 {
                let own = (index + 1).checked_mul(width).filter(|end| *end <= size as u64);
                let expected = own.map(|end| mth(&all[(end - width) as usize..end as usize]));
                let none = TreeError::NoSubtree { height, index, size: size as u64 };
                assert_eq!(hashes.read_hash(height, index), expected.ok_or(none.into()));
            }
            // Indices that are small again when they are shifted, or when they are cut to 32 bits.
            for index in (0..64).map(|bit| 1 << bit).filter(|index| *index > size as u64) {
                let none = TreeError::NoSubtree { height, index, size: size as u64 };
                assert_eq!(hashes.read_hash(height, index), Err(none.into()));
            }
        }
    }
}

/// A log may delete partial tiles that a larger tree does not need.
#[test]
fn tiles_of_a_larger_tree_serve_a_smaller_one() {
    let all = leaves(600);
    let (mut tiles, _) = InMemory::of(&all);
    let of_the_larger = &mut TiledHashes::new(600, &tiles);
    for (index, older) in [(0, 1), (290, 17), (299, 299)] {
        let made = InclusionProof::prove(index as u64, 300, of_the_larger).unwrap();
        assert_eq!(made.hashes(), path(index, &all[..300]));
        let made = ConsistencyProof::prove(older as u64, 300, of_the_larger).unwrap();
        assert_eq!(made.hashes(), proof(older, &all[..300]));
    }
    // Without its size, the full tile is found instead of the partial one of level 0, but not the
    // partial one of level 1.
    let missing = TilePath::new(Level::Hashes(1), 0, 1).unwrap();
    assert_eq!(TileWriter::resume(300, &tiles), Err(TileError::Missing { tile: missing }));
    tiles.0.insert(missing, mth(&all[..256]).to_bytes().to_vec());
    assert_eq!(TileWriter::resume(300, &tiles).unwrap().root(), mth(&all[..300]));
}

#[test]
fn tiles_of_another_length_are_refused() {
    let all = leaves(300);
    let (good, _) = InMemory::of(&all);
    for (path, bytes) in &good.0 {
        for wrong in [&[][..], &bytes[1..], &bytes[32..], &[bytes, &[0][..]].concat()] {
            let mut tiles = InMemory(good.0.clone());
            tiles.0.insert(*path, wrong.to_vec());
            let found = wrong.len();
            let error = TileError::Length { tile: *path, expected: bytes.len(), found };
            let Level::Hashes(level) = path.level() else { continue };
            let read = TiledHashes::new(300, &tiles).read_hash(level * 8, path.index() * 256);
            assert_eq!(read, Err(error));
        }
    }
}

#[test]
fn a_changed_tile_leads_to_another_root() {
    let all = leaves(300);
    let (good, writer) = InMemory::of(&all);
    for path in TilePath::partial(300) {
        let mut tiles = InMemory(good.0.clone());
        tiles.0.get_mut(&path).unwrap()[5] ^= 1;
        assert_ne!(TileWriter::resume(300, &tiles).unwrap().root(), writer.root());
    }
    let mut tiles = good;
    tiles.0.get_mut(&TilePath::new(Level::Hashes(0), 0, 256).unwrap()).unwrap()[5] ^= 1;
    let made = InclusionProof::prove(9, 300, &mut TiledHashes::new(300, &tiles)).unwrap();
    assert!(made.check(9, all[9], &writer.head()).is_err());
}
