//! Somebody who can write to the folder, but has no key, changes one record of a log of a thousand:
//! each change is found, and its record named.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use deputize::{FieldState, Openings, RecordCore};
use deputize_audit::{Fault, LogVerifier, SignedCheckpoint, Verdict, Witness};

use crate::cast::{Place, Service, call};

const CORES: &str = "segments/00000000.jsonl";
const OPENINGS: &str = "segments/00000000.open.jsonl";

type Files = BTreeMap<String, Vec<u8>>;

fn read_folder(folder: &Path, name: &str, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let own = format!("{name}{}", entry.file_name().to_str().unwrap());
        match entry.file_type().unwrap().is_dir() {
            true => read_folder(&entry.path(), &format!("{own}/"), files),
            false => drop(files.insert(own, fs::read(entry.path()).unwrap())),
        }
    }
}

/// A log of a thousand records, in memory, and its earlier state of 501.
fn logs() -> &'static [Files; 2] {
    static LOGS: OnceLock<[Files; 2]> = OnceLock::new();
    LOGS.get_or_init(|| {
        let (place, service) = (Place::new(), Service::new());
        let log = place.create();
        for number in 0..250 {
            call(&log, service.allowed(number));
        }
        log.close().unwrap();
        let mut early = Files::new();
        read_folder(&place.path(), "", &mut early);
        let log = place.open().unwrap();
        for number in 250..499 {
            call(&log, service.allowed(number));
        }
        drop(log.record(service.allowed(500)).unwrap());
        log.close().unwrap();
        let mut whole = Files::new();
        read_folder(&place.path(), "", &mut whole);
        assert_eq!(lines(&whole, CORES).len(), 1001);
        [whole, early]
    })
}

