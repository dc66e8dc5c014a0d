//! Crashes where one segment ends and the next begins: at 65,536 records.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use deputize::{OutcomeResult, Record};
use deputize_audit::{Checkpoint, FolderTiles, Origin, TileWriter, leaf_hash};

use crate::cast::{Agent, CORES, OPENINGS, Place, call, checkpoint, in_time, log_key, now, open};
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

/// A log with this many records of which the checkpoint covers the first ones.
fn log_of(covered: usize, records: usize) -> Place {
    let place = Place::new();
    let path = place.path();
    fs::create_dir_all(path.join("segments")).unwrap();
    let (mut tree, tiles) = (TileWriter::default(), FolderTiles::new(path));
    for (core, _) in &lines()[..covered] {
        let full = tree.push(leaf_hash(core.trim_end().as_bytes())).unwrap();
        tiles.write(&full).unwrap();
    }
    tiles.write(&tree.partial_tiles()).unwrap();
    let origin = Origin::generate(log_key().public_key()).unwrap();
    let signed = Checkpoint::new(origin, tree.head()).sign(&log_key()).unwrap();
    fs::write(path.join("checkpoint"), signed.to_string()).unwrap();
    let of = |own: &[(String, String)]| -> [String; 2] {
        [own.iter().map(|own| &*own.0).collect(), own.iter().map(|own| &*own.1).collect()]
    };
    let (first, next) = lines()[..records].split_at(records.min(SEGMENT));
    for (name, text) in [CORES, OPENINGS].into_iter().zip(of(first)) {
        fs::write(path.join(name), text).unwrap();
    }
    if !next.is_empty() {
        for (name, text) in [NEXT_CORES, NEXT_OPENINGS].into_iter().zip(of(next)) {
            fs::write(path.join(name), text).unwrap();
        }
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
        let newest = checkpoint(&path).unwrap();
        let mut tree = TileWriter::default();
        for name in [CORES, NEXT_CORES] {
            for line in crate::cast::whole_lines(&path.join(name)) {
                drop(tree.push(leaf_hash(&line[..line.len() - 1])).unwrap());
            }
        }
        assert_eq!(tree.head(), *newest.claimed().head());
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
