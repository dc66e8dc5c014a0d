//! Tiles in a folder, and bundles.

use std::fs;

use deputize_audit::{
    FolderTiles, ReadTile, Tile, TileError, TilePath, TileWriter, decode_bundle, encode_bundle,
};

use crate::oracle::leaves;

fn tile(path: &str, bytes: &[u8]) -> Tile {
    Tile { path: path.parse().unwrap(), bytes: bytes.to_vec() }
}

#[test]
fn what_is_written_is_read_and_named_for_the_caller_to_sync() {
    let folder = tempfile::tempdir().unwrap();
    let tiles = FolderTiles::new(folder.path());
    let in_folder = |path: &str| folder.path().join(path);
    let one = tile("tile/0/x001/000.p/2", &[7; 64]);
    let written = tiles.write(std::slice::from_ref(&one)).unwrap();
    assert_eq!(written.files, [in_folder("tile/0/x001/000.p/2")]);
    let folders = ["", "tile", "tile/0", "tile/0/x001", "tile/0/x001/000.p"];
    assert_eq!(written.folders.into_iter().collect::<Vec<_>>(), folders.map(in_folder));
    assert_eq!(tiles.read_tile(&one.path), Ok(Some(one.bytes)));
    // The second time, the folders are there.
    let other = tile("tile/0/x001/000.p/2", &[8; 64]);
    let written = tiles.write(std::slice::from_ref(&other)).unwrap();
    assert_eq!(written.folders.len(), 1);
    assert_eq!(tiles.read_tile(&other.path), Ok(Some(other.bytes)));
    assert_eq!(fs::read_dir(in_folder("tile/0/x001/000.p")).unwrap().count(), 1);
    // A file that is there already is not touched, and still the caller's to sync.
    let file = in_folder("tile/0/x001/000.p/2");
    let before = fs::metadata(&file).unwrap().modified().unwrap();
    assert_eq!(
        tiles.write(&[tile("tile/0/x001/000.p/2", &[8; 64])]).unwrap().files,
        [file.as_path()]
    );
    assert_eq!(fs::metadata(&file).unwrap().modified().unwrap(), before);
    assert_eq!(tiles.write(&[]).unwrap(), Default::default());
}

#[test]
fn what_is_not_there_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let tiles = FolderTiles::new(folder.path());
    for path in ["tile/0/000", "tile/0/000.p/1", "tile/entries/x001/000"] {
        assert_eq!(tiles.read_tile(&path.parse().unwrap()), Ok(None));
    }
    // A file in the place of a folder.
    fs::write(folder.path().join("tile"), "").unwrap();
    assert_eq!(tiles.read_tile(&"tile/0/000".parse().unwrap()), Ok(None));
    assert!(matches!(tiles.write(&[tile("tile/0/000", b"")]), Err(TileError::Write { .. })));
}

#[test]
fn what_is_not_a_file_or_too_long_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let tiles = FolderTiles::new(folder.path());
    fs::create_dir_all(folder.path().join("tile/0/000")).unwrap();
    let path: TilePath = "tile/0/000".parse().unwrap();
    assert!(matches!(tiles.read_tile(&path), Err(TileError::Read { tile, .. }) if tile == path));
    let partial = tile("tile/0/001.p/2", &[0; 65]);
    tiles.write(std::slice::from_ref(&partial)).unwrap();
    assert!(matches!(tiles.read_tile(&partial.path), Err(TileError::Read { .. })));
    // More than fits into memory, most of which takes no place on the disk.
    let file = fs::File::create(folder.path().join("tile/0/001.p/2")).unwrap();
    file.set_len(1 << 40).unwrap();
    assert!(matches!(tiles.read_tile(&partial.path), Err(TileError::Read { .. })));
}

#[test]
fn what_a_crash_left_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let tiles = FolderTiles::new(folder.path());
    fs::create_dir_all(folder.path().join("tile/0")).unwrap();
    fs::write(folder.path().join("tile/0/000.new"), "half of a").unwrap();
    fs::write(folder.path().join("tile/0/000"), "").unwrap();
    let one = tile("tile/0/000", &[1; 8_192]);
    tiles.write(std::slice::from_ref(&one)).unwrap();
    assert_eq!(tiles.read_tile(&one.path), Ok(Some(one.bytes)));
    assert!(!folder.path().join("tile/0/000.new").exists());
}

#[test]
fn tiles_that_a_larger_tree_does_not_need_are_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let tiles = FolderTiles::new(folder.path());
    let (all, mut tree) = (leaves(310), TileWriter::default());
    let mut grow = |from: usize, to: usize| {
        for leaf in &all[from..to] {
            tiles.write(&tree.push(*leaf).unwrap()).unwrap();
        }
        tiles.write(&tree.partial_tiles()).unwrap();
    };
    grow(0, 300);
    grow(300, 310);
    let is_there = |text: &str| tiles.read_tile(&text.parse().unwrap()).unwrap().is_some();
    assert!(is_there("tile/0/001.p/44"));
    // Twice, as after a crash.
    tiles.remove_outdated(300, 310).unwrap();
    tiles.remove_outdated(300, 310).unwrap();
    assert!(!is_there("tile/0/001.p/44"));
    // Both trees have the tile of level 1.
    assert!(["tile/0/000", "tile/0/001.p/54", "tile/1/000.p/1"].into_iter().all(is_there));
    tiles.remove_outdated(310, 310).unwrap();
    assert!(is_there("tile/0/001.p/54"));
    tiles.remove_outdated(310, 512).unwrap();
    assert!(!folder.path().join("tile/0/001.p").exists());
    assert!(is_there("tile/0/000"));
}

#[test]
fn bundles_hold_what_was_put_in() {
    let long = vec![b'x'; 65_535];
    for entries in [vec![vec![]], vec![b"a".to_vec(), vec![], long], vec![b"b".to_vec(); 256]] {
        let bundle = encode_bundle(&entries).unwrap();
        assert_eq!(decode_bundle(&bundle).unwrap(), entries);
    }
}

#[test]
fn other_bundles_are_refused() {
    let none: [&[u8]; 0] = [];
    assert_eq!(encode_bundle(&none), Err(TileError::EntryCount { found: 0 }));
    assert_eq!(encode_bundle(&["a"; 257]), Err(TileError::EntryCount { found: 257 }));
    let wrong = encode_bundle(&["a".repeat(3), "b".repeat(65_536)]);
    assert_eq!(wrong, Err(TileError::EntryLength { entry: 1, found: 65_536 }));
    assert_eq!(decode_bundle(b""), Err(TileError::EntryCount { found: 0 }));
    // Counting ends with the first one that is too many.
    assert_eq!(decode_bundle(&[0; 1_000]), Err(TileError::EntryCount { found: 257 }));
    for cut in [&b"\0"[..], b"\0\x02a", b"\xff\xff"] {
        assert_eq!(decode_bundle(cut), Err(TileError::Cut { entry: 0 }));
    }
    assert_eq!(decode_bundle(b"\0\x01a\0"), Err(TileError::Cut { entry: 1 }));
}