fn lines(files: &Files, name: &str) -> Vec<Vec<u8>> {
    files[name].split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn verified(files: &Files) -> Verdict {
    LogVerifier::default().verify(files, |_| ()).unwrap()
}

/// The verdict about the cores alone.
fn of_cores(files: &Files) -> Verdict {
    LogVerifier::default().without_values().verify(files, |_| ()).unwrap()
}

/// The first fault of a verdict that must not be whole.
fn first(files: &Files) -> (Option<u64>, Fault) {
    let verdict = of_cores(files);
    assert!(!verdict.is_whole());
    let finding = &verdict.findings[0];
    (finding.record, finding.fault.clone())
}

fn checkpoint(files: &Files) -> SignedCheckpoint {
    SignedCheckpoint::parse(&files["checkpoint"]).unwrap()
}

#[test]
fn an_honest_log_is_whole() {
    let [whole, early] = logs();
    let verdict = verified(whole);
    assert!(verdict.is_whole(), "{:?}", verdict.findings);
    assert_eq!((verdict.read, verdict.behind, verdict.erased), (1001, 0, 0));
    assert_eq!(verdict.shown, 5_000);
    // It extends its own earlier checkpoint.
    let verifier = LogVerifier::default().having_seen(checkpoint(early));
    let verdict = verifier.verify(whole, |_| ()).unwrap();
    assert!(verdict.is_whole());
    assert_eq!(verdict.compared_with, [501]);
}

/// Each record, changed in one place.
#[test]
fn an_edited_record_is_named() {
    let [whole, _] = logs();
    let all = lines(whole, CORES);
    let mut files = whole.clone();
    for index in 0..all.len() {
        let mut changed = all.clone();
        let place = (index * 7919) % (all[index].len() - 1);
        changed[index][place] ^= 1;
        files.insert(CORES.to_owned(), changed.concat());
        let verdict = of_cores(&files);
        let index = Some(index as u64);
        assert!(verdict.findings.iter().all(|finding| finding.record == index));
        assert!(verdict.findings.iter().any(|finding| finding.fault == Fault::Changed));
    }
}

/// The values of each record, changed in one place: they cannot be read, or one of them is wrong.
#[test]
fn an_edited_value_is_named() {
    let [whole, _] = logs();
    let all = lines(whole, OPENINGS);
    let mut files = whole.clone();
    for index in (0..all.len()).step_by(53) {
        let mut changed = all.clone();
        let place = (index * 7919) % (all[index].len() - 1);
        changed[index][place] ^= 1;
        files.insert(OPENINGS.to_owned(), changed.concat());
        let verdict = verified(&files);
        let named: Vec<_> = verdict.findings.iter().map(|finding| finding.record).collect();
        assert_eq!(named, [Some(index as u64)], "{:?}", verdict.findings);
    }
    // The same for all of them, without the rest of the log.
    let cores = lines(whole, CORES);
    for (core, line) in cores.iter().zip(&all) {
        let core = RecordCore::parse(core.trim_ascii_end()).unwrap();
        for step in 0..20 {
            let place = (step * 7919) % (line.len() - 1);
            let mut changed = line.trim_ascii_end().to_vec();
            changed[place] ^= 1;
            let Ok(openings) = Openings::parse(&changed) else { continue };
            let is_wrong = |(_, state): (_, FieldState<'_>)| state == FieldState::Wrong;
            assert!(openings.index != core.index || openings.check(&core).any(is_wrong));
        }
    }
}

#[test]
fn a_dropped_doubled_or_moved_record_is_named() {
    let [whole, _] = logs();
    let (cores, openings) = (lines(whole, CORES), lines(whole, OPENINGS));
    type Change = fn(&mut Vec<Vec<u8>>, usize);
    let changes: [(&str, Change); 3] = [
        ("dropped", |lines, index| drop(lines.remove(index))),
        ("doubled", |lines, index| lines.insert(index, lines[index].clone())),
        ("swapped", |lines, index| lines.swap(index, (index + 1) % 1001)),
    ];
    for (name, change) in changes {
        for index in 0..cores.len() {
            let mut files = whole.clone();
            let (mut own, mut open) = (cores.clone(), openings.clone());
            change(&mut own, index);
            change(&mut open, index);
            files.insert(CORES.to_owned(), own.concat());
            files.insert(OPENINGS.to_owned(), open.concat());
            let (record, fault) = first(&files);
            let expected = match name {
                // The last line in the place of the first.
                "swapped" if index == 1000 => 0,
                "doubled" => index + 1,
                _ => index,
            };
            if name == "doubled" && index == 1000 {
                // A line behind the checkpoint, which does not cover it.
                assert!(matches!(fault, Fault::OtherIndex { .. }), "{fault:?}");
            }
            assert_eq!(record, Some(expected as u64), "{name} {index}: {fault:?}");
        }
    }
}

/// The tail is cut off at each place: the checkpoint has more records.
#[test]
fn a_cut_log_is_noticed() {
    let [whole, _] = logs();
    let (cores, openings) = (lines(whole, CORES), lines(whole, OPENINGS));
    for index in 0..cores.len() {
        let mut files = whole.clone();
        files.insert(CORES.to_owned(), cores[..index].concat());
        files.insert(OPENINGS.to_owned(), openings[..index].concat());
        assert_eq!(first(&files), (Some(index as u64), Fault::Ends));
    }
}

/// With the older checkpoint and its tiles put back, the log is an honest one of that time. Only who kept
/// a later checkpoint can tell.
#[test]
fn a_log_that_is_set_back_is_found_with_a_later_checkpoint_alone() {
    let [whole, early] = logs();
    assert!(verified(early).is_whole());
    let verifier = LogVerifier::default().having_seen(checkpoint(whole));
    let verdict = verifier.verify(early, |_| ()).unwrap();
    assert_eq!(verdict.findings[0].fault, Fault::Contradicts { size: 1001 });
    // Each single change of a record that the older checkpoint covers, with that checkpoint put back.
    let cores = lines(whole, CORES);
    for index in 0..501 {
        let mut files = early.clone();
        let mut own = cores.clone();
        own.remove(index);
        files.insert(CORES.to_owned(), own.concat());
        let (record, fault) = first(&files);
        assert_eq!(record, Some(index as u64), "{fault:?}");
    }
    // Records behind it are named as not covered, and are not compared with anything.
    let mut files = early.clone();
    files.insert(CORES.to_owned(), cores.concat());
    files.insert(OPENINGS.to_owned(), whole[OPENINGS].clone());
    let verdict = verified(&files);
    assert!(verdict.is_whole(), "{:?}", verdict.findings);
    assert_eq!((verdict.behind, verdict.read), (500, 1001));
}

/// Without tiles that can be trusted, the fault is found and its record is not named.
#[test]
fn changed_tiles_do_not_hide_a_change() {
    let [whole, _] = logs();
    let mut files = whole.clone();
    let mut own = lines(whole, CORES);
    own[700] =
        String::from_utf8(own[700].clone()).unwrap().replace("\"done\"", "\"failed\"").into_bytes();
    files.insert(CORES.to_owned(), own.concat());
    assert_eq!(first(&files), (Some(700), Fault::Changed));
    let tiles: Vec<_> = files.keys().filter(|name| name.starts_with("tile/0/")).cloned().collect();
    for name in tiles {
        files.get_mut(&name).unwrap()[0] ^= 1;
    }
    assert_eq!(first(&files), (None, Fault::OtherRoot));
    // Records that are right, and tiles that are not.
    let mut files = whole.clone();
    files.get_mut("tile/0/000").unwrap()[0] ^= 1;
    assert_eq!(first(&files), (None, Fault::Tiles));
    files.remove("tile/0/000");
    assert_eq!(first(&files), (None, Fault::Tiles));
}

#[test]
fn the_checkpoint_is_of_its_key_and_its_log() {
    let [whole, _] = logs();
    let mut files = whole.clone();
    let text = String::from_utf8(files["checkpoint"].clone()).unwrap();
    files.insert("checkpoint".into(), text.replace("\n1001\n", "\n1000\n").into_bytes());
    assert!(LogVerifier::default().verify(&files, |_| ()).is_err());
    files.remove("checkpoint");
    assert!(LogVerifier::default().verify(&files, |_| ()).is_err());
    // Another log of the same key: its records under this name.
    let other = Place::new();
    other.create().close().unwrap();
    let mut second = Files::new();
    read_folder(&other.path(), "", &mut second);
    let expecting = LogVerifier::default().expecting(*checkpoint(whole).claimed().origin());
    assert!(expecting.verify(&second, |_| ()).is_err());
    assert!(expecting.verify(whole, |_| ()).unwrap().is_whole());
}

#[test]
fn witnesses_are_counted_where_they_are_required() {
    let [whole, _] = logs();
    let key = deputize::SigningKey::from_bytes(&[9; 32]);
    let witness = Witness::new("example.com/w", deputize::Signer::public_key(&key)).unwrap();
    let verifier = LogVerifier::default().requiring(1, [witness]);
    let verdict = verifier.verify(whole, |_| ()).unwrap();
    assert_eq!(verdict.findings[0].fault, Fault::Witnesses { expected: 1, found: 0 });
}
