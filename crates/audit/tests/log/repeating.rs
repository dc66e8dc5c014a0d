//! Values that many records have are written once, and read for each of them.

use std::fs;

use deputize::{FieldKind, Openings, OpeningsLine, Record, RecordError, RecordRules};
use deputize_audit::{
    ErasedRange, ErasureReason, Fault, FolderFiles, Log, LogReader, LogVerifier, Verdict,
};
use serde_json::Value;

use crate::cast::{Place, Service, lines, now};

const CORES: &str = "segments/00000000.jsonl";
const OPENINGS: &str = "segments/00000000.open.jsonl";

fn verdict(place: &Place) -> Verdict {
    LogVerifier::default().verify(&FolderFiles::new(place.path()), |_| ()).unwrap()
}

/// The record whose values each line repeats.
fn bases(place: &Place) -> Vec<Option<u64>> {
    let base = |line: &String| serde_json::from_str::<Value>(line).unwrap()["as"].as_u64();
    lines(&place.file(OPENINGS)).iter().map(base).collect()
}

/// The values of each record.
fn values(place: &Place) -> Vec<Vec<(FieldKind, Value)>> {
    let files = FolderFiles::new(place.path());
    let mut reader = LogReader::new(&files);
    std::iter::from_fn(|| reader.next_record().unwrap()).map(|own| own.values).collect()
}

/// A log with this many calls of one agent, at the records 1, 2, …
fn written(place: &Place, service: &Service, calls: u32) {
    let log = place.create();
    append(&log, service, 1..=calls);
    log.close().unwrap();
}

fn append(log: &Log, service: &Service, calls: impl Iterator<Item = u32>) {
    let rules = RecordRules::default();
    for number in calls {
        let record = Record::of(&service.allowed(number), &rules).unwrap();
        drop(log.append(&record).unwrap());
    }
}

#[test]
fn what_an_earlier_record_shows_is_not_written_again() {
    let (place, service) = (Place::new(), Service::new());
    written(&place, &service, 5);
    assert_eq!(bases(&place), [None, None, Some(1), Some(1), Some(1), Some(1)]);
    let all = lines(&place.file(OPENINGS));
    assert!(all[2].len() * 2 < all[1].len(), "{} {}", all[2].len(), all[1].len());
    // Each record has all of its values, and the core commits to each.
    let read = values(&place);
    let found = verdict(&place);
    assert!(found.is_whole(), "{:?}", found.findings);
    assert_eq!((found.shown, found.signatures.unwrap().calls), (1 + 5 * 9, 5));
    for (number, own) in read.iter().enumerate().skip(1) {
        assert_eq!(own.len(), 9);
        let resource = (FieldKind::Resource, Value::from(format!("accounts/{number}")));
        assert!(own.contains(&resource));
    }
    // All but the resource and the presentation are those of every call.
    let same = |kind: FieldKind| !matches!(kind, FieldKind::Resource | FieldKind::Presentation);
    for (one, other) in read[1].iter().zip(&read[5]) {
        assert_eq!(one == other, same(one.0), "{}", one.0);
    }
}

/// A reader keeps a bounded number of lines.
#[test]
fn a_value_is_written_again_after_1024_records() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    let record = Record::of(&service.allowed(1), &RecordRules::default()).unwrap();
    for _ in 0..1_030 {
        drop(log.append(&record).unwrap());
    }
    log.close().unwrap();
    let bases = bases(&place);
    assert!(bases[2..=1_025].iter().all(|base| *base == Some(1)));
    assert_eq!(bases[1_026..], [None, Some(1_026), Some(1_026), Some(1_026), Some(1_026)]);
    assert!(verdict(&place).is_whole());
}

/// A record whose line is long is not repeated, so that a reader does not have to keep it.
#[test]
fn long_lines_are_not_repeated() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    let long = format!("{{\"limit\":5,\"text\":\"{}\"}}", "a".repeat(17_000));
    let call = service.decide_with("accounts/1", &long, now());
    let rules = RecordRules::default().with_max_value(64 * 1024);
    for _ in 0..3 {
        drop(log.append(&Record::of(&call, &rules).unwrap()).unwrap());
    }
    append(&log, &service, 1..=2);
    log.close().unwrap();
    assert_eq!(bases(&place), [None, None, None, None, None, Some(4)]);
    assert!(verdict(&place).is_whole());
}

/// The log is opened again, also after its end was torn off anywhere: what was acknowledged is read, and
/// new records repeat nothing that could be gone.
#[test]
fn a_torn_log_goes_on() {
    let (place, service) = (Place::new(), Service::new());
    written(&place, &service, 3);
    let covered = place.checkpoint();
    let kept = [CORES, OPENINGS].map(|name| fs::read(place.file(name)).unwrap());
    let log = place.open().unwrap();
    append(&log, &service, 4..=6);
    log.close().unwrap();
    assert_eq!(bases(&place)[4..], [None, Some(4), Some(4)]);
    let [cores, openings] = [CORES, OPENINGS].map(|name| fs::read(place.file(name)).unwrap());
    for cut in (kept[1].len()..=openings.len()).step_by(97) {
        fs::write(place.file("checkpoint"), covered.to_string()).unwrap();
        fs::write(place.file(CORES), &cores).unwrap();
        fs::write(place.file(OPENINGS), &openings[..cut]).unwrap();
        let log = place.open().unwrap();
        append(&log, &service, 7..=8);
        log.close().unwrap();
        let found = verdict(&place);
        assert!(found.is_whole(), "{cut}: {:?}", found.findings);
        let last = bases(&place);
        assert_eq!(last[last.len() - 2], None);
    }
}

