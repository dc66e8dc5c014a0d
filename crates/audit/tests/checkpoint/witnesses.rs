//! Witnesses are counted by their keys.

use deputize::{CodedError, Signer};
use deputize_audit::{CheckpointError, SignedCheckpoint, Witness};

use crate::cast::{
    checkpoint, cosignature, cosigned, hash, key, line, log, origin, signed, witness,
};

const TIME: u64 = 1_795_456_800;

/// The names of the witnesses whose cosignatures hold, and their times.
fn named(signed: &SignedCheckpoint, witnesses: &[Witness]) -> Vec<(String, i64)> {
    let found = signed.cosignatures(witnesses);
    let named = found.iter().map(|own| (own.witness.name().to_owned(), own.time.unix_timestamp()));
    named.collect()
}

fn with(lines: &[String]) -> SignedCheckpoint {
    signed().with_signature_lines(&lines.concat()).unwrap()
}

#[test]
fn cosignatures_of_named_witnesses_count() {
    let signed = with(&[cosigned("w1.example", 2, TIME), cosigned("w2.example", 3, TIME + 5)]);
    let both = [witness("w1.example", 2), witness("w2.example", 3)];
    let expected =
        [("w1.example".to_owned(), 1_795_456_800), ("w2.example".to_owned(), 1_795_456_805)];
    assert_eq!(named(&signed, &both), expected);
    assert_eq!(signed.require(2, &both).unwrap().len(), 2);
    assert_eq!(signed.require(0, &[]).unwrap().len(), 0);
    // The other one is not named.
    assert_eq!(named(&signed, &both[1..]), expected[1..]);
    let few = signed.require(2, &both[1..]).unwrap_err();
    assert_eq!(few, CheckpointError::TooFewWitnesses { expected: 2, found: 1 });
    assert_eq!(few.code(), "checkpoint_too_few_witnesses");
    // After it was stored and read.
    let read = SignedCheckpoint::parse(signed.to_string().as_bytes()).unwrap();
    assert_eq!(named(&read, &both), expected);
}

#[test]
fn one_key_under_two_names_counts_once() {
    let signed = with(&[cosigned("a", 2, TIME), cosigned("b", 2, TIME), cosigned("c", 3, TIME)]);
    let all = [witness("a", 2), witness("b", 2), witness("c", 3)];
    let found = named(&signed, &all);
    assert_eq!(found.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    assert!(signed.require(3, &all).is_err());
    // Also if one witness is named twice, or only its second name is in the note.
    assert_eq!(signed.cosignatures(&[witness("a", 2), witness("a", 2)]).len(), 1);
    assert_eq!(signed.cosignatures(&[witness("x", 2), witness("b", 2)]).len(), 1);
}

#[test]
fn the_log_is_not_its_own_witness() {
    let name = origin().to_string();
    let lines = [cosigned("w", 1, TIME), cosigned(&name, 1, TIME)];
    let own = [witness("w", 1), Witness::new(name, log().public_key()).unwrap()];
    assert_eq!(with(&lines).cosignatures(&own), []);
}

#[test]
fn other_cosignatures_do_not_count() {
    let own = [witness("w", 2)];
    let text = checkpoint().to_string();
    let hash = |kind| hash("w", kind, &key(2));
    let good = cosignature(&key(2), TIME, &text);
    assert_eq!(with(&[line("w", hash(4), &good)]).cosignatures(&own).len(), 1);
    let mut other_time = good.clone();
    other_time[7] ^= 1;
    let plain = key(2).sign(text.as_bytes()).unwrap().to_bytes();
    let of_plain = [&TIME.to_be_bytes()[..], &plain].concat();
    let beyond = cosignature(&key(2), 1 << 63, &text);
    // After the year 9999.
    let late = cosignature(&key(2), 253_402_300_800, &text);
    let other_text = cosignature(&key(2), TIME, &text.replace("\n17\n", "\n18\n"));
    for (what, name, hash, bytes) in [
        ("of another name", "v", hash(4), good.clone()),
        ("with the hash of a log's key", "w", hash(1), good.clone()),
        ("with another hash", "w", [0; 4], good.clone()),
        ("at another time", "w", hash(4), other_time),
        ("of the plain text", "w", hash(4), of_plain),
        ("without a time", "w", hash(4), plain.to_vec()),
        ("of a time beyond 2^63", "w", hash(4), beyond),
        ("of a time that is not one", "w", hash(4), late),
        ("of another checkpoint", "w", hash(4), other_text),
        ("by another key", "w", hash(4), cosignature(&key(3), TIME, &text)),
        ("with a byte more", "w", hash(4), [&good[..], &[0]].concat()),
        ("with a byte less", "w", hash(4), good[..71].to_vec()),
        ("of eight bytes", "w", hash(4), good[..8].to_vec()),
    ] {
        assert_eq!(with(&[line(name, hash, &bytes)]).cosignatures(&own), [], "{what}");
    }
    // A plain signature of the witness under its own name is that of a note, not of a witness.
    assert_eq!(with(&[line("w", hash(1), &plain)]).cosignatures(&own), []);
}

#[test]
fn a_witness_is_written_as_its_operator_publishes_it() {
    let own = witness("witness.example/w1", 2);
    let text = own.to_string();
    assert_eq!(text, "witness.example/w1+df1c0a35+BIE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU");
    assert_eq!(text.parse(), Ok(own));
}

#[test]
fn other_keys_are_not_those_of_witnesses() {
    let text = witness("w", 2).to_string();
    let (start, base64) = text.rsplit_once('+').unwrap();
    for wrong in [
        "",
        "w",
        "w+00000000",
        start,
        &text.to_uppercase(),
        &format!("{text} "),
        &format!("{text}+"),
        &text.replace("w+", "v+"),
        &text.replace("w+", "+"),
        &text.replace("w+", "w w+"),
        // The type of a log's key.
        &format!("{start}+{}", base64.replacen("BI", "AY", 1)),
        &format!("{start}+{}", &base64[..40]),
    ] {
        let found = (*wrong).to_owned();
        assert_eq!(wrong.parse::<Witness>(), Err(CheckpointError::Witness { found }));
    }
    for name in ["", "a b", "a+b", "a\u{200b}", "a\n"] {
        let wrong = Witness::new(name, key(2).public_key()).unwrap_err();
        assert_eq!(wrong.code(), "witness_name");
    }
}
