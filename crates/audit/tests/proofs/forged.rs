//! Logs whose own key made something that no writer makes: the proofs hold, and the contents are judged.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deputize::{FieldKind, PublicKey, Record, RecordRules, Signer, SigningKey};
use deputize_audit::{
    Bundle, BundleDraft, BundleFault, ErasedRange, Erasure, ErasureReason, Fault, Origin, TreeHead,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cast::{Service, key_of_log, log_key, now};
use crate::forge::Forged;

fn officer() -> SigningKey {
    SigningKey::from_bytes(&[72; 32])
}

/// A log that lets the officer erase, with two calls.
fn forged() -> Forged {
    let mut log = Forged::new(vec![officer().public_key()]);
    for number in [1, 2] {
        log.add(&call(number));
    }
    log
}

fn call(number: u32) -> Record {
    Record::of(&Service::new().allowed(number), &RecordRules::default()).unwrap()
}

/// A statement that all values of record 1 are erased.
fn statement(log: &Forged, key: PublicKey) -> Erasure {
    Erasure {
        key,
        origin: log.origin,
        size: log.size(),
        root: log.tree().root(),
        issued: now(),
        why: ErasureReason::Request,
        authority: None,
        ranges: vec![ErasedRange { first: 1, last: 1, kinds: None }],
    }
}

fn bundle(log: &mut Forged) -> Bundle {
    BundleDraft::default().collect(&log.cover().files, |_| true).unwrap()
}

fn codes(bundle: &Bundle) -> Vec<(Option<u64>, &'static str)> {
    let verdict = bundle.verify(None).unwrap();
    verdict.findings.iter().map(|own| (own.record, own.fault.code())).collect()
}

/// The same bundle without the values of record 1.
fn blank(bundle: &Bundle) -> Bundle {
    let mut json: Value = serde_json::from_str(&bundle.to_json().unwrap()).unwrap();
    let line = json["records"][1]["openings"].as_str().unwrap();
    let mut line: Value = serde_json::from_str(line).unwrap();
    line["open"].as_array_mut().unwrap().iter_mut().for_each(|own| *own = Value::Null);
    json["records"][1]["openings"] = line.to_string().into();
    Bundle::parse(json.to_string().as_bytes()).unwrap()
}

fn erased_by(key: &SigningKey, change: impl Fn(&mut Erasure), wrong: Vec<(u64, usize)>) -> Bundle {
    let mut log = forged();
    let mut erasure = statement(&log, key.public_key());
    change(&mut erasure);
    log.add(&Record::erasure(erasure.sign(key).unwrap().to_string(), wrong, now()));
    blank(&bundle(&mut log))
}

#[test]
fn only_those_whom_the_first_record_names_erase() {
    for key in [log_key(), officer()] {
        assert_eq!(codes(&erased_by(&key, |_| (), Vec::new())), []);
    }
    let stranger = SigningKey::from_bytes(&[73; 32]);
    let found = codes(&erased_by(&stranger, |_| (), Vec::new()));
    assert_eq!(found.last(), Some(&(Some(3), "erasure")));
    assert_eq!(found[0], (Some(1), "value_missing"));
}

#[test]
fn a_statement_about_another_log_or_history_erases_nothing() {
    let other = Origin::new(key_of_log(), [9; 16]);
    let found = codes(&erased_by(&officer(), |own| own.origin = other, Vec::new()));
    assert_eq!(found.last(), Some(&(Some(3), "erasure")));
    let root = TreeHead::EMPTY.root();
    let found = codes(&erased_by(&officer(), |own| own.root = root, Vec::new()));
    assert_eq!(found.last(), Some(&(Some(3), "erasure")));
    // About records that come after it.
    let mut log = forged();
    let mut ahead = forged();
    ahead.files = log.files.clone();
    ahead.add(&call(3));
    let erasure = statement(&log, officer().public_key());
    let text = Erasure { size: 4, ..erasure }.sign(&officer()).unwrap().to_string();
    log.add(&Record::erasure(text, Vec::new(), now()));
    let found = codes(&bundle(&mut log));
    assert_eq!(found.last(), Some(&(Some(3), "erasure")));
}

/// An erasure hides no tampering that was found before it.
#[test]
fn what_was_wrong_before_it_was_erased_stays_wrong() {
    let verdict = erased_by(&officer(), |_| (), vec![(1, 1)]).verify(None).unwrap();
    let wrong = Fault::Wrong { place: 1, kind: FieldKind::Resource };
    assert_eq!(verdict.findings[0].fault, BundleFault::Record(wrong));
    assert_eq!(verdict.findings.len(), 1);
}

#[test]
fn the_first_record_names_the_log() {
    let mut log = forged();
    log.origin = Origin::new(key_of_log(), [9; 16]);
    assert_eq!(codes(&bundle(&mut log)), [(Some(0), "other_log")]);
}

/// A record of a call whose field of this kind has another value, with the commitment to it.
fn with_value(kind: FieldKind, value: &Value) -> Forged {
    let (core, openings) = call(1).to_lines(1).unwrap();
    let mut core: Value = serde_json::from_str(&core).unwrap();
    let mut openings: Value = serde_json::from_str(&openings).unwrap();
    let fields = core["fields"].as_array_mut().unwrap();
    let place = fields.iter().position(|own| own[0] == kind.as_str()).unwrap();
    let opening = &mut openings["open"][place];
    let salt = URL_SAFE_NO_PAD.decode(opening[0].as_str().unwrap()).unwrap();
    opening[1] = value.clone();
    let name = kind.as_str();
    let mut hash = Sha256::new();
    hash.update(b"deputize/evidence/field/v1\0");
    hash.update([u8::try_from(name.len()).unwrap()]);
    hash.update(name);
    hash.update(salt);
    hash.update(value.to_string());
    fields[place][1] = URL_SAFE_NO_PAD.encode(hash.finalize()).into();
    let mut log = Forged::new(Vec::new());
    log.add_lines(&core.to_string(), &openings.to_string());
    log
}

#[test]
fn a_chain_that_nobody_signed_is_named() {
    let chain = |value: &Value| codes(&bundle(&mut with_value(FieldKind::Chain, value)));
    for value in [json!(""), json!("AAAA"), json!("no base64")] {
        assert_eq!(chain(&value), [(Some(1), "recorded_not_a_token")], "{value}");
    }
    assert_eq!(chain(&json!(7)), [(Some(1), "recorded_malformed")]);
    // That of another token.
    let foreign = bundle(&mut with_value(FieldKind::Resource, &json!("x")));
    let foreign = foreign.claimed_records().nth(1).unwrap();
    let foreign = foreign.value(FieldKind::Chain).unwrap();
    let found = chain(foreign);
    assert_eq!(found, [(Some(1), "recorded_other_value")]);
    let hops = codes(&bundle(&mut with_value(FieldKind::Hops, &json!(["x"]))));
    assert_eq!(hops, [(Some(1), "recorded_other_value")]);
}

/// A second outcome of a call whose first one is known, and one of a record that is not a call.
#[test]
fn outcomes_follow_calls() {
    use deputize::OutcomeResult::{Done, Failed, Unknown};
    for (of, results, faults) in [
        (1, &[Done][..], 0),
        (1, &[Unknown, Failed], 0),
        (1, &[Done, Failed], 1),
        (1, &[Unknown, Unknown], 1),
        (1, &[Unknown, Done, Done], 1),
        (0, &[Done], 1),
    ] {
        let mut log = forged();
        for result in results {
            log.add(&Record::outcome(of, *result, None, now()).unwrap());
        }
        let found = codes(&bundle(&mut log));
        assert_eq!(found.len(), faults, "{of} {results:?} {found:?}");
        assert!(found.iter().all(|(_, code)| *code == "outcome"));
    }
}
