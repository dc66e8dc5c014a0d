//! Files that an operator with a key of its own made for whoever verifies them.

use std::cell::Cell;
use std::fs;
use std::io::{self, Read};
use std::process::Command;

use deputize_audit::{
    Checkpoint, Fault, FolderFiles, Hash, LogFiles, LogVerifier, Origin, RightEdge, TreeHead,
};

use crate::cast::{Place, key_of_log, log_key};
use crate::forge::{CORES, Forged, OPENINGS, checkpoint, verified, within};

/// Files that are made when they are asked for.
struct Made<F> {
    checkpoint: String,
    opened: Cell<u64>,
    most: u64,
    make: F,
}

impl<F: Fn(&str) -> Option<Vec<u8>>> LogFiles for Made<F> {
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        self.opened.set(self.opened.get() + 1);
        if self.opened.get() > self.most {
            return Err(io::Error::other("too many files were read"));
        }
        let bytes = match name {
            "checkpoint" => Some(self.checkpoint.clone().into_bytes()),
            _ => (self.make)(name),
        };
        Ok(bytes.map(|bytes| Box::new(io::Cursor::new(bytes)) as Box<dyn Read>))
    }
}

fn made<F: Fn(&str) -> Option<Vec<u8>>>(size: u64, make: F) -> Made<F> {
    let origin = Origin::generate(key_of_log()).unwrap();
    let head = TreeHead::new(size, Hash::from_bytes([9; 32])).unwrap();
    let checkpoint = Checkpoint::new(origin, head).sign(&log_key()).unwrap().to_string();
    Made { checkpoint, opened: Cell::new(0), most: 20_000, make }
}

/// A checkpoint of 2^47 records, no record, and one tile under each name. A folder needs two thousand
/// files for this: `x000` to `x999` are links to their own folder.
#[test]
fn a_checkpoint_of_an_endless_log_is_refused_soon() {
    let tiles = |name: &str| name.starts_with("tile/0/").then(|| vec![0; 8192]);
    let files = made(1 << 47, tiles);
    let verdict = LogVerifier::default().verify(&files, |_| ());
    assert!(verdict.is_ok_and(|own| !own.is_whole()), "{}", files.opened.get());
}

/// Without tiles, it is.
#[test]
fn a_large_checkpoint_without_tiles_is_refused_soon() {
    let verdict = LogVerifier::default().verify(&made((1 << 48) - 1, |_| None), |_| ()).unwrap();
    assert!(!verdict.is_whole());
}

/// Records behind the checkpoint without end. A writer leaves those of a second.
#[test]
fn segments_behind_the_checkpoint_are_read() {
    let mut log = Forged::of_size(3);
    log.cover();
    log.files.get_mut(CORES).unwrap().extend_from_slice(&b"{}\n".repeat(50_000));
    let verdict = verified(&log.files);
    assert!(!verdict.is_whole());
    assert!(verdict.findings.len() <= 1000 && verdict.more_findings > 10_000);
}

#[test]
fn long_and_deep_lines_are_refused() {
    let mut log = Forged::of_size(3);
    log.cover();
    for name in [CORES, OPENINGS] {
        for bytes in [
            vec![b'['; 1_000_000],
            vec![b' '; 5_000_000],
            b"{\"index\":2,\"open\":".to_vec().into_iter().chain([b'['; 10_000]).collect(),
            vec![0; 100_000],
            b"\xff\n".repeat(1000),
            b"\n".repeat(100_000),
        ] {
            let mut files = log.files.clone();
            let mut own = files[name]
                .split_inclusive(|byte| *byte == b'\n')
                .take(2)
                .collect::<Vec<_>>()
                .concat();
            own.extend_from_slice(&bytes);
            own.push(b'\n');
            files.insert(name.into(), own);
            assert!(!verified(&files).is_whole());
        }
    }
    for bytes in [Vec::new(), vec![b'a'; 3_000_000], b"\n\n".repeat(10_000)] {
        log.files.insert("checkpoint".into(), bytes);
        assert!(LogVerifier::default().verify(&log.files, |_| ()).is_err());
    }
}

/// Opening a pipe waits for somebody to write to it.
#[test]
fn a_pipe_is_not_waited_for() {
    for name in [CORES, OPENINGS, "checkpoint"] {
        let mut log = Forged::of_size(3);
        log.cover();
        let place = Place::new();
        log.write(&place.path());
        fs::remove_file(place.file(name)).unwrap();
        assert!(Command::new("mkfifo").arg(place.file(name)).status().unwrap().success());
        let files = FolderFiles::new(place.path());
        let verdict = within(10, move || {
            LogVerifier::default().verify(&files, |_| ()).map(|own| own.is_whole())
        });
        assert!(matches!(verdict, Some(Ok(false) | Err(_))), "{name}");
    }
}

/// The checkpoint covers what it says, and no more: with any other size or root, it is refused.
#[test]
fn a_checkpoint_of_the_key_about_other_records_is_noticed() {
    let mut log = Forged::of_size(300);
    log.cover();
    let whole = log.files.clone();
    let head = *checkpoint(&whole).claimed().head();
    let mut short = RightEdge::default();
    for line in whole[CORES].split(|byte| *byte == b'\n').take(299) {
        short.push(deputize_audit::leaf_hash(line)).unwrap();
    }
    for (size, root) in
        [(299, head.root()), (301, head.root()), (300, short.root()), (1, head.root())]
    {
        let head = TreeHead::new(size, root).unwrap();
        let signed = Checkpoint::new(log.origin, head).sign(&log_key()).unwrap();
        let mut files = whole.clone();
        files.insert("checkpoint".into(), signed.to_string().into_bytes());
        assert!(!verified(&files).is_whole(), "{size}");
        // A log of another origin with the same records.
        let other =
            Checkpoint::new(Forged::new(Vec::new()).origin, *checkpoint(&whole).claimed().head());
        files.insert("checkpoint".into(), other.sign(&log_key()).unwrap().to_string().into_bytes());
        let found: Vec<_> = verified(&files).findings.into_iter().map(|own| own.fault).collect();
        assert_eq!(found, [Fault::OtherLog]);
    }
}

/// The same for the writer. A link to an endless device is read until the memory is full, since its
/// length is 0; that is not tried here.
#[test]
fn a_writer_does_not_wait_for_a_pipe() {
    let mut log = Forged::of_size(3);
    log.cover();
    let place = Place::new();
    log.write(&place.path());
    fs::remove_file(place.file("checkpoint")).unwrap();
    assert!(Command::new("mkfifo").arg(place.file("checkpoint")).status().unwrap().success());
    let opened = within(10, move || place.open().is_err());
    assert_eq!(opened, Some(true));
}