/// Erases values of these records, and returns the values before and after.
fn erased(indexes: &[u64], kind: FieldKind) -> [Vec<Vec<(FieldKind, Value)>>; 2] {
    let (place, service) = (Place::new(), Service::new());
    written(&place, &service, 4);
    let before = values(&place);
    let log = place.open().unwrap();
    let range = |index: &u64| ErasedRange { first: *index, last: *index, kinds: Some(vec![kind]) };
    log.erase(indexes.iter().map(range), ErasureReason::Request, now()).unwrap();
    append(&log, &service, 5..=6);
    log.close().unwrap();
    let found = verdict(&place);
    assert!(found.is_whole(), "{indexes:?} {kind}: {:?}", found.findings);
    [before, values(&place)]
}

/// An erased value is gone from its own records, and others keep it.
#[test]
fn a_value_is_erased_where_it_is_written_and_where_it_is_repeated() {
    let base = &[1][..];
    for indexes in [base, &[2], &[4], &[1, 2], &[2, 3], &[1, 2, 3], &[2, 3, 4]] {
        for kind in [FieldKind::Chain, FieldKind::Owner, FieldKind::Argument, FieldKind::Call] {
            let [before, after] = erased(indexes, kind);
            for index in 1..=4 {
                let is_erased = indexes.contains(&(index as u64));
                let gone = |own: FieldKind| own == kind || kind.takes_along().contains(&own);
                let mut expected = before[index].clone();
                expected.retain(|(own, _)| !(is_erased && gone(*own)));
                assert_eq!(after[index], expected, "{indexes:?} {kind} {index}");
            }
        }
    }
}

/// A value that all records have is in no file, when it was erased in all of them.
#[test]
fn a_value_that_was_erased_in_all_records_is_in_no_line() {
    let (place, service) = (Place::new(), Service::new());
    written(&place, &service, 4);
    let log = place.open().unwrap();
    let all = ErasedRange { first: 1, last: 4, kinds: Some(vec![FieldKind::Owner]) };
    log.erase([all], ErasureReason::Law, now()).unwrap();
    log.close().unwrap();
    let text = fs::read_to_string(place.file(OPENINGS)).unwrap();
    assert!(!text.contains("alice"), "{text}");
    let found = verdict(&place);
    assert!(found.is_whole(), "{:?}", found.findings);
    assert_eq!(found.signatures.unwrap().nothing, 4);
}

/// A value that is changed where it is written is wrong wherever it is repeated, and nowhere else.
#[test]
fn a_changed_value_is_wrong_in_all_records_that_repeat_it() {
    let (place, service) = (Place::new(), Service::new());
    written(&place, &service, 3);
    let text = fs::read_to_string(place.file(OPENINGS)).unwrap();
    let changed = text.replacen("\"value\":5", "\"value\":6", 1);
    assert_ne!(changed, text);
    fs::write(place.file(OPENINGS), changed).unwrap();
    let faults: Vec<_> =
        verdict(&place).findings.into_iter().map(|own| (own.record, own.fault)).collect();
    let wrong = Fault::Wrong { place: 8, kind: FieldKind::Argument };
    assert_eq!(faults, [1, 2, 3].map(|index| (Some(index), wrong.clone())));
}

/// Lines that repeat what is not there, or in a way in which no writer repeats.
#[test]
fn broken_repetitions_are_faults() {
    let (place, service) = (Place::new(), Service::new());
    written(&place, &service, 4);
    let all = lines(&place.file(OPENINGS));
    let judged = |index: usize, line: String| {
        assert_ne!(line, all[index]);
        let mut changed = all.clone();
        changed[index] = line;
        fs::write(place.file(OPENINGS), changed.join("\n") + "\n").unwrap();
        let found = verdict(&place).findings;
        assert!(found.iter().all(|own| own.record == Some(index as u64)), "{found:?}");
        let mut codes: Vec<_> = found.iter().map(|own| own.fault.code()).collect();
        codes.dedup();
        codes
    };
    // The first record, one that repeats, the next one, itself, none, and one that is far away.
    let repeat = |base: &str| all[3].replacen("\"as\":1,", base, 1);
    assert_eq!(judged(3, repeat("\"as\":0,")), ["value_wrong", "value_missing"]);
    assert_eq!(judged(3, repeat("\"as\":2,")), ["value_missing"]);
    for base in ["\"as\":4,", "\"as\":3,", "", "\"as\":null,", "\"as\":01,", "\"as\":-1,"] {
        assert_eq!(judged(3, repeat(base)), ["openings"], "{base}");
    }
    // A line that repeats nothing, and openings with other elements.
    let whole = all[1].replacen("{\"index\":1", "{\"as\":0,\"index\":1", 1);
    assert_eq!(OpeningsLine::parse(whole.as_bytes()), Err(RecordError::Spelling));
    assert!(matches!(
        Openings::parse(all[3].as_bytes()),
        Err(RecordError::Repeats { base: 1, .. })
    ));
    for (from, to) in [("\"],[\"", "\",[],[]],[\""), ("\"],[\"", "\",],[\"")] {
        assert_eq!(judged(3, all[3].replacen(from, to, 1)), ["openings"], "{to}");
    }
}
