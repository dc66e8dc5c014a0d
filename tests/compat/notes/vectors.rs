//! Notes kept for ever: each file of the folder `vectors` has a text, the seeds of keys, and the
//! note that all implementations make of them; or a note, and the code of the error with which we
//! refuse it.
//!
//! `UPDATE_VECTORS=1` writes the files of new cases. It never touches an existing file.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use deputize::{CodedError, Signer, SigningKey};
use serde_json::{Value, json};

use crate::hostile::{self, verdict};
use crate::keys::{Named, written};
use crate::{go, rust};

/// Hostile notes that are kept: the name of the file, and what the table calls the note.
const REFUSED: [(&str, &str); 9] = [
    ("refused_empty_line", "an empty line in the text"),
    ("refused_carriage_return", "CR LF in the text"),
    ("refused_invisible_character", "U+2028 in the text"),
    ("refused_spare_bits", "spare bits in the base64"),
    ("refused_no_padding", "no padding"),
    ("refused_line_feed_at_the_end", "another line feed at the end"),
    ("refused_signed_twice", "a valid and an invalid signature"),
    ("refused_hash_of_another_key", "the hash of another key"),
    ("refused_commitment_of_small_order", "a commitment of small order"),
];

/// A case that all accept. Keys without a name have their own text.
fn accepted(name: &str, description: &str, text: &str, keys: &[(&str, u8)]) -> Value {
    let keys = keys.iter().map(|(name, seed)| {
        let key = SigningKey::from_bytes(&[*seed; 32]);
        let own = if name.is_empty() { key.public_key().to_string() } else { (*name).to_owned() };
        json!({"name": own, "seed": hex::encode([*seed; 32])})
    });
    let keys: Vec<_> = keys.collect();
    json!({"name": name, "description": description, "text": text, "keys": keys, "code": null})
}

fn cases() -> Vec<Value> {
    let key = |seed| SigningKey::from_bytes(&[seed; 32]).public_key();
    let issued = "issued 2026-11-23T18:00:00Z\n";
    let first = format!("deputize example v1 {}\n{issued}", key(1));
    let successor = format!("deputize successor v1 {}\nto {}\n{issued}", key(1), key(2));
    let scripts = "Zoë \"naïve\" ünïcödé\nключ = 🔑\n鍵は一つ\nمفتاح\ne\u{301} \u{fffd} \u{378}\n";
    let lines = "— alice AAAAAAA=\n—\n- alice\n  two blanks  \n+\n=\n";
    let mut cases = vec![
        accepted(
            "one_signature",
            "one signature, by the key that the text names",
            &first,
            &[("", 1)],
        ),
        accepted("two_signatures", "one text that two keys sign", &successor, &[("", 1), ("", 2)]),
        accepted(
            "names",
            "one key under several names, and another key under one of them",
            "a\n",
            &[("log.example/2026", 1), ("ключ/鍵", 1), ("—", 1), ("log.example/2026", 2)],
        ),
        accepted("scripts", "a text in several scripts", scripts, &[("alice", 1)]),
        accepted("lines", "lines that look like others of a note", lines, &[("alice", 1)]),
    ];
    let hostile = hostile::all();
    cases.extend(REFUSED.iter().map(|(name, what)| {
        let own = hostile.iter().find(|own| own.what == *what).unwrap();
        let note = String::from_utf8(own.note.clone()).unwrap();
        let mut case = accepted(name, what, "", &[(&hostile::alice().name, 1)]);
        case.as_object_mut().unwrap().remove("text");
        case["note"] = note.into();
        case["code"] = own.ours.code().into();
        case
    }));
    cases
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn keys(vector: &Value) -> Vec<Named> {
    let key = |own: &Value| {
        let seed = hex::decode(own["seed"].as_str().unwrap()).unwrap();
        let key = SigningKey::from_bytes(&seed.try_into().unwrap());
        Named { name: own["name"].as_str().unwrap().to_owned(), key }
    };
    vector["keys"].as_array().unwrap().iter().map(key).collect()
}

#[test]
fn every_vector_has_its_bytes_and_its_verdict() {
    let mut files: Vec<_> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 14, "{} vectors are left", files.len());
    for file in files {
        let vector: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let name = vector["name"].as_str().unwrap();
        assert_eq!(file.file_stem().unwrap(), name);
        let (note, keys) = (vector["note"].as_str().unwrap(), keys(&vector));
        for key in &keys {
            let code = verdict(note.as_bytes(), key).map_err(|error| error.code());
            assert_eq!(json!(code.err()), vector["code"], "{name}");
        }
        let Some(text) = vector["text"].as_str() else { continue };
        // The same seeds give the same bytes, by each implementation.
        assert_eq!(written(text, &keys).to_string(), note, "{name}");
        let signers: Vec<_> = keys.iter().map(Named::signer).collect();
        assert_eq!(rust::sign(text.as_bytes(), &signers), note.as_bytes(), "{name}");
        assert_eq!(go::sign(&[(text.as_bytes(), signers)]), [note.as_bytes()], "{name}");
    }
}

#[test]
fn every_case_has_its_vector() {
    let update = std::env::var_os("UPDATE_VECTORS").is_some();
    let mut missing = Vec::new();
    let mut names = BTreeSet::new();
    for mut case in cases() {
        let name = case["name"].as_str().unwrap().to_owned();
        assert!(names.insert(name.clone()), "two cases are named {name}");
        let file = folder().join(format!("{name}.json"));
        if file.exists() {
            continue;
        }
        if update {
            if let Some(text) = case["text"].as_str() {
                case["note"] = written(text, &keys(&case)).to_string().into();
            }
            fs::create_dir_all(folder()).unwrap();
            fs::write(file, format!("{case:#}\n")).unwrap();
        }
        missing.push(name);
    }
    assert!(
        update || missing.is_empty(),
        "cases without a file: {missing:?}; run with UPDATE_VECTORS=1"
    );
}
