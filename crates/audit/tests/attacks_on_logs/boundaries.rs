//! Sizes at which tiles and segments end: honest logs are whole there, and a crash there loses nothing.

use std::fs;

use crate::cast::{Place, Service, call, now};
use crate::forge::{CORES, Forged, faults, read, split, verified, within};
use deputize::{Record, RecordKind};

#[test]
fn honest_logs_are_whole_at_each_size() {
    for size in [1, 2, 255, 256, 257, 511, 512, 513] {
        let mut log = Forged::of_size(size);
        log.cover();
        assert_eq!(faults(&log.files), [], "{size}");
        log.fill(size + 3);
        let verdict = verified(&log.files);
        assert!(verdict.is_whole());
        assert_eq!((verdict.behind, verdict.read), (3, size + 3));
    }
}

/// Around the end of a segment, with any number of records behind the checkpoint.
#[test]
fn honest_logs_are_whole_at_the_end_of_a_segment() {
    let mut log = Forged::of_size(65_534);
    for size in [65_536, 65_537] {
        log.fill(size);
        log.cover();
        assert_eq!(faults(&log.files), [], "{size}");
    }
    // A segment that is too long, or that is missing, is noticed.
    let mut files = log.files.clone();
    files.get_mut(CORES).unwrap().extend_from_slice(b"{}\n");
    assert!(!verified(&files).is_whole());
    log.files.remove("segments/00000001.open.jsonl");
    assert!(!verified(&log.files).is_whole());
}

/// A log is written over the end of its first segment, opened again at each place, and is whole.
#[test]
fn a_log_is_written_over_the_end_of_a_segment() {
    let mut forged = Forged::of_size(65_534);
    let place = Place::new();
    forged.cover().write(&place.path());
    let service = Service::new();
    let log = place.open().unwrap();
    for number in 0..2 {
        call(&log, service.allowed(number));
    }
    log.close().unwrap();
    assert_eq!(faults(&read(&place.path())), []);
    // A crash after the segment was begun: what is behind the checkpoint is kept, and told.
    let mut forged = Forged::of_size(65_535);
    forged.cover().fill(65_540);
    let place = Place::new();
    forged.write(&place.path());
    place.open().unwrap().close().unwrap();
    let files = read(&place.path());
    let verdict = verified(&files);
    assert!(verdict.is_whole());
    assert_eq!((verdict.read, verdict.behind), (65_541, 0));
    let last = split(&files, "segments/00000001.jsonl").pop().unwrap();
    assert!(last.contains("\"kept\":5"), "{last}");
}

/// The checkpoint covers a whole segment, the next one was begun, and the machine stopped.
#[test]
fn a_log_is_opened_that_stopped_at_the_beginning_of_a_segment() {
    let mut forged = Forged::of_size(65_536);
    forged.cover().fill(65_538);
    for is_empty in [true, false] {
        let place = Place::new();
        forged.write(&place.path());
        if is_empty {
            for name in ["segments/00000001.jsonl", "segments/00000001.open.jsonl"] {
                fs::write(place.file(name), b"").unwrap();
            }
        }
        let path = place.path();
        let opened = within(60, move || place.open().map(drop));
        assert_eq!(opened, Some(Ok(())), "{is_empty}");
        drop(path);
    }
}

/// A file that somebody put in the place of the next segment is not written to.
#[test]
fn a_segment_is_not_begun_in_a_file_that_is_there() {
    let mut forged = Forged::of_size(65_534);
    let place = Place::new();
    forged.cover().write(&place.path());
    let service = Service::new();
    let log = place.open().unwrap();
    fs::write(place.file("segments/00000001.jsonl"), b"garbage").unwrap();
    let first = log.record(service.allowed(1)).is_ok();
    let second = log.record(service.allowed(2)).is_ok();
    let third = log.record(service.allowed(3)).is_ok();
    drop(log);
    // Either nothing more is acknowledged, or what was is read.
    let verdict = verified(&read(&place.path()));
    assert!(first && (!(second && third) || verdict.is_whole()), "{:?}", verdict.findings);
}

/// An inserted line moves the last record behind the checkpoint. Opening must not cut it off: it was
/// acknowledged, and a checkpoint covers it.
#[test]
fn a_record_that_the_checkpoint_covers_is_never_cut_off() {
    let mut forged = Forged::of_size(10);
    let last = Record::recovery(7, 7, now());
    forged.add(&last);
    forged.cover();
    let mut lines = split(&forged.files, CORES);
    let lost = lines[10].clone();
    lines.insert(4, "\n".to_owned());
    forged.files.insert(CORES.into(), lines.concat().into_bytes());
    let place = Place::new();
    forged.write(&place.path());
    let _ = place.open();
    assert!(fs::read_to_string(place.file(CORES)).unwrap().contains(&lost));
}

/// A folder that was changed behind the checkpoint while nothing ran is told.
#[test]
fn what_was_put_behind_the_checkpoint_is_told() {
    let mut forged = Forged::of_size(5);
    forged.cover().fill(7);
    let place = Place::new();
    forged.write(&place.path());
    fs::write(place.file("segments/00000001.jsonl"), b"12345").unwrap();
    place.open().unwrap().close().unwrap();
    let told = place.cores().pop().unwrap().kind;
    assert_eq!(told, RecordKind::Recovery { kept: 2, cut: 5 });
    assert_eq!(faults(&read(&place.path())), []);
}
