//! Revocation lists kept for ever: each file of the folder `vectors` has a text, the hops after it
//! and the seed of the key that signs, and the bytes that are made of them, or a delta and the list
//! that it gives; or a list, and the code of the error with which it is refused.
//!
//! `UPDATE_VECTORS=1` writes the files of new cases. It never touches an existing file.

mod cases;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deputize::{CodedError, RevocationList, SigningKey};
use serde_json::{Value, json};

use crate::plain_list::{Plain, file, parts};

#[test]
fn every_vector_has_its_bytes_and_its_meaning() {
    let mut files: Vec<_> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 13, "{} vectors are left", files.len());
    for path in files {
        let vector = read(&path);
        let name = text(&vector["name"]);
        assert_eq!(path.file_stem().unwrap(), name);
        let bytes = STANDARD.decode(text(&vector["file"])).unwrap();
        if let Some(base) = vector["base"].as_str() {
            let base = read(&folder().join(format!("{base}.json")));
            let base =
                RevocationList::parse(STANDARD.decode(text(&base["file"])).unwrap()).unwrap();
            let delta = STANDARD.decode(text(&vector["delta"])).unwrap();
            let list = RevocationList::parse(bytes).unwrap();
            assert_eq!(base.apply(&delta).as_ref(), Ok(&list), "{name}");
            assert_eq!(list.delta_from(&base), delta, "{name}");
            continue;
        }
        let list = RevocationList::parse(bytes.clone());
        let code = list.as_ref().map_err(CodedError::code).err();
        assert_eq!(json!(code), vector["code"], "{name}");
        let Ok(list) = list else { continue };
        assert_eq!(content(&list), (vector["text"].clone(), vector["hops"].clone()), "{name}");
        assert_eq!(list.digest().to_string(), text(&vector["digest"]), "{name}");
        // The same seed gives the same bytes, and reading gives its whole content.
        let plain = Plain::of(&list);
        assert_eq!(plain.text(), text(&vector["text"]), "{name}");
        assert_eq!(file(text(&vector["text"]), &plain.body(), &key(&vector)), bytes, "{name}");
    }
}

#[test]
fn every_case_has_its_vector() {
    let update = std::env::var_os("UPDATE_VECTORS").is_some();
    let mut missing = Vec::new();
    let mut names = BTreeSet::new();
    for case in cases::cases() {
        let name = text(&case["name"]).to_owned();
        assert!(names.insert(name.clone()), "two cases are named {name}");
        let path = folder().join(format!("{name}.json"));
        if path.exists() {
            // A draft gives the same list as ever.
            assert_eq!(case, read(&path), "{name}");
            continue;
        }
        if update {
            fs::create_dir_all(folder()).unwrap();
            fs::write(path, format!("{case:#}\n")).unwrap();
        }
        missing.push(name);
    }
    assert!(
        update || missing.is_empty(),
        "cases without a file: {missing:?}; run with UPDATE_VECTORS=1"
    );
}

/// The text of a list, and its hops: the first bytes of the id, since when, and the expiry.
fn content(list: &RevocationList) -> (Value, Value) {
    let (text, body) = parts(list);
    let hops = body.chunks(23).map(|entry| {
        let number =
            |bytes: &[u8]| bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        json!({
            "id": hex::encode(&entry[..16]),
            "since_seconds": number(&entry[16..20]),
            "expires_hours": number(&entry[20..]),
        })
    });
    (text.into(), hops.collect())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat/lists/vectors")
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn key(vector: &Value) -> SigningKey {
    SigningKey::from_bytes(&hex::decode(text(&vector["seed"])).unwrap().try_into().unwrap())
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
