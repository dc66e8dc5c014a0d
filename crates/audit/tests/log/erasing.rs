//! Erasing values of a log that is written: they are in no file afterwards, and everything else holds.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use deputize::{
    FieldKind, Note, Record, RecordCore, RecordKind, ReplayPolicy, Request, RevocationPolicy,
    Signer, SigningKey, Verifier,
};
use deputize_audit::{
    ErasedRange, Erasure, ErasureReason, Fault, FolderFiles, Log, LogError, LogVerifier, Verdict,
};

use crate::cast::{Place, Service, call, log_key, now, settings};

const OPENINGS: &str = "segments/00000000.open.jsonl";

fn officer() -> SigningKey {
    SigningKey::from_bytes(&[72; 32])
}

fn create(place: &Place) -> Log {
    let settings = settings().with_erasers([officer().public_key()]);
    Log::create(place.path(), log_key(), settings, now()).unwrap()
}

fn verdict(place: &Place) -> Verdict {
    LogVerifier::default().verify(&FolderFiles::new(place.path()), |_| ()).unwrap()
}

/// All values of these kinds of one record.
fn of_record(index: u64, kinds: &[FieldKind]) -> [ErasedRange; 1] {
    [ErasedRange { first: index, last: index, kinds: Some(kinds.to_vec()) }]
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

/// Searches all files bytewise.
fn is_anywhere(place: &Place, text: &str) -> bool {
    let mut all = Vec::new();
    files(&place.path(), &mut all);
    assert!(all.len() > 3);
    let has = |path: &PathBuf| {
        let bytes = fs::read(path).unwrap();
        bytes.windows(text.len()).any(|own| own == text.as_bytes())
    };
    all.iter().any(has)
}

#[test]
fn an_erased_value_is_in_no_file_and_every_proof_holds() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    let indexes: Vec<_> = [4711, 4712].map(|number| call(&log, service.allowed(number))).into();
    assert!(is_anywhere(&place, "accounts/4711"));
    let kept = {
        let mut log = Some(log);
        log.take().unwrap().close().unwrap();
        place.checkpoint()
    };
    let log = place.open().unwrap();
    let index = log
        .erase(
            of_record(indexes[0], &[FieldKind::Resource]),
            ErasureReason::Request,
            now() + time::Duration::milliseconds(5),
        )
        .unwrap();
    assert!(!is_anywhere(&place, "accounts/4711"));
    assert!(is_anywhere(&place, "accounts/4712"));
    // The log goes on.
    call(&log, service.allowed(4713));
    log.close().unwrap();
    let verifier = LogVerifier::default().having_seen(kept);
    let verdict = verifier.verify(&FolderFiles::new(place.path()), |_| ()).unwrap();
    assert!(verdict.is_whole(), "{:?}", verdict.findings);
    // The resource and the presentation, which has a digest of the call, and the digest of the result.
    assert_eq!(verdict.erased, 3);
    assert!(matches!(place.cores()[index as usize].kind, RecordKind::Erasure { .. }));
    let carried_out = fs::read_to_string(place.file("erased")).unwrap();
    assert_eq!(carried_out, (index + 1).to_string());
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

/// The result of a call can be an echo of its arguments, wherever its record is.
#[test]
fn the_result_goes_with_the_call() {
    for last in [1, 2] {
        let (place, service) = (Place::new(), Service::new());
        let log = create(&place);
        call(&log, service.allowed(4711));
        let kinds = Some(vec![FieldKind::Resource]);
        log.erase([ErasedRange { first: 1, last, kinds }], ErasureReason::Request, now()).unwrap();
        log.close().unwrap();
        let verdict = verdict(&place);
        assert!(verdict.is_whole(), "{:?}", verdict.findings);
        // The resource, the presentation, and the result.
        assert_eq!(verdict.erased, 3, "{last}");
    }
}

#[test]
fn an_officer_that_the_log_names_can_erase_and_others_cannot() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    let index = call(&log, service.allowed(4711));
    log.close().unwrap();
    let log = place.open().unwrap();
    let head = *place.checkpoint().claimed().head();
    let statement = |key: &SigningKey| Erasure {
        key: key.public_key(),
        origin: *log.origin(),
        size: head.size(),
        root: head.root(),
        issued: now(),
        why: ErasureReason::Law,
        authority: None,
        ranges: vec![ErasedRange { first: index, last: index, kinds: None }],
    };
    let thief = SigningKey::from_bytes(&[73; 32]);
    let note = statement(&thief).sign(&thief).unwrap();
    assert_eq!(log.erase_as_stated(&note, now()).unwrap_err(), LogError::MayNotErase);
    let mut other = statement(&officer());
    other.root = deputize_audit::leaf_hash(b"");
    let note = other.sign(&officer()).unwrap();
    assert_eq!(log.erase_as_stated(&note, now()).unwrap_err(), LogError::MayNotErase);
    assert!(is_anywhere(&place, "accounts/4711"));
    let note = statement(&officer()).sign(&officer()).unwrap();
    log.erase_as_stated(&note, now()).unwrap();
    assert!(!is_anywhere(&place, "accounts/4711"));
    log.close().unwrap();
    assert!(verdict(&place).is_whole());
}

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
    fs::write(place.file("erased"), index.to_string()).unwrap();
    fs::write(place.file("segments/00000000.open.new"), b"half").unwrap();
    place.open().unwrap().close().unwrap();
    assert!(!is_anywhere(&place, "accounts/4711"));
    assert!(verdict(&place).is_whole());
}

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

