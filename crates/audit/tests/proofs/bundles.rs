//! Bundles of honest logs.

use std::path::Path;

use deputize::{FieldKind, RecordKind, RecordRules};
use deputize_audit::{
    Bundle, BundleDraft, BundleError, BundleVerdict, ErasedRange, ErasureReason, FolderFiles, Log,
    MAX_BUNDLE_RECORDS, Origin, RecordProof, SignedCheckpoint,
};
use serde_json::Value;

use crate::cast::{Place, Service, call, key_of_log, log_key, now, settings};

/// A log of ten calls and a refusal: the record `log`, then for each call its decision and its outcome.
pub(crate) fn log() -> (Place, SignedCheckpoint) {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    for number in 0..5 {
        call(&log, service.allowed(number));
    }
    log.close().unwrap();
    let older = place.checkpoint();
    let log = place.open().unwrap();
    for number in 5..10 {
        call(&log, service.allowed(number));
    }
    drop(log.record(service.refused(now())).unwrap());
    log.close().unwrap();
    (place, older)
}

pub(crate) fn files(place: &Place) -> FolderFiles {
    FolderFiles::new(place.path())
}

/// The records with these indexes, and what comes along.
pub(crate) fn bundle(place: &Place, records: &[u64]) -> Bundle {
    let select = |record: &deputize_audit::ReadRecord| records.contains(&record.core.index);
    BundleDraft::default().collect(&files(place), select).unwrap()
}

pub(crate) fn indexes(bundle: &Bundle) -> Vec<u64> {
    bundle.claimed_records().map(|record| record.core.index).collect()
}

/// The verdict about the bundle as it is written and read again.
pub(crate) fn verified(bundle: &Bundle) -> BundleVerdict {
    let json = bundle.to_json().unwrap();
    let read = Bundle::parse(json.as_bytes()).unwrap();
    assert_eq!(&read, bundle);
    let canonical: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(canonical.to_string(), json);
    read.verify(None).unwrap()
}

#[test]
fn what_belongs_to_a_record_comes_along() {
    let (place, _) = log();
    let bundle = bundle(&place, &[3, 21]);
    // The first record, the decision with its outcome, and the refusal.
    assert_eq!(indexes(&bundle), [0, 3, 4, 21]);
    let verdict = verified(&bundle);
    assert!(verdict.holds(), "{:?}", verdict.findings);
    assert_eq!((verdict.records, verdict.decisions), (4, 2));
    assert_eq!((verdict.signatures.calls, verdict.signatures.nothing), (2, 0));
    assert_eq!((verdict.erased, verdict.head.size()), (0, 22));
    let values: usize = bundle.claimed_records().map(|own| own.values.len()).sum();
    assert_eq!(verdict.shown, values as u64);
    // Values are those of the log.
    let resource = bundle.claimed_records().nth(1).unwrap();
    assert_eq!(resource.value(FieldKind::Resource), Some(&Value::from("accounts/1")));
    // The record has the proof that stands alone, too.
    let proof = RecordProof::prove(&files(&place), 3).unwrap();
    assert_eq!(proof.line(), bundle.claimed_records().nth(1).unwrap().line());
}

#[test]
fn a_bundle_names_one_log() {
    let (place, _) = log();
    let bundle = bundle(&place, &[1]);
    let own = *place.checkpoint().claimed().origin();
    assert!(bundle.verify(Some(&own)).unwrap().holds());
    let other = Origin::new(key_of_log(), [9; 16]);
    assert!(matches!(bundle.verify(Some(&other)), Err(BundleError::Checkpoint(_))));
}

#[test]
fn an_older_checkpoint_is_extended() {
    let (place, older) = log();
    let draft = BundleDraft::default().having_seen(older.clone()).having_seen(place.checkpoint());
    let bundle = draft.collect(&files(&place), |_| false).unwrap();
    assert_eq!(indexes(&bundle), [0]);
    let verdict = verified(&bundle);
    assert!(verdict.holds(), "{:?}", verdict.findings);
    assert_eq!(verdict.extends, [11, 22]);

    // A checkpoint of a later state, and one of another log.
    let log = place.open().unwrap();
    call(&log, Service::new().allowed(10));
    log.close().unwrap();
    let later = place.checkpoint();
    let (early, _) = self::log();
    let draft = BundleDraft::default().having_seen(later);
    let error = draft.collect(&files(&early), |_| false).unwrap_err();
    assert!(matches!(error, BundleError::Checkpoint(_)), "{error}");
}

