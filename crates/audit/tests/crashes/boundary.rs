//! Crashes where one segment ends and the next begins: at 65,536 records.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use deputize::{OutcomeResult, Record};
use deputize_audit::{Checkpoint, FolderTiles, LogError, Origin, TileWriter, leaf_hash};

use crate::cast::{
    Agent, CORES, OPENINGS, Place, assert_extends, call, checkpoint, in_time, log_key, now, open,
    whole_lines,
};
use deputize::Signer as _;

const SEGMENT: usize = 65_536;
const NEXT_CORES: &str = "segments/00000001.jsonl";
const NEXT_OPENINGS: &str = "segments/00000001.open.jsonl";

/// The lines of two records more than a segment has.
fn lines() -> &'static [(String, String)] {
    static LINES: OnceLock<Vec<(String, String)>> = OnceLock::new();
    LINES.get_or_init(|| {
        let record = Record::outcome(1, OutcomeResult::Failed, None, now()).unwrap();
        let line = |index| {
            let (core, openings) = record.to_lines(index).unwrap();
            (core + "\n", openings + "\n")
        };
        (0..).map(line).take(SEGMENT + 2).collect()
    })
}

/// The log whose checkpoint covers all records of the first segment but three, and its tree.
fn base() -> &'static (Place, TileWriter) {
    static BASE: OnceLock<(Place, TileWriter)> = OnceLock::new();
    BASE.get_or_init(|| {
        let place = Place::new();
        fs::create_dir_all(place.path().join("segments")).unwrap();
        let mut tree = TileWriter::default();
        cover(place.path(), &mut tree, SEGMENT - 3);
        let (cores, openings): (String, String) = lines()[..SEGMENT].iter().cloned().unzip();
        fs::write(place.path().join(CORES), cores).unwrap();
        fs::write(place.path().join(OPENINGS), openings).unwrap();
        (place, tree)
    })
}

/// Adds records up to this number to the tree, with its tiles and a checkpoint.
fn cover(folder: &Path, tree: &mut TileWriter, records: usize) {
    let tiles = FolderTiles::new(folder);
    let first = usize::try_from(tree.size()).unwrap();
    for (core, _) in &lines()[first..records] {
        tiles.write(&tree.push(leaf_hash(core.trim_end().as_bytes())).unwrap()).unwrap();
    }
    tiles.write(&tree.partial_tiles()).unwrap();
    let origin = Origin::generate(log_key().public_key()).unwrap();
    let signed = Checkpoint::new(origin, tree.head()).sign(&log_key()).unwrap();
    fs::write(folder.join("checkpoint"), signed.to_string()).unwrap();
}

/// A log with this many records of which the checkpoint covers the first ones.
fn log_of(covered: usize, records: usize) -> Place {
    let (base, tree) = base();
    let place = Place::copy_of(base.path());
    cover(place.path(), &mut tree.clone(), covered);
    if records > SEGMENT {
        let (cores, openings): (String, String) = lines()[SEGMENT..records].iter().cloned().unzip();
        fs::write(place.path().join(NEXT_CORES), cores).unwrap();
        fs::write(place.path().join(NEXT_OPENINGS), openings).unwrap();
    }
    place
}

/// Opens it, records a call, and returns the number of records.
fn opened(path: &Path) -> u64 {
    let path = path.to_owned();
    in_time(move || {
        let log = open(&path, checkpoint(&path).as_ref()).unwrap();
        call(&log, Agent::new(now()).allowed("accounts/1")).unwrap();
        log.close().unwrap();
        let (base, mut tree) = (base().0.path(), base().1.clone());
        for name in [CORES, OPENINGS] {
            assert!(fs::read(path.join(name)).unwrap() == fs::read(base.join(name)).unwrap());
        }
        let after = [CORES, NEXT_CORES].map(|name| whole_lines(&path.join(name)));
        for line in after.concat().iter().skip(SEGMENT - 3) {
            drop(tree.push(leaf_hash(&line[..line.len() - 1])).unwrap());
        }
        assert_eq!(tree.head(), *checkpoint(&path).unwrap().claimed().head());
        tree.size()
    })
}

#[test]
fn a_crash_where_a_segment_ends() {
    let full = u64::try_from(SEGMENT).unwrap();
    // The checkpoint covers the full segment: nothing is behind it, then two records.
    assert_eq!(opened(log_of(SEGMENT, SEGMENT).path()), full + 2);
    assert_eq!(opened(log_of(SEGMENT, SEGMENT + 2).path()), full + 2 + 1 + 2);
    // It covers less: nothing was begun, two records were.
    assert_eq!(opened(log_of(SEGMENT - 3, SEGMENT).path()), full + 1 + 2);
    assert_eq!(opened(log_of(SEGMENT - 3, SEGMENT + 2).path()), full + 2 + 1 + 2);
}

/// Of the next segment, the files are there and no whole record.
#[test]
fn a_crash_where_a_segment_begins() {
    let full = u64::try_from(SEGMENT).unwrap();
    for covered in [SEGMENT - 3, SEGMENT] {
        for (cores, openings) in
            [(Some("{\"at"), Some("")), (Some(""), Some("")), (Some(""), None), (None, Some("{"))]
        {
            let place = log_of(covered, SEGMENT);
            for (name, text) in [(NEXT_CORES, cores), (NEXT_OPENINGS, openings)] {
                text.into_iter().for_each(|text| fs::write(place.path().join(name), text).unwrap());
            }
            let is_told =
                covered < SEGMENT || cores.is_some_and(|own| !own.is_empty()) || cores.is_none();
            assert_eq!(opened(place.path()), full + u64::from(is_told) + 2, "{cores:?}");
        }
    }
}

/// A tile of an earlier segment is lost, which only a proof needs.
#[test]
fn an_older_checkpoint_is_compared_without_its_tiles() {
    let place = log_of(SEGMENT, SEGMENT + 2);
    opened(place.path());
    let mut tree = TileWriter::default();
    for (core, _) in &lines()[..300] {
        drop(tree.push(leaf_hash(core.trim_end().as_bytes())).unwrap());
    }
    let origin = *checkpoint(place.path()).unwrap().claimed().origin();
    let older = Checkpoint::new(origin, tree.head()).sign(&log_key()).unwrap();
    fs::remove_file(place.path().join("tile/0/001")).unwrap();
    open(place.path(), Some(&older)).unwrap().close().unwrap();
    assert_extends(place.path(), &older);
    // The same number of other records.
    let other = leaf_hash(b"another record");
    drop(tree.push(other).unwrap());
    let older = Checkpoint::new(origin, tree.head()).sign(&log_key()).unwrap();
    let error = open(place.path(), Some(&older)).unwrap_err();
    assert!(matches!(error, LogError::SetBack { expected: 301, .. }), "{error}");
}
