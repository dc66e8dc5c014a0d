//! Tokens kept for ever: each file of `tests/vectors` has inputs, the bytes made from them, and the
//! decision of a verifier. A change of the encoding fails here, and so does a verifier that no
//! longer accepts an old token.
//!
//! `UPDATE_VECTORS=1` writes the files of new cases. It never touches an existing file.

mod builders;
mod cases;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use deputize::testing::{RawToken, Stated};
use deputize::{
    Capability, Grant, OperationPattern, Owner, Presentation, Principal, ReplayPolicy, Report,
    Request, RevocationPolicy, Signer, SigningKey, Token, TokenError, TrustAnchor, Verifier,
};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// The members that are computed from the rest of a file.
const OUTCOME: [&str; 5] = ["root_key", "request_digest", "token", "presentation", "hop_ids"];

#[test]
fn every_vector_has_its_bytes_and_its_decision() {
    let files = vector_files();
    assert!(files.len() >= 35, "{} vectors are left", files.len());
    for file in files {
        let vector: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let name = vector["name"].as_str().unwrap();
        assert_eq!(file.file_stem().unwrap(), name);
        // The same seeds give the same bytes.
        let rebuilt = outcome(&vector);
        for part in OUTCOME {
            assert_eq!(rebuilt[part], vector[part], "{part} of {name}");
        }
        // The bytes of the file get the same decision as ever.
        let found = decided(&vector);
        assert_eq!(found["decision"], vector["decision"], "{name}: {found}");
        assert_eq!(found["codes"], vector["codes"], "{name}");
        // A report shows the hops with a correct signature, and no others.
        let (shown, all) = (array(&found["hop_ids"]), array(&vector["hop_ids"]));
        assert!(all.starts_with(shown), "{name}");
        assert!(found["decision"] == "deny" || shown.len() == all.len(), "{name}");
        // A holder reads the token, unless a verifier would refuse it for the same reason.
        match Token::parse(text(&vector["token"])) {
            Ok(token) => {
                // Compared as values: a vector may list them in another order than the token.
                let read = token.hops().iter().map(|hop| hop.grant().capabilities().to_vec());
                let written = array(&vector["grants"]).iter().map(|hop| {
                    serde_json::from_value::<Vec<Capability>>(hop["capabilities"].clone()).unwrap()
                });
                assert!(read.eq(written), "{name}");
            }
            Err(TokenError::NotAuthentic(why)) => {
                assert_eq!(json!([{"hop": why.hop, "code": why.code}]), vector["codes"], "{name}");
            }
            Err(why) => panic!("{name}: {why}"),
        }
    }
}

#[test]
fn every_case_has_its_vector() {
    let update = std::env::var_os("UPDATE_VECTORS").is_some();
    let mut missing = Vec::new();
    let mut names = BTreeSet::new();
    for mut case in cases::cases() {
        let name = case["name"].as_str().unwrap().to_owned();
        assert!(names.insert(name.clone()), "two cases are named {name}");
        let file = folder().join(format!("{name}.json"));
        if file.exists() {
            continue;
        }
        missing.push(name);
        if update {
            let outcome = outcome(&case);
            for part in OUTCOME {
                case[part] = outcome[part].clone();
            }
            let found = decided(&case);
            assert_eq!(found["decision"], case["decision"], "{}: {found}", case["name"]);
            assert_eq!(found["codes"], case["codes"], "{}", case["name"]);
            fs::write(file, format!("{case:#}\n")).unwrap();
        }
    }
    assert!(
        update || missing.is_empty(),
        "cases without a file: {missing:?}; run with UPDATE_VECTORS=1"
    );
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn vector_files() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Makes the token and the presentation from the inputs of a vector.
fn outcome(vector: &Value) -> Value {
    let key = |name: &Value| key(vector, name);
    let owner = Owner::new(
        text(&vector["owner"]["name"]),
        serde_json::from_value(vector["owner"]["kind"].clone()).unwrap(),
    )
    .unwrap();
    let grants = vector["grants"].as_array().unwrap();
    let mut raw: Option<RawToken> = None;
    for hop in grants {
        let (signer, grant, issued) = (key(&hop["signer"]), grant(vector, hop), at(&hop["issued"]));
        raw = Some(match raw {
            None => {
                let token_id = bytes(&vector["token_id"]).try_into().unwrap();
                RawToken::mint(owner.clone(), &signer, grant, issued, token_id)
            }
            Some(raw) => raw.delegate(&signer, grant, issued),
        });
    }
    let held = raw.unwrap();
    let request = request(vector);
    let presented = &vector["presented"];
    let counted = presented.get("counted").map(bytes);
    let closed = held.clone().present_stating(
        &Stated { counted, ..Stated::default() },
        &key(&presented["by"]),
        &request,
        at(&presented["issued"]),
        Duration::seconds(presented["window"].as_i64().unwrap()),
        bytes(&presented["nonce"]).try_into().unwrap(),
    );
    let ids: Vec<_> = held.hop_ids().iter().map(ToString::to_string).collect();
    json!({
        "root_key": key(&grants[0]["signer"]).public_key().to_string(),
        "request_digest": hex::encode(request.digest()),
        "token": held.to_text(),
        "presentation": closed.to_text(),
        "hop_ids": ids,
    })
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// The decision of a verifier that trusts the vector's owner and root key.
fn decided(vector: &Value) -> Value {
    let root = text(&vector["root_key"]).parse().unwrap();
    let verifier = Verifier::new(
        TrustAnchor::new(root, text(&vector["owner"]["name"])),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    );
    let presentation = Presentation::parse(text(&vector["presentation"])).unwrap();
    let decision = verifier.decide(presentation, request(vector), at(&vector["now"]));
    let report = Report::of(&decision);
    let codes: Vec<_> = report
        .reasons
        .iter()
        .map(|reason| json!({"hop": reason.hop, "code": reason.code}))
        .collect();
    let ids: Vec<_> = report.hops.iter().map(|hop| hop.id.to_string()).collect();
    json!({ "decision": report.verdict, "codes": codes, "hop_ids": ids })
}

fn grant(vector: &Value, hop: &Value) -> Grant {
    let to = Principal::new(
        text(&hop["to"]["name"]),
        serde_json::from_value(hop["to"]["kind"].clone()).unwrap(),
        key(vector, &hop["to"]["key"]).public_key(),
    );
    let capabilities: Vec<Capability> =
        serde_json::from_value(hop["capabilities"].clone()).unwrap();
    let mut grant =
        Grant::new(to.unwrap(), capabilities, at(&hop["expires"]), text(&hop["purpose"]))
            .unwrap()
            .with_max_hops(hop["max_hops"].as_u64().unwrap().try_into().unwrap());
    if hop["not_before"].is_string() {
        grant = grant.with_not_before(at(&hop["not_before"])).unwrap();
    }
    if let Some(audience) = hop["audience"].as_array() {
        grant = grant.with_audience(audience.iter().map(text)).unwrap();
    }
    if let Some(names) = hop["delegates"].as_array() {
        let keys = names.iter().map(|name| key(vector, name).public_key());
        grant = grant.with_allowed_delegates(keys).unwrap();
    }
    grant
}

fn request(vector: &Value) -> Request {
    Request::from_json(&vector["request"].to_string()).unwrap()
}

/// The key whose seed the vector gives under this name.
fn key(vector: &Value, name: &Value) -> SigningKey {
    SigningKey::from_bytes(&bytes(&vector["seeds"][text(name)]).try_into().unwrap())
}

fn at(value: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(text(value), &Rfc3339).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