#[test]
fn a_log_that_was_set_back_gives_no_proof() {
    let (place, _) = log();
    let copy = Place::new();
    copy_folder(&place.path(), &copy.path());
    let log = place.open().unwrap();
    call(&log, Service::new().allowed(10));
    log.close().unwrap();
    let draft = BundleDraft::default().having_seen(place.checkpoint());
    let error = draft.collect(&files(&copy), |_| true).unwrap_err();
    assert_eq!(error, BundleError::Contradicts { size: 24 });
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (entry, to) = (entry.as_ref().unwrap(), to.join(entry.as_ref().unwrap().file_name()));
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
}

/// Values that are gone are explained by the statement, which comes along.
#[test]
fn erased_values_are_explained() {
    let (place, _) = log();
    let log = place.open().unwrap();
    let range = |first, last, kinds| ErasedRange { first, last, kinds };
    let kinds = Some(vec![FieldKind::Resource, FieldKind::Argument]);
    log.erase([range(3, 3, kinds)], ErasureReason::Request, now()).unwrap();
    log.erase([range(9, 9, None)], ErasureReason::Law, now()).unwrap();
    log.close().unwrap();
    let verdict = verified(&bundle(&place, &[1]));
    assert!(verdict.holds() && verdict.erased == 0, "{verdict:?}");
    let own = bundle(&place, &[3]);
    assert_eq!(indexes(&own), [0, 3, 4, 22]);
    let verdict = verified(&own);
    assert!(verdict.holds(), "{:?}", verdict.findings);
    // The resource and the argument, with the presentation and the result of the call.
    assert_eq!(verdict.erased, 4);
    assert_eq!((verdict.signatures.chains, verdict.signatures.nothing), (1, 0));
    // All values of a call, its chain among them: no signature is shown.
    let verdict = verified(&bundle(&place, &[9]));
    assert!(verdict.holds(), "{:?}", verdict.findings);
    assert_eq!((verdict.signatures.chains, verdict.signatures.nothing), (0, 1));
}

#[test]
fn records_behind_the_checkpoint_are_left_out_and_changed_ones_refused() {
    let (place, _) = log();
    let cores = place.file("segments/00000000.jsonl");
    let text = std::fs::read_to_string(&cores).unwrap();
    // A line behind the checkpoint, as after a crash.
    let behind = text.lines().nth(1).unwrap().replace("\"index\":1,", "\"index\":22,");
    std::fs::write(&cores, format!("{text}{behind}\n")).unwrap();
    let all = BundleDraft::default().collect(&files(&place), |_| true).unwrap();
    assert_eq!(indexes(&all), (0..22).collect::<Vec<_>>());
    assert!(verified(&all).holds());
    std::fs::write(&cores, text.replacen("\"allowed\":false", "\"allowed\":true", 1)).unwrap();
    // It is not a record any more.
    let all = BundleDraft::default().collect(&files(&place), |_| true).unwrap();
    assert_eq!(indexes(&all).len(), 21);
    std::fs::write(&cores, text.replacen("\"result\":\"done\"", "\"result\":\"failed\"", 1))
        .unwrap();
    let error = BundleDraft::default().collect(&files(&place), |_| true).unwrap_err();
    assert_eq!(error, BundleError::NotOfTheTree { index: 2 });
}

/// Every kind of record can be in a bundle, and the bundle of a whole log holds.
#[test]
fn a_withheld_presentation_is_not_missing() {
    let (place, service) = (Place::new(), Service::new());
    let rules = RecordRules::default().without_values();
    let log = Log::create(place.path(), log_key(), settings().with_rules(rules), now()).unwrap();
    call(&log, service.allowed(1));
    log.close().unwrap();
    let bundle = bundle(&place, &[1]);
    let verdict = verified(&bundle);
    assert!(verdict.holds(), "{:?}", verdict.findings);
    assert_eq!(verdict.signatures.chains, 1);
    let record = bundle.claimed_records().nth(1).unwrap();
    assert!(matches!(record.core.kind, RecordKind::Decision(_)));
    assert_eq!(record.value(FieldKind::Presentation), None);
}

#[test]
fn a_bundle_is_bounded() {
    assert_eq!(MAX_BUNDLE_RECORDS, 16_384);
    let (place, older) = log();
    let mut draft = BundleDraft::default();
    for _ in 0..=64 {
        draft = draft.having_seen(older.clone());
    }
    let error = draft.collect(&files(&place), |_| false).unwrap_err();
    assert_eq!(error, BundleError::TooManyParts);
    assert!(BundleDraft::default().with_list(b"x").is_err());
    assert!(BundleDraft::default().with_directory(b"x").is_err());
}
