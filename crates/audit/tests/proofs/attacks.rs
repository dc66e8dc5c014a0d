//! Changed bundles: whoever makes one has no key of the log, and each change is a finding.

use deputize::{CodedError, FieldKind};
use deputize_audit::{
    Bundle, BundleDraft, BundleError, BundleFault, BundleVerdict, ErasedRange, ErasureReason,
    Fault, MAX_BUNDLE_RECORDS, TreeError,
};
use serde_json::{Value, json};

use crate::bundles::{bundle, files, log};
use crate::cast::{Place, now};

/// The bundle of some records as JSON: the record `log`, three calls with their outcomes, a refusal.
fn json_of(place: &Place) -> Value {
    serde_json::from_str(&bundle(place, &[1, 3, 5, 21]).to_json().unwrap()).unwrap()
}

fn read(json: &Value) -> Result<Bundle, BundleError> {
    Bundle::parse(json.to_string().as_bytes())
}

fn verified(json: &Value) -> BundleVerdict {
    read(json).unwrap().verify(None).unwrap()
}

/// The first fault of a changed bundle.
fn first(json: &Value) -> (Option<u64>, BundleFault) {
    let verdict = verified(json);
    assert!(!verdict.holds());
    (verdict.findings[0].record, verdict.findings[0].fault.clone())
}

fn record(json: &mut Value, place: usize) -> &mut Value {
    &mut json["records"][place]
}

fn replace(value: &mut Value, old: &str, new: &str) {
    let text = value.as_str().unwrap();
    assert!(text.contains(old), "{text}");
    *value = text.replacen(old, new, 1).into();
}

fn not_in_the_log(found: (Option<u64>, BundleFault), record: u64) {
    assert_eq!(found.0, Some(record));
    let BundleFault::NotInTheLog { why } = &found.1 else { panic!("{found:?}") };
    assert!(matches!(why, TreeError::OtherRoot { .. } | TreeError::ProofLength { .. }), "{why}");
}

#[test]
fn the_bundle_before_it_is_changed_holds() {
    let verdict = verified(&json_of(&log().0));
    assert!(verdict.holds(), "{:?}", verdict.findings);
    assert_eq!((verdict.records, verdict.decisions, verdict.signatures.calls), (8, 4, 4));
}

#[test]
fn a_changed_record_is_not_in_the_log() {
    let (place, _) = log();
    let mut json = json_of(&place);
    replace(&mut record(&mut json, 2)["core"], "\"done\"", "\"failed\"");
    not_in_the_log(first(&json), 2);
    let mut json = json_of(&place);
    record(&mut json, 1)["core"] = json!("{}");
    let (index, fault) = first(&json);
    assert!(matches!(fault, BundleFault::Record(Fault::NotARecord { .. })), "{fault:?}");
    assert_eq!(index, None);
}

#[test]
fn a_record_of_another_log_is_not_in_this_one() {
    let ((own, _), (other, _)) = (log(), log());
    let (mut json, other) = (json_of(&own), json_of(&other));
    // With its openings and its proof.
    json["records"][1] = other["records"][1].clone();
    not_in_the_log(first(&json), 1);
    // Its first record, too.
    let mut json = json_of(&own);
    json["records"][0] = other["records"][0].clone();
    not_in_the_log(first(&json), 0);
    // With its checkpoint, everything else is foreign.
    let mut json = json_of(&own);
    json["checkpoint"] = other["checkpoint"].clone();
    assert_eq!(verified(&json).findings.len(), 8);
}

#[test]
fn a_proof_for_another_index_does_not_hold() {
    let (place, _) = log();
    let mut json = json_of(&place);
    json["records"][1]["proof"] = json["records"][3]["proof"].clone();
    not_in_the_log(first(&json), 1);
    let mut json = json_of(&place);
    json["records"][1]["proof"] = json!([]);
    not_in_the_log(first(&json), 1);
    // The record at another place of the log.
    let mut json = json_of(&place);
    replace(&mut record(&mut json, 1)["core"], "\"index\":1,", "\"index\":7,");
    replace(&mut record(&mut json, 1)["openings"], "\"index\":1,", "\"index\":7,");
    let verdict = verified(&json);
    let of_seven = verdict.findings.iter().find(|own| own.record == Some(7)).unwrap();
    not_in_the_log((of_seven.record, of_seven.fault.clone()), 7);
}

#[test]
fn a_doubled_record_and_another_order_are_found() {
    let (place, _) = log();
    let mut json = json_of(&place);
    let double = json["records"][3].clone();
    json["records"].as_array_mut().unwrap().insert(3, double);
    let verdict = verified(&json);
    let order = |after| BundleFault::Order { after };
    assert_eq!(verdict.findings[0].fault, order(3));
    let mut json = json_of(&place);
    json["records"].as_array_mut().unwrap().swap(3, 5);
    let verdict = verified(&json);
    assert!(verdict.findings.iter().any(|own| own.fault == order(5)), "{verdict:?}");
    // A doubled outcome is not a second one of the call.
    let mut json = json_of(&place);
    let double = json["records"][2].clone();
    json["records"].as_array_mut().unwrap().insert(3, double);
    let verdict = verified(&json);
    let outcome = BundleFault::Record(Fault::Outcome { of: 1 });
    assert!(verdict.findings.iter().any(|own| own.fault == outcome), "{verdict:?}");
}

