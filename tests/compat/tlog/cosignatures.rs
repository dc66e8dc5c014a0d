//! Cosignatures: those that `aics-tlog` makes hold for us, and it counts what we count. Go's
//! library knows no cosignatures, and leaves them aside.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deputize::Signer;
use deputize_audit::{SignedCheckpoint, TreeHead, Witness, leaf_hash};
use serde_json::{Value, json};

use crate::checkers::{Case, agree, by_python};
use crate::log::{base64, key, origin, signed, verifier};

const TIME: u64 = 1_795_456_800;

const NAMES: [&str; 3] = ["witness.example/w1", "witness.example/w2", "ключ"];

fn witness(at: usize) -> Witness {
    Witness::new(NAMES[at], key(at as u8 + 2).public_key()).unwrap()
}

/// The checkpoint with the signature lines of these witnesses, made in Python.
fn cosigned(witnesses: &[usize]) -> SignedCheckpoint {
    let own = signed(TreeHead::new(17, leaf_hash(b"root")).unwrap());
    let tasks = witnesses.iter().map(|at| {
        let seed = STANDARD.encode([*at as u8 + 2; 32]);
        let (name, time) = (NAMES[*at], TIME + *at as u64);
        json!({"note": own.to_string(), "name": name, "seed": seed, "time": time})
    });
    let made = by_python("cosign", &tasks.collect::<Vec<_>>());
    let lines: String = made.iter().map(|line| line["line"].as_str().unwrap()).collect();
    own.with_signature_lines(&lines).unwrap()
}

fn task(note: &str, witnesses: &[Witness], quorum: usize) -> Value {
    let name = origin().to_string();
    let witnesses: Vec<_> = witnesses.iter().map(ToString::to_string).collect();
    json!({
        "note": note, "key": verifier(&name, 1, 1), "origin": name, "size": 17,
        "root": base64(leaf_hash(b"root")), "witnesses": witnesses, "quorum": quorum,
    })
}

#[test]
fn both_count_the_same_witnesses() {
    let all = [0, 1, 2].map(witness);
    for (at, own) in all.iter().enumerate() {
        // Its text form is the one that operators publish.
        assert_eq!(own.to_string(), verifier(NAMES[at], 4, at as u8 + 2));
    }
    for made in [&[][..], &[0], &[2], &[0, 1], &[0, 1, 2]] {
        let note = cosigned(made);
        let found = note.cosignatures(&all);
        assert_eq!(found.len(), made.len());
        for (own, at) in found.iter().zip(made) {
            assert_eq!(own.witness, &all[*at]);
            assert_eq!(own.time.unix_timestamp() as u64, TIME + *at as u64);
        }
        for quorum in 0..=3 {
            let answer = &by_python("cosigned", &[task(&note.to_string(), &all, quorum)])[0];
            let is_met = answer["error"] == "";
            assert_eq!(note.require(quorum, &all).is_ok(), is_met, "{made:?} {quorum}: {answer}");
            assert_eq!(is_met, quorum <= made.len());
        }
    }
}

#[test]
fn an_altered_cosignature_counts_for_neither() {
    let note = cosigned(&[0]).to_string();
    let (start, line) = note.trim_end().rsplit_once(' ').unwrap();
    let bytes = STANDARD.decode(line).unwrap();
    for at in 4..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        let note = format!("{start} {}\n", STANDARD.encode(bytes));
        let read = SignedCheckpoint::parse(note.as_bytes()).unwrap();
        assert!(read.require(1, &[witness(0)]).is_err(), "{at}");
        if at % 8 == 0 {
            let answer = &by_python("cosigned", &[task(&note, &[witness(0)], 1)])[0];
            assert_ne!(answer["error"], "", "{at}");
        }
    }
}

#[test]
fn a_cosigned_checkpoint_is_read_by_those_who_know_no_witnesses() {
    let note = cosigned(&[0, 1, 2]).to_string();
    let other = note.replace("\n17\n", "\n18\n");
    let mut changed = task(&other, &[], 0);
    changed["size"] = json!(18);
    let good = Case { what: "cosigned".to_owned(), task: task(&note, &[], 0), holds: true };
    let wrong = Case { what: "of another size".to_owned(), task: changed, holds: false };
    agree("notes", &[good, wrong]);
}
