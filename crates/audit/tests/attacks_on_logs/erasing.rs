//! Erasures: by whom, of what, and in front of which checkpoint.

use deputize::{FieldKind, OutcomeResult, Record, Signer, SigningKey};
use deputize_audit::{ErasedRange, Erasure, ErasureReason, Fault, RightEdge, leaf_hash};

use crate::cast::{log_key, now};
use crate::forge::{Files, Forged, OPENINGS, faults, split, verified};

fn eraser() -> SigningKey {
    SigningKey::from_bytes(&[77; 32])
}

/// A log with the outcomes of calls, which have a value each, behind records that are calls.
fn log_of(outcomes: u64) -> Forged {
    let mut log = Forged::new(vec![eraser().public_key()]);
    for _ in 0..outcomes {
        let of = log.size();
        log.add(&a_call());
        log.add(&Record::outcome(of, OutcomeResult::Done, Some(b"42"), now()).unwrap());
    }
    log
}

fn a_call() -> Record {
    use crate::cast::Service;
    use std::sync::OnceLock;
    static CALL: OnceLock<Record> = OnceLock::new();
    let make = || Record::of(&Service::new().allowed(1), &deputize::RecordRules::default());
    CALL.get_or_init(|| make().unwrap()).clone()
}

fn statement(log: &Forged, key: &SigningKey, ranges: Vec<ErasedRange>) -> Erasure {
    let (origin, size, root) = (log.origin, log.size(), log.tree().root());
    let (key, why) = (key.public_key(), ErasureReason::Request);
    Erasure { key, origin, size, root, issued: now(), why, authority: None, ranges }
}

fn all_of(first: u64, last: u64) -> Vec<ErasedRange> {
    vec![ErasedRange { first, last, kinds: None }]
}

fn record_of(own: &Erasure, key: &SigningKey) -> Record {
    Record::erasure(own.sign(key).unwrap().to_string(), Vec::new(), now())
}

/// Erases the value of the only outcome of a log, record 2.
fn without_its_value(log: &Forged) -> Files {
    let mut files = log.files.clone();
    let mut lines = split(&files, OPENINGS);
    lines[2] = "{\"index\":2,\"open\":[null]}\n".to_owned();
    files.insert(OPENINGS.into(), lines.concat().into_bytes());
    files
}

#[test]
fn an_erasure_counts_with_a_valid_statement_alone() {
    let other = SigningKey::from_bytes(&[78; 32]);
    for key in [&log_key(), &eraser(), &other] {
        let mut log = log_of(1);
        let own = statement(&log, key, all_of(2, 2));
        log.add(&record_of(&own, key));
        log.cover();
        let found = faults(&without_its_value(&log));
        assert_eq!(found.is_empty(), key.public_key() != other.public_key(), "{found:?}");
        // The value is still there.
        let left = verified(&log.files);
        assert!(!left.is_whole());
    }
    // About another root, another log, or a size of later records.
    for wrong in 0..3 {
        let mut log = log_of(1);
        let mut own = statement(&log, &eraser(), all_of(2, 2));
        match wrong {
            0 => {
                let mut tree = RightEdge::default();
                (0..own.size).for_each(|_| tree.push(leaf_hash(b"")).unwrap());
                own.root = tree.root();
            }
            1 => own.origin = Forged::new(Vec::new()).origin,
            _ => {
                let later = log_of(2);
                (own.size, own.root) = (later.size(), later.tree().root());
            }
        }
        log.add(&record_of(&own, &eraser()));
        log.cover();
        let found = faults(&without_its_value(&log));
        assert!(found.iter().any(|(_, own)| matches!(own, Fault::Missing { .. })), "{found:?}");
    }
}

/// Section 6: "The statement is in the log, and a checkpoint covers it, before anything is erased."
#[test]
fn a_statement_that_no_checkpoint_covers_erases_nothing() {
    let mut log = log_of(1);
    log.cover();
    let own = statement(&log, &eraser(), all_of(2, 2));
    log.add(&record_of(&own, &eraser()));
    let verdict = verified(&without_its_value(&log));
    assert!(!verdict.is_whole());
}

/// The writer stopped between the record of an erasure and the checkpoint that covers it. The log is an
/// honest one.
#[test]
fn a_writer_that_stopped_before_it_erased_left_a_whole_log() {
    let mut log = log_of(1);
    log.cover();
    let own = statement(&log, &eraser(), all_of(2, 2));
    log.add(&record_of(&own, &eraser()));
    assert_eq!(faults(&log.files), []);
}

/// A value that was changed and then erased stays wrong, and stays so if it is erased twice.
#[test]
fn an_erasure_hides_no_change() {
    let mut log = log_of(1);
    let own = statement(&log, &eraser(), all_of(2, 2));
    let note = own.sign(&eraser()).unwrap().to_string();
    log.add(&Record::erasure(note.clone(), vec![(2, 0)], now()));
    log.add(&Record::erasure(note, Vec::new(), now()));
    log.cover();
    let wrong = Fault::Wrong { place: 0, kind: FieldKind::Result };
    assert_eq!(faults(&without_its_value(&log)), [(Some(2), wrong)]);
}
