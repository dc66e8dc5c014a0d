//! A checkpoint is read in one spelling, if its log's key signed it.

use deputize::{CodedError, Note, Signer};
use deputize_audit::{
    Checkpoint, CheckpointError, MAX_TREE_SIZE, Origin, SignedCheckpoint, TreeError, TreeHead,
    leaf_hash,
};
use proptest::prelude::*;

use crate::cast::{checkpoint, hash, key, line, log, note, origin, signed};

#[test]
fn a_checkpoint_is_three_lines_and_a_signature() {
    let text = format!("{}\n17\n{}\n", origin(), leaf_hash(b"root"));
    assert_eq!(checkpoint().to_string(), text);
    let signature = log().sign(text.as_bytes()).unwrap().to_bytes();
    let name = origin().to_string();
    let expected = format!("{text}\n{}", line(&name, hash(&name, 1, &log()), &signature));
    assert_eq!(signed().to_string(), expected);
    let read = SignedCheckpoint::parse(expected.as_bytes()).unwrap();
    assert_eq!(read, signed());
    assert_eq!(read.verify(&origin()), Ok(&checkpoint()));
    assert_eq!(read.claimed().head().size(), 17);
}

#[test]
fn the_log_without_records_has_a_checkpoint() {
    let empty = Checkpoint::new(origin(), TreeHead::EMPTY).sign(&log()).unwrap();
    let text = format!("{}\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", origin());
    assert_eq!(empty.note().text(), text);
    assert_eq!(SignedCheckpoint::parse(empty.to_string().as_bytes()), Ok(empty));
}

#[test]
fn the_checkpoint_of_another_log_is_not_that_of_this_one() {
    let other = Origin::new(log().public_key(), [0xac; 16]);
    let wrong = signed().verify(&other).unwrap_err();
    let (expected, found) = (Box::new(other), Box::new(origin()));
    assert_eq!(wrong, CheckpointError::OtherLog { expected, found });
    assert_eq!(wrong.code(), "checkpoint_other_log");
}

#[test]
fn only_the_key_in_the_origin_signs() {
    let wrong = checkpoint().sign(&key(2)).unwrap_err();
    let (expected, found) = (Box::new(log().public_key()), Box::new(key(2).public_key()));
    assert_eq!(wrong, CheckpointError::OtherKey { expected, found });
    // By another key, under the name of the log, and by the log's key under another name.
    let text = checkpoint().to_string();
    let by_other = Note::new(text.as_str()).unwrap().signed_by(origin().to_string(), &key(2));
    let renamed = Note::new(text).unwrap().signed_by("log", &log());
    for wrong in [by_other, renamed] {
        let wrong = wrong.unwrap().to_string();
        let wrong = SignedCheckpoint::parse(wrong.as_bytes()).unwrap_err();
        assert_eq!(wrong.code(), "note_not_signed_by");
    }
}

#[test]
fn other_signatures_are_left_aside() {
    let more = line("other", [1, 2, 3, 4], b"anything") + &line("log", [0; 4], &[0; 64]);
    let read = signed().with_signature_lines(&more).unwrap();
    assert_eq!(read.claimed(), signed().claimed());
    assert_eq!(read.to_string(), format!("{}{more}", signed()));
    assert_eq!(SignedCheckpoint::parse(read.to_string().as_bytes()), Ok(read));
    for wrong in ["x", "\n", "\n\n", "a\n", "— a\n", "— a AAAA\n", "\na\n— a AAAAAAA=\n"] {
        assert!(signed().with_signature_lines(wrong).is_err(), "{wrong:?}");
    }
    let own = signed().to_string();
    let (_, repeated) = own.split_once("\n\n").unwrap();
    assert!(signed().with_signature_lines(repeated).is_err());
}

#[test]
fn texts_in_another_form_are_refused_although_the_log_signed_them() {
    let (origin, root) = (origin().to_string(), leaf_hash(b"root").to_string());
    let code = |text: &str| SignedCheckpoint::parse(note(text).as_bytes()).unwrap_err().code();
    assert_eq!(code(&format!("{origin}\n")), "checkpoint_lines");
    assert_eq!(code(&format!("{origin}\n17\n")), "checkpoint_lines");
    // An extension line.
    assert_eq!(code(&format!("{origin}\n17\n{root}\nmore\n")), "checkpoint_lines");
    for size in ["017", "+17", "-1", "1e3", " 17", "17 ", "0x11", "18446744073709551616", "１７"]
    {
        assert_eq!(code(&format!("{origin}\n{size}\n{root}\n")), "checkpoint_size", "{size}");
    }
    let too_large = MAX_TREE_SIZE + 1;
    for size in [too_large, u64::MAX] {
        assert_eq!(code(&format!("{origin}\n{size}\n{root}\n")), "tree_too_large");
    }
    assert_eq!(code(&format!("{origin}\n0\n{root}\n")), "tree_not_empty");
    for root in ["x", &root.replace('=', ""), &format!("{root} "), &format!("{root}{root}")] {
        assert_eq!(code(&format!("{origin}\n17\n{root}\n")), "tree_hash");
    }
    for name in ["example.com/log", "deputize revocations v1", &format!("{origin}0")] {
        assert_eq!(code(&format!("{name}\n17\n{root}\n")), "log_origin");
    }
    assert_eq!(
        TreeHead::new(too_large, leaf_hash(b"")),
        Err(TreeError::TooLarge { found: too_large })
    );
}

#[test]
fn no_changed_byte_is_accepted() {
    let bytes = signed().to_string().into_bytes();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut wrong = bytes.clone();
            wrong[at] ^= 1 << bit;
            assert!(SignedCheckpoint::parse(&wrong).is_err(), "bit {bit} of byte {at}");
        }
        assert!(SignedCheckpoint::parse(&bytes[..at]).is_err(), "{at} bytes");
    }
}

proptest! {
    #[test]
    fn reading_does_not_panic(bytes: Vec<u8>, text in "[ -~\\n—]{0,200}") {
        drop((SignedCheckpoint::parse(&bytes), SignedCheckpoint::parse(text.as_bytes())));
        drop((text.parse::<Checkpoint>(), text.parse::<Origin>()));
        drop(text.parse::<deputize_audit::Witness>());
    }

    #[test]
    fn what_is_signed_is_read(size in 1..=MAX_TREE_SIZE, root: [u8; 32], id: [u8; 16]) {
        let head = TreeHead::new(size, deputize_audit::Hash::from_bytes(root)).unwrap();
        let own = Checkpoint::new(Origin::new(log().public_key(), id), head).sign(&log()).unwrap();
        prop_assert_eq!(SignedCheckpoint::parse(own.to_string().as_bytes()), Ok(own));
    }
}
