//! Erasures in a log that somebody changed: they hide nothing, and only those that count are carried out.

use std::fs;

use deputize::{FieldKind, Record, RecordCore, RecordKind, Signer, SigningKey};
use deputize_audit::{ErasedRange, Erasure, ErasureReason, Fault};

use crate::cast::{Place, Service, call, now};
use crate::eraser::{OPENINGS, create, is_anywhere, of_record, verdict};

#[test]
fn an_erasure_names_what_was_wrong_before() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    let index = call(&log, service.allowed(4711));
    log.close().unwrap();
    let text = fs::read_to_string(place.file(OPENINGS)).unwrap();
    fs::write(place.file(OPENINGS), text.replacen("accounts/4711", "accounts/4799", 1)).unwrap();
    let log = place.open().unwrap();
    log.erase(of_record(index, &[FieldKind::Resource]), ErasureReason::Mistake, now()).unwrap();
    log.close().unwrap();
    let verdict = verdict(&place);
    let faults: Vec<_> = verdict.findings.iter().map(|own| (own.record, &own.fault)).collect();
    assert_eq!(faults, [(Some(index), &Fault::Wrong { place: 1, kind: FieldKind::Resource })]);
}

/// Whoever took a value away cannot have it erased afterwards, nor a line that nobody can read.
#[test]
fn an_erasure_names_what_was_missing_before() {
    let of_line = |line: &str| -> String {
        let mut own: serde_json::Value = serde_json::from_str(line).unwrap();
        own["open"][1] = serde_json::Value::Null;
        own.to_string()
    };
    let unreadable = |_: &str| "{}".to_owned();
    type Change = fn(&str) -> String;
    let changes: [(Change, usize); 2] = [(of_line, 1), (unreadable, 9)];
    for (change, expected) in changes {
        let (place, service) = (Place::new(), Service::new());
        let log = create(&place);
        let index = call(&log, service.allowed(4711));
        log.close().unwrap();
        let text = fs::read_to_string(place.file(OPENINGS)).unwrap();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines[index as usize] = change(&lines[index as usize]);
        fs::write(place.file(OPENINGS), lines.join("\n") + "\n").unwrap();
        assert_eq!(verdict(&place).findings.len(), 1);
        let all = [ErasedRange { first: index, last: index, kinds: None }];
        for _ in 0..2 {
            let log = place.open().unwrap();
            log.erase(all.clone(), ErasureReason::Retention, now()).unwrap();
            log.close().unwrap();
            let faults: Vec<_> =
                verdict(&place).findings.iter().map(|own| own.fault.code()).collect();
            assert_eq!(faults, vec!["value_wrong"; expected]);
        }
        // The second statement names nothing: the first one erased what was there.
        let wrong = |own: RecordCore| match own.kind {
            RecordKind::Erasure { wrong, .. } => Some(wrong.len()),
            _ => None,
        };
        let wrong: Vec<_> = place.cores().into_iter().filter_map(wrong).collect();
        assert_eq!(wrong, [expected, 0]);
    }
}

/// Somebody who can write to the folder puts a statement behind the checkpoint, and lets the log carry it
/// out: nothing is erased.
#[test]
fn an_erasure_that_does_not_count_is_not_carried_out() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    call(&log, service.allowed(4711));
    log.close().unwrap();
    let head = *place.checkpoint().claimed().head();
    let thief = SigningKey::from_bytes(&[73; 32]);
    let statement = Erasure {
        key: thief.public_key(),
        origin: *place.checkpoint().claimed().origin(),
        size: head.size(),
        root: head.root(),
        issued: now(),
        why: ErasureReason::Law,
        authority: None,
        ranges: vec![ErasedRange { first: 1, last: 1, kinds: None }],
    };
    let note = statement.sign(&thief).unwrap().to_string();
    let (core, openings) = Record::erasure(note, vec![], now()).to_lines(head.size()).unwrap();
    for (name, line) in [("segments/00000000.jsonl", core), (OPENINGS, openings)] {
        let text = fs::read_to_string(place.file(name)).unwrap();
        fs::write(place.file(name), format!("{text}{line}\n")).unwrap();
    }
    place.open().unwrap().close().unwrap();
    assert!(is_anywhere(&place, "accounts/4711"));
    let verdict = verdict(&place);
    let faults: Vec<_> = verdict.findings.iter().map(|own| own.fault.code()).collect();
    assert_eq!(faults, ["erasure"]);
}
