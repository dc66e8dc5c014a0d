//! A log that was written once and is kept: a later version reads it, and finds what was found then.
//!
//! `WRITE_LOG_VECTOR=1 cargo test -p deputize-audit --test log vector` writes another one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use deputize::{FieldKind, Observed, Observer, Record, RecordRules};
use deputize_audit::{
    ErasedRange, ErasureReason, FolderFiles, Log, LogReader, LogVerifier, SignedCheckpoint,
};

use crate::cast::{Service, call, later, log_key, now, settings};

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/log")
}

/// Two calls with their outcomes, two refused ones, one that was observed, and an erasure.
fn write(folder: &Path) {
    let service = Service::new();
    let log = Log::create(folder, log_key(), settings(), now()).unwrap();
    call(&log, service.allowed(1));
    call(&log, service.allowed(2));
    drop(log.record(service.refused(now())).unwrap());
    drop(log.record(service.decide("contacts/1", 5, now())).unwrap());
    let observer = Observer::new(later(60), now(), |_| ()).unwrap();
    let Observed::Recorded(observation) = observer.observe(service.refused(now())) else {
        panic!("it is observed");
    };
    // An observed call of which no outcome was recorded.
    let observed = Record::of_observation(&observation, &RecordRules::default()).unwrap();
    log.append(&observed).unwrap().wait().unwrap();
    let _ = log.erase(
        [ErasedRange { first: 3, last: 3, kinds: Some(vec![FieldKind::Resource]) }],
        ErasureReason::Request,
        now(),
    );
    call(&log, service.allowed(3));
    call(&log, service.allowed(4));
    log.close().unwrap();
    fs::remove_file(folder.join("lock")).unwrap();
}

#[test]
fn a_log_that_was_written_once_is_read_alike() {
    if std::env::var_os("WRITE_LOG_VECTOR").is_some() {
        drop(fs::remove_dir_all(kept()));
        fs::create_dir_all(kept().parent().unwrap()).unwrap();
        write(&kept());
    }
    let files = FolderFiles::new(kept());
    let checkpoint = SignedCheckpoint::parse(&fs::read(kept().join("checkpoint")).unwrap());
    let checkpoint = checkpoint.unwrap();
    assert_eq!(*checkpoint.claimed().origin().key(), crate::cast::key_of_log());
    let verdict = LogVerifier::default().having_seen(checkpoint).verify(&files, |_| ()).unwrap();
    assert!(verdict.is_whole(), "{:?}", verdict.findings);
    assert_eq!((verdict.head.size(), verdict.read, verdict.behind), (13, 13, 0));
    // The resource, the presentation, and the result.
    assert_eq!(verdict.erased, 3);
    let signatures = verdict.signatures.unwrap();
    assert_eq!((signatures.calls, signatures.chains, signatures.nothing), (6, 1, 0));
    let mut reader = LogReader::new(&files);
    let mut kinds: BTreeMap<&str, u32> = BTreeMap::new();
    while let Some(record) = reader.next_record().unwrap() {
        let call = record.value(FieldKind::Call).and_then(|own| own.get("operation")?.as_str());
        *kinds.entry(if call == Some("crm.read") { "call" } else { "other" }).or_default() += 1;
    }
    assert_eq!(kinds, [("call", 7), ("other", 6)].into());
    // A second line repeats the chain of the first.
    let openings = fs::read_to_string(kept().join("segments/00000000.open.jsonl")).unwrap();
    assert!(openings.contains("\"as\":"), "no line repeats a value");
}
