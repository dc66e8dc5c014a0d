//! Erasures that a crash interrupts: opening the log finishes them.

use std::fs;

use deputize::{FieldKind, Record, Signer};
use deputize_audit::{ErasedRange, Erasure, ErasureReason};

use crate::cast::{Place, Service, call, now};
use crate::eraser::{OPENINGS, create, is_anywhere, of_record, officer, verdict};

/// The record of an erasure of this record is in the log and covered, and then the process is killed.
fn stated(place: &Place, first: u64) -> u64 {
    let head = *place.checkpoint().claimed().head();
    let statement = Erasure {
        key: officer().public_key(),
        origin: *place.checkpoint().claimed().origin(),
        size: head.size(),
        root: head.root(),
        issued: now(),
        why: ErasureReason::Request,
        authority: None,
        ranges: vec![ErasedRange { first, last: first, kinds: None }],
    };
    let note = statement.sign(&officer()).unwrap().to_string();
    let log = place.open().unwrap();
    let record = Record::erasure(note, vec![], now());
    let index = log.append(&record).unwrap().wait().unwrap();
    log.close().unwrap();
    assert!(is_anywhere(place, "accounts/4711"));
    index
}

/// Wherever a crash leaves a statement without its erasure, opening the log carries it out. The file that
/// says which are done can be missing, malformed, or of a log that was longer.
#[test]
fn an_erasure_that_was_not_begun_is_carried_out() {
    for erased in [None, Some(""), Some("soon"), Some("99999"), Some("2"), Some("000")] {
        let (place, service) = (Place::new(), Service::new());
        let log = create(&place);
        let first = call(&log, service.allowed(4711));
        call(&log, service.allowed(4712));
        log.close().unwrap();
        let index = stated(&place, first);
        match erased {
            Some(text) => fs::write(place.file("erased"), text).unwrap(),
            None => fs::remove_file(place.file("erased")).unwrap(),
        }
        place.open().unwrap().close().unwrap();
        assert!(!is_anywhere(&place, "accounts/4711"), "{erased:?}");
        assert!(is_anywhere(&place, "accounts/4712"));
        assert!(verdict(&place).is_whole());
        let carried_out = fs::read_to_string(place.file("erased")).unwrap();
        assert_eq!(carried_out, (index + 1).to_string());
    }
}

/// A statement that was only appended is carried out before the log says that later ones are.
#[test]
fn a_later_erasure_leaves_no_earlier_one_behind() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    let first = call(&log, service.allowed(4711));
    let second = call(&log, service.allowed(4712));
    log.close().unwrap();
    let index = stated(&place, first);
    fs::write(place.file("erased"), index.to_string()).unwrap();
    let log = place.open().unwrap();
    log.erase(of_record(second, &[FieldKind::Resource]), ErasureReason::Request, now()).unwrap();
    log.close().unwrap();
    assert!(!is_anywhere(&place, "accounts/4711"));
    assert!(verdict(&place).is_whole());
}

/// After a crash between the statement and the values, opening the log finishes the erasure.
#[test]
fn an_interrupted_erasure_is_finished() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    let first = call(&log, service.allowed(4711));
    log.close().unwrap();
    let before = fs::read(place.file(OPENINGS)).unwrap();
    let log = place.open().unwrap();
    let index =
        log.erase(of_record(first, &[FieldKind::Resource]), ErasureReason::Request, now()).unwrap();
    log.close().unwrap();
    // The openings before the erasure, with the line of its record.
    let line = fs::read_to_string(place.file(OPENINGS)).unwrap().lines().last().unwrap().to_owned();
    fs::write(place.file(OPENINGS), [before, format!("{line}\n").into_bytes()].concat()).unwrap();
    assert!(verdict(&place).findings.iter().all(|own| own.fault.code() == "value_not_yet_erased"));
    fs::write(place.file("erased"), index[0].to_string()).unwrap();
    fs::write(place.file("segments/00000000.open.new"), b"half").unwrap();
    place.open().unwrap().close().unwrap();
    assert!(!is_anywhere(&place, "accounts/4711"));
    assert!(verdict(&place).is_whole());
}