#[test]
fn the_first_record_must_be_there() {
    let (place, _) = log();
    let mut json = json_of(&place);
    json["records"].as_array_mut().unwrap().remove(0);
    assert_eq!(first(&json), (None, BundleFault::NoFirstRecord));
    json["records"] = json!([]);
    assert_eq!(first(&json), (None, BundleFault::NoFirstRecord));
}

#[test]
fn values_of_another_record_are_not_those_of_this_one() {
    let (place, _) = log();
    let mut json = json_of(&place);
    json["records"][1]["openings"] = json["records"][3]["openings"].clone();
    let (index, fault) = first(&json);
    let BundleFault::Record(Fault::Openings { why }) = fault else { panic!("{fault:?}") };
    assert_eq!((index, why.as_str()), (Some(1), "the line states the index 3"));
    // As if it were that of this one.
    replace(&mut record(&mut json, 1)["openings"], "\"index\":3,", "\"index\":1,");
    let verdict = verified(&json);
    let wrong = |own: &&_| matches!(own, &&BundleFault::Record(Fault::Wrong { .. }));
    assert_eq!(verdict.findings.iter().map(|own| &own.fault).filter(wrong).count(), 9);
    let mut json = json_of(&place);
    replace(&mut record(&mut json, 1)["openings"], "accounts/0", "accounts/9");
    let (index, fault) = first(&json);
    let wrong = Fault::Wrong { place: 1, kind: FieldKind::Resource };
    assert_eq!((index, fault), (Some(1), BundleFault::Record(wrong)));
    // No values at all.
    json["records"][1].as_object_mut().unwrap().remove("openings");
    let (_, fault) = first(&json);
    assert_eq!(fault.code(), "openings");
}

/// Replaces an opening by `null`.
fn blank(json: &mut Value, place: usize, field: usize) {
    let line = json["records"][place]["openings"].as_str().unwrap();
    let mut line: Value = serde_json::from_str(line).unwrap();
    line["open"][field] = Value::Null;
    json["records"][place]["openings"] = line.to_string().into();
}

#[test]
fn a_value_that_no_statement_erased_is_missing() {
    let (place, _) = log();
    let mut json = json_of(&place);
    blank(&mut json, 3, 1);
    let missing = Fault::Missing { place: 1, kind: FieldKind::Resource };
    assert_eq!(first(&json), (Some(3), BundleFault::Record(missing)));
}

/// A log in which the resource of record 3 was erased.
fn erased() -> Place {
    let (place, _) = log();
    let log = place.open().unwrap();
    let kinds = Some(vec![FieldKind::Resource]);
    let range = ErasedRange { first: 3, last: 3, kinds };
    log.erase([range], ErasureReason::Request, now()).unwrap();
    log.close().unwrap();
    place
}

#[test]
fn an_erasure_explains_what_it_covers_and_nothing_else() {
    let place = erased();
    let json: Value = serde_json::from_str(&bundle(&place, &[1, 3]).to_json().unwrap()).unwrap();
    assert!(verified(&json).holds());
    // Another value of the same record, and the same value of another record.
    for (at, field) in [(3, 0), (1, 1)] {
        let mut json = json.clone();
        blank(&mut json, at, field);
        let (_, fault) = first(&json);
        assert!(matches!(fault, BundleFault::Record(Fault::Missing { .. })), "{fault:?}");
    }
    // Without the statement, the gap is not explained.
    let mut json = json.clone();
    json["records"].as_array_mut().unwrap().pop();
    let (index, fault) = first(&json);
    assert!(matches!(fault, BundleFault::Record(Fault::Missing { .. })), "{fault:?}");
    assert_eq!(index, Some(3));
}

#[test]
fn an_erasure_without_its_history_does_not_count() {
    let place = erased();
    let json: Value = serde_json::from_str(&bundle(&place, &[3]).to_json().unwrap()).unwrap();
    assert!(json["records"][3]["history"].is_array());
    for history in [None, Some(json!([])), Some(json["records"][1]["proof"].clone())] {
        let mut json = json.clone();
        let own = json["records"][3].as_object_mut().unwrap();
        match history {
            None => drop(own.remove("history")),
            Some(history) => drop(own.insert("history".to_owned(), history)),
        }
        let verdict = verified(&json);
        let codes: Vec<_> = verdict.findings.iter().map(|own| own.fault.code()).collect();
        assert!(codes.contains(&"erasure") && codes.contains(&"value_missing"), "{codes:?}");
    }
    let mut json = json.clone();
    json["records"][1]["history"] = json["records"][3]["history"].clone();
    assert_eq!(first(&json), (Some(3), BundleFault::History));
}

