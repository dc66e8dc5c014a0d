//! The proof of one record, as C2SP `tlog-proof` has it.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deputize::{CodedError, RecordKind};
use deputize_audit::{CheckpointError, FolderFiles, Origin, ProofError, RecordProof, TreeError};

use crate::cast::{Place, Service, call, key_of_log, lines};

const CORES: &str = "segments/00000000.jsonl";

/// A log with this many calls, each of two records.
fn log(calls: u32) -> Place {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    for number in 0..calls {
        call(&log, service.allowed(number));
    }
    log.close().unwrap();
    place
}

fn files(place: &Place) -> FolderFiles {
    FolderFiles::new(place.path())
}

#[test]
fn each_record_has_a_proof_that_needs_nothing_else() {
    for calls in [0, 1, 4, 150] {
        let place = log(calls);
        let origin = *place.checkpoint().claimed().origin();
        let cores = lines(&place.file(CORES));
        assert_eq!(cores.len() as u32, 1 + 2 * calls);
        for (index, core) in cores.iter().enumerate() {
            let made = RecordProof::prove(&files(&place), index as u64).unwrap();
            let text = made.to_string();
            let read = RecordProof::parse(text.as_bytes()).unwrap();
            assert_eq!((&read, read.to_string()), (&made, text));
            assert_eq!(read.line(), core.as_bytes());
            assert_eq!(read.verify(&origin).unwrap().index, index as u64);
            assert_eq!(read.checkpoint(), &place.checkpoint());
        }
    }
}

#[test]
fn the_text_has_the_form_of_c2sp() {
    let place = log(2);
    let proof = RecordProof::prove(&files(&place), 3).unwrap();
    assert!(matches!(proof.claimed().kind, RecordKind::Decision(_)));
    let text = proof.to_string();
    let mut own = text.lines();
    assert_eq!(own.next(), Some("c2sp.org/tlog-proof@v1"));
    let extra = own.next().unwrap().strip_prefix("extra ").unwrap();
    assert_eq!(STANDARD.decode(extra).unwrap(), lines(&place.file(CORES))[3].as_bytes());
    assert_eq!(own.next(), Some("index 3"));
    // A tree of five leaves: two pairs, and the fifth.
    for hash in proof.inclusion().hashes() {
        assert_eq!(own.next(), Some(hash.to_string().as_str()));
    }
    assert_eq!(proof.inclusion().hashes().len(), 3);
    assert_eq!(own.next(), Some(""));
    let checkpoint = fs::read_to_string(place.file("checkpoint")).unwrap();
    assert!(text.ends_with(&format!("\n\n{checkpoint}")));
}

#[test]
fn another_log_is_not_the_one_that_the_reader_means() {
    let place = log(1);
    let proof = RecordProof::prove(&files(&place), 1).unwrap();
    let other = Origin::new(key_of_log(), [9; 16]);
    assert!(matches!(proof.verify(&other), Err(CheckpointError::OtherLog { .. })));
}

/// Some bits of each line: no altered proof is one.
#[test]
fn an_altered_proof_is_refused() {
    let text = RecordProof::prove(&files(&log(3)), 4).unwrap().to_string().into_bytes();
    for at in (0..text.len()).step_by(5) {
        for bit in [0, 1, 5] {
            let mut changed = text.clone();
            changed[at] ^= 1 << bit;
            assert!(RecordProof::parse(&changed).is_err(), "{at} {bit}");
        }
        assert!(RecordProof::parse(&text[..at]).is_err(), "{at}");
    }
    for (old, new) in [
        ("index 4", "index 5"),
        ("index 4", "index 04"),
        ("index 4", "index +4"),
        ("\nindex", "\nindex 4\nindex"),
        ("extra ", "extra  "),
        ("@v1", "@v2"),
        ("\n\n", "\n\n\n"),
        ("\n", "\r\n"),
    ] {
        let changed = String::from_utf8(text.clone()).unwrap().replace(old, new);
        assert!(RecordProof::parse(changed.as_bytes()).is_err(), "{old} {new}");
    }
    let long = [text, vec![b'\n'; 2_000_000]].concat();
    let error = RecordProof::parse(&long).unwrap_err();
    assert_eq!(error.code(), "proof_too_long");
}

/// The record, or the hashes, of another one.
#[test]
fn a_proof_for_another_record_does_not_hold() {
    let place = log(3);
    let [own, other] =
        [3, 4].map(|index| RecordProof::prove(&files(&place), index).unwrap().to_string());
    let extra = |text: &str| text.lines().nth(1).unwrap().to_owned();
    let swapped = own.replace(&extra(&own), &extra(&other));
    let error = RecordProof::parse(swapped.as_bytes()).unwrap_err();
    assert_eq!(error, ProofError::OtherIndex { expected: 3, found: 4 });
    let swapped = swapped.replace("index 3", "index 4");
    let error = RecordProof::parse(swapped.as_bytes()).unwrap_err();
    assert!(matches!(error, ProofError::Tree(TreeError::OtherRoot { .. })), "{error}");
}

#[test]
fn nothing_is_proved_that_the_log_does_not_have() {
    let place = log(2);
    assert_eq!(
        RecordProof::prove(&files(&place), 5),
        Err(ProofError::NoRecord { index: 5, size: 5 })
    );
    let error = RecordProof::prove(&files(&place), u64::MAX).unwrap_err();
    assert_eq!(error.code(), "proof_no_record");
    // A changed record, a missing one, and a tile that is not of this tree.
    let (cores, tile) = (place.file(CORES), place.file("tile/0/000.p/5"));
    let text = fs::read_to_string(&cores).unwrap();
    fs::write(&cores, text.replacen("\"result\":\"done\"", "\"result\":\"failed\"", 1)).unwrap();
    let not_of_the_tree = |index| Err(ProofError::NotOfTheTree { index });
    assert_eq!(RecordProof::prove(&files(&place), 2), not_of_the_tree(2));
    assert!(RecordProof::prove(&files(&place), 1).is_ok());
    fs::write(&cores, text.lines().take(3).collect::<Vec<_>>().join("\n") + "\n").unwrap();
    assert_eq!(RecordProof::prove(&files(&place), 3), not_of_the_tree(3));
    fs::write(&cores, &text).unwrap();
    let mut bytes = fs::read(&tile).unwrap();
    bytes[0] ^= 1;
    fs::write(&tile, bytes).unwrap();
    assert_eq!(RecordProof::prove(&files(&place), 4), not_of_the_tree(4));
    fs::remove_file(&tile).unwrap();
    assert_eq!(RecordProof::prove(&files(&place), 4).unwrap_err().code(), "tile_missing");
}