/// A value that somebody took away is not erased afterwards, nor is a line that nobody can read.
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

/// One presentation in two records, where no guard is asked: it goes from both, and so do both results.
#[test]
fn the_results_of_a_repeated_presentation_go_too() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    let request = || {
        let call = Request::new("crm.read", "accounts/4711", "crm.acme.com").unwrap();
        call.with_args("{\"limit\":5}").unwrap()
    };
    let verifier = Verifier::new(
        service.scene.anchor(),
        RevocationPolicy::OnlyByExpiry { at_most: time::Duration::hours(8) },
        ReplayPolicy::accepted_for(["crm.read".parse().unwrap()]),
    );
    let presentation = service.scene.present(&request()).unwrap();
    let indexes =
        [(); 2].map(|()| call(&log, verifier.decide(presentation.clone(), request(), now())));
    let index =
        log.erase(of_record(indexes[0], &[FieldKind::Resource]), ErasureReason::Request, now());
    log.close().unwrap();
    let verdict = verdict(&place);
    assert!(verdict.is_whole(), "{:?}", verdict.findings);
    // Of each the resource, the presentation, and the result.
    assert_eq!((index.unwrap(), verdict.erased), (5, 6));
}

/// Ranges that touch and have the same kinds are one line of the statement.
#[test]
fn a_statement_joins_its_ranges() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    for number in 1..=3 {
        call(&log, service.allowed(number));
    }
    let some = [FieldKind::Presentation, FieldKind::Result];
    for (kinds, first) in [(None, 1), (Some(some.to_vec()), 1)] {
        let calls =
            [1, 3, 5].map(|index| ErasedRange { first: index, last: index, kinds: kinds.clone() });
        let index = log.erase(calls, ErasureReason::Request, now()).unwrap();
        let RecordKind::Erasure { statement, .. } = &place.cores()[index as usize].kind else {
            panic!()
        };
        let note = Note::parse(statement.as_bytes()).unwrap();
        assert_eq!(Erasure::parse(&note).unwrap().ranges, [ErasedRange { first, last: 6, kinds }]);
    }
    log.close().unwrap();
    assert!(verdict(&place).is_whole());
}

#[test]
fn what_is_not_in_the_log_cannot_be_erased() {
    let (place, service) = (Place::new(), Service::new());
    let log = create(&place);
    let index = call(&log, service.allowed(1));
    let kinds = [FieldKind::Resource];
    let error = log.erase(of_record(99, &kinds), ErasureReason::Request, now()).unwrap_err();
    assert!(matches!(error, LogError::Erasure(_)), "{error}");
    let twice = [of_record(index, &kinds), of_record(index, &kinds)].concat();
    let error = log.erase(twice, ErasureReason::Request, now()).unwrap_err();
    assert!(matches!(error, LogError::Erasure(_)), "{error}");
    assert!(log.erase([], ErasureReason::Request, now()).is_err());
    // The log goes on.
    call(&log, service.allowed(2));
    log.close().unwrap();
    assert!(verdict(&place).is_whole());
}

#[test]
fn values_are_erased_while_others_are_written() {
    let (place, service) = (Place::new(), Arc::new(Service::new()));
    let log = Arc::new(create(&place));
    let first = call(&log, service.allowed(4711));
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let (log, service) = (Arc::clone(&log), Arc::clone(&service));
            thread::spawn(move || {
                for n in 0..20 {
                    call(&log, service.allowed(thread * 100 + n));
                }
            })
        })
        .collect();
    for kinds in [[FieldKind::Resource], [FieldKind::Argument], [FieldKind::Owner]] {
        log.erase(of_record(first, &kinds), ErasureReason::Request, now()).unwrap();
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let log = Arc::into_inner(log).unwrap();
    log.close().unwrap();
    let verdict = verdict(&place);
    assert!(verdict.is_whole(), "{:?}", verdict.findings);
    assert_eq!(verdict.read, 1 + 2 + 160 + 3);
    assert!(!is_anywhere(&place, "accounts/4711"));
}