/// A value that a statement erased, put back by somebody who had kept it.
#[test]
fn a_value_that_was_erased_and_is_there_is_named() {
    let (place, _) = log();
    let kept: Value = serde_json::from_str(&bundle(&place, &[3]).to_json().unwrap()).unwrap();
    let log = place.open().unwrap();
    let range = ErasedRange { first: 3, last: 3, kinds: None };
    log.erase([range], ErasureReason::Request, now()).unwrap();
    log.close().unwrap();
    let mut json: Value = serde_json::from_str(&bundle(&place, &[3]).to_json().unwrap()).unwrap();
    json["records"][1]["openings"] = kept["records"][1]["openings"].clone();
    let (index, fault) = first(&json);
    assert_eq!((index, fault.code()), (Some(3), "value_not_yet_erased"));
}

#[test]
fn an_older_checkpoint_must_be_extended() {
    let ((place, older), (_, foreign)) = (log(), log());
    let draft = BundleDraft::default().having_seen(older);
    let json = draft.collect(&files(&place), |_| false).unwrap().to_json().unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(verified(&json).holds());
    for (member, value) in [
        ("checkpoint", foreign.to_string().into()),
        ("checkpoint", json["checkpoint"].clone()),
        ("checkpoint", json!("")),
        ("proof", json!([])),
    ] {
        let mut json = json.clone();
        json["seen"][0][member] = value;
        let (record, fault) = first(&json);
        assert_eq!((record, fault.code()), (None, "older_checkpoint"), "{member}");
        assert!(verified(&json).extends.is_empty());
    }
}

#[test]
fn lists_and_directories_must_be_authentic() {
    let (place, _) = log();
    let mut json = json_of(&place);
    json["lists"] = json!(["", "eA=="]);
    json["directories"] = json!(["-"]);
    let verdict = verified(&json);
    let codes: Vec<_> = verdict.findings.iter().map(|own| own.fault.code()).collect();
    assert_eq!(codes, ["list", "list", "directory"]);
    assert_eq!((verdict.lists, verdict.directories), (0, 0));
}

#[test]
fn the_checkpoint_must_be_signed() {
    let (place, _) = log();
    let mut json = json_of(&place);
    replace(&mut json["checkpoint"], "\n22\n", "\n23\n");
    let error = read(&json).unwrap().verify(None).unwrap_err();
    assert!(matches!(error, BundleError::Checkpoint(_)), "{error}");
}

/// Two readers must not see two bundles in one file.
#[test]
fn a_bundle_has_one_spelling() {
    let (place, _) = log();
    let text = bundle(&place, &[1]).to_json().unwrap();
    for (old, new) in [
        ("{\"checkpoint\"", "{ \"checkpoint\""),
        ("\"lists\":[]", "\"lists\":[],\"lists\":[]"),
        ("\"v\":1", "\"v\":1.0"),
        ("\"v\":1", "\"v\":1,\"w\":1"),
        ("\"seen\":[],", ""),
        ("\\\"index\\\":1,", "\\u0022index\\\":1,"),
        ("\"proof\":[", "\"history\":null,\"proof\":["),
    ] {
        let changed = text.replacen(old, new, 1);
        assert_ne!(changed, text, "{old}");
        let error = Bundle::parse(changed.as_bytes()).unwrap_err();
        assert!(["not_a_bundle", "bundle_spelling"].contains(&error.code()), "{old}: {error}");
    }
    // Within the lines, too.
    let doubled = text.replacen("{\\\"index\\\":1,", "{\\\"index\\\":1,\\\"index\\\":1,", 1);
    assert_ne!(doubled, text);
    let verdict = Bundle::parse(doubled.as_bytes()).unwrap().verify(None).unwrap();
    assert_eq!(verdict.findings[0].fault.code(), "openings");
    let later = text.replace("\"v\":1}", "\"v\":2}");
    assert_eq!(Bundle::parse(later.as_bytes()), Err(BundleError::Version { found: 2 }));
}

#[test]
fn long_lists_of_nothing_are_refused() {
    let (place, _) = log();
    let mut json = json_of(&place);
    let own = json["records"][0].clone();
    json["records"] = vec![own; MAX_BUNDLE_RECORDS + 1].into();
    assert_eq!(read(&json).unwrap_err().code(), "not_a_bundle");
    let mut json = json_of(&place);
    let hash = json["records"][0]["proof"][0].clone();
    json["records"][0]["proof"] = vec![hash; 65].into();
    assert_eq!(read(&json).unwrap_err().code(), "not_a_bundle");
    let mut json = json_of(&place);
    json["lists"] = vec![json!(""); 65].into();
    assert_eq!(read(&json).unwrap_err().code(), "not_a_bundle");
}

/// Each byte of a bundle, changed: it cannot be read, or does not hold, or is the same bundle.
#[test]
fn no_byte_can_be_changed() {
    let (place, _) = log();
    let text = bundle(&place, &[1]).to_json().unwrap().into_bytes();
    let whole = Bundle::parse(&text).unwrap();
    for at in (0..text.len()).step_by(7) {
        let mut changed = text.clone();
        changed[at] ^= 1;
        let Ok(read) = Bundle::parse(&changed) else { continue };
        assert_ne!(read, whole);
        let verdict = read.verify(None);
        assert!(verdict.is_err() || !verdict.unwrap().holds(), "{at}");
    }
}
