//! The attacks of the second implementation in `minter`: our verifier gives each exactly the codes
//! that `docs/FORMAT.md` requires.

use std::fs;
use std::path::Path;

use deputize::{Decision, Presentation, Request, Signer, SigningKey, Verifier};
use serde_json::{Value, json};

use super::{array, at, text, verifier};

#[test]
fn attacks_of_the_second_implementation_have_the_codes_of_the_page() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/compat/interop/attacks.json");
    let attacks: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let root = SigningKey::from_bytes(&[1; 32]).public_key();
    let verifier = verifier(root, "alice@acme.com");
    let attacks = array(&attacks);
    assert!(attacks.len() >= 75, "{} attacks are left", attacks.len());
    let wrong: Vec<_> = attacks
        .iter()
        .map(|attack| (text(&attack["name"]), found(&verifier, attack), &attack["expected"]))
        .filter(|(_, found, expected)| found != *expected)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn found(verifier: &Verifier, attack: &Value) -> Value {
    let Ok(presentation) = Presentation::parse(text(&attack["presentation"])) else {
        return json!("not_a_token");
    };
    let request = Request::from_json(&attack["request"].to_string()).unwrap();
    match verifier.decide(presentation, request, at(&attack["now"])) {
        Decision::Allow(_) => json!("allow"),
        Decision::Deny(denial) => denial
            .reasons()
            .iter()
            .map(|reason| json!({"hop": reason.hop, "code": reason.code}))
            .collect(),
    }
}
