//! A log as files for a static file server: the tree can be made from the entries alone.

use std::fs;

use deputize::{Record, RecordCore, RecordRules};
use deputize_audit::{
    FolderFiles, FolderTiles, Level, LogError, ReadTile, RightEdge, SignedCheckpoint, TilePath,
    TileWriter, decode_bundle, export_tiles, leaf_hash,
};

use crate::cast::{Place, Service, now};
use crate::eraser::files;

/// A log with this many records, the first one included.
fn log_of(size: u64) -> Place {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    let own = Record::of(&service.allowed(4711), &RecordRules::default()).unwrap();
    let written: Vec<_> = (1..size).map(|_| log.append(&own).unwrap()).collect();
    written.into_iter().for_each(|own| assert!(own.wait().is_ok()));
    log.close().unwrap();
    place
}

/// Makes the tree from the entry bundles, and nothing else.
fn tree_of_entries(tiles: &FolderTiles, size: u64) -> RightEdge {
    let mut tree = RightEdge::default();
    for path in (0..).map_while(|index| TilePath::in_tree(Level::Entries, index, size)) {
        let bytes = tiles.read_tile(&path).unwrap().unwrap();
        let entries = decode_bundle(&bytes).unwrap();
        assert_eq!(entries.len(), usize::from(path.width()));
        for entry in entries {
            assert_eq!(RecordCore::parse(entry).unwrap().index, tree.size());
            tree.push(leaf_hash(entry)).unwrap();
        }
    }
    tree
}

#[test]
fn the_root_is_that_of_the_entries_and_of_the_tiles() {
    for size in [1, 255, 256, 600] {
        let place = log_of(size);
        let to = place.file("../public");
        let checkpoint = export_tiles(&FolderFiles::new(place.path()), &to).unwrap();
        let read = SignedCheckpoint::parse(&fs::read(to.join("checkpoint")).unwrap()).unwrap();
        assert_eq!((&read, &checkpoint), (&place.checkpoint(), &place.checkpoint()));
        let (tiles, head) = (FolderTiles::new(&to), *checkpoint.claimed().head());
        assert_eq!(head.size(), size);
        assert_eq!(tree_of_entries(&tiles, size).head(), head);
        assert_eq!(TileWriter::resume(size, &tiles).unwrap().head(), head);
        // Nothing else is there, and no value.
        let mut found = Vec::new();
        files(&to, &mut found);
        let expected = 1 + TilePath::partial(size).count() as u64 + size / 256 + size.div_ceil(256);
        assert_eq!(found.len() as u64, expected, "{found:?}");
        for path in found {
            let bytes = fs::read(path).unwrap();
            assert!(!bytes.windows(13).any(|own| own == b"accounts/4711"));
        }
    }
}

#[test]
fn a_log_that_is_written_is_exported_up_to_its_checkpoint() {
    let place = log_of(300);
    let log = place.open().unwrap();
    let own = Record::recovery(0, 1, now());
    log.append(&own).unwrap().wait().unwrap();
    let to = place.file("../public");
    let checkpoint = export_tiles(&FolderFiles::new(place.path()), &to).unwrap();
    let head = *checkpoint.claimed().head();
    assert!((300..=301).contains(&head.size()));
    assert_eq!(tree_of_entries(&FolderTiles::new(&to), head.size()).head(), head);
}

#[test]
fn a_folder_with_anything_in_it_is_left_alone() {
    let place = log_of(3);
    let to = place.file("../public");
    fs::create_dir(&to).unwrap();
    fs::write(to.join("index.html"), "mine").unwrap();
    let refused = export_tiles(&FolderFiles::new(place.path()), &to).unwrap_err();
    assert_eq!(refused, LogError::NotEmpty { path: to.clone() });
    assert_eq!(fs::read_dir(&to).unwrap().count(), 1);
    // An empty one will do.
    fs::remove_file(to.join("index.html")).unwrap();
    assert!(export_tiles(&FolderFiles::new(place.path()), &to).is_ok());
}

/// Records that are not those of the checkpoint are not published under it.
#[test]
fn a_damaged_log_gets_no_checkpoint() {
    const CORES: &str = "segments/00000000.jsonl";
    type Change = fn(&str) -> String;
    let changes: [Change; 2] = [
        |text| text.replacen("\"allowed\":true", "\"allowed\":false", 1),
        |text| text.lines().take(200).map(|line| format!("{line}\n")).collect(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let place = log_of(300);
        let text = fs::read_to_string(place.file(CORES)).unwrap();
        fs::write(place.file(CORES), change(&text)).unwrap();
        let to = place.file("../public");
        let refused = export_tiles(&FolderFiles::new(place.path()), &to).unwrap_err();
        assert!(matches!(refused, LogError::Damaged { .. }), "{number}: {refused}");
        assert!(to.join("tile").exists() && !to.join("checkpoint").exists());
    }
}
