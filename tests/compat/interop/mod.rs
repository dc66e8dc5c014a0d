//! Writes `target/interop` for `tests/compat/interop/run`, where a Biscuit library in another
//! language decides about the same tokens: every vector, and its chain with many changed requests,
//! each with the decision of our own verifier. The attacks of `minter` are in `attacks.json`.

mod attacks;
mod changes;

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deputize::testing::RawToken;
use deputize::{
    OperationPattern, Presentation, PublicKey, ReplayPolicy, Report, Request, RevocationPolicy,
    SigningKey, TrustAnchor, Verifier,
};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

#[test]
fn decisions_for_another_library_are_written() {
    let folder = folder();
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let (mut allowed, mut denied) = (0, 0);
    for vector in vectors() {
        let cases = cases(&vector);
        let allows = cases.iter().filter(|case| case["decision"] == "allow").count();
        allowed += allows;
        denied += cases.len() - allows;
        let file = folder.join(format!("{}.json", text(&vector["name"])));
        fs::write(file, json!({ "vector": vector, "cases": cases }).to_string()).unwrap();
    }
    // Enough of both, so that the comparison is meaningful.
    assert!(allowed >= 1000 && denied >= 5000, "{allowed} allowed, {denied} denied");
}

/// The requests made from one vector, with our decisions.
fn cases(vector: &Value) -> Vec<Value> {
    let (own, now) = (&vector["request"], at(&vector["now"]));
    let kept = text(&vector["presentation"]);
    let mut cases = vec![case(vector, "its own request", kept, own, now)];
    for (what, moment) in changes::moments(vector) {
        // The kept presentation, and one made at that moment.
        let presentation = present(vector, own, moment);
        cases.push(case(vector, &format!("kept, {what}"), kept, own, moment));
        cases.push(case(vector, &format!("anew, {what}"), &presentation, own, moment));
    }
    for (nth, (what, request)) in changes::requests(own).into_iter().enumerate() {
        // Calls from which no request can be built are left out.
        if Request::from_json(&request.to_string()).is_ok() {
            let presentation = present(vector, &request, now);
            // After any change the kept presentation is refused; a sample of each kind shows that.
            if nth % 8 == 0 || what.starts_with("audience") {
                cases.push(case(vector, &format!("kept, {what}"), kept, &request, now));
            }
            cases.push(case(vector, &format!("anew, {what}"), &presentation, &request, now));
        }
    }
    cases
}

fn case(
    vector: &Value,
    what: &str,
    presentation: &str,
    request: &Value,
    now: OffsetDateTime,
) -> Value {
    let root = text(&vector["root_key"]).parse().unwrap();
    let verifier = verifier(root, text(&vector["owner"]["name"]));
    let asked = Request::from_json(&request.to_string()).unwrap();
    let report =
        Report::of(&verifier.decide(Presentation::parse(presentation).unwrap(), asked, now));
    json!({
        "what": what,
        "presentation": presentation,
        "request": request,
        "now": now.unix_timestamp(),
        "decision": report.verdict,
        "codes": report.reasons.iter().map(|reason| reason.code).collect::<Vec<_>>(),
    })
}

/// The verifier of `docs/FORMAT.md`, section 19.
fn verifier(root: PublicKey, owner: &str) -> Verifier {
    Verifier::new(
        TrustAnchor::new(root, owner),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    )
}

/// The vector's chain, presented for another request by the same holder.
fn present(vector: &Value, request: &Value, now: OffsetDateTime) -> String {
    let presented = &vector["presented"];
    let token = URL_SAFE_NO_PAD.decode(text(&vector["token"])).unwrap();
    let seed = bytes(&vector["seeds"][text(&presented["by"])]).try_into().unwrap();
    let closed = RawToken::take_apart(&token).unwrap().present(
        &SigningKey::from_bytes(&seed),
        &Request::from_json(&request.to_string()).unwrap(),
        now,
        Duration::seconds(presented["window"].as_i64().unwrap()),
        bytes(&presented["nonce"]).try_into().unwrap(),
    );
    closed.to_text()
}

fn vectors() -> impl Iterator<Item = Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.into_iter().map(|file| serde_json::from_slice(&fs::read(file).unwrap()).unwrap())
}

/// Cargo's target directory, also if `CARGO_TARGET_DIR` is set.
fn folder() -> PathBuf {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    temporary.parent().unwrap().join("interop")
}

fn at(value: &Value) -> OffsetDateTime {
    OffsetDateTime::parse(text(value), &Rfc3339).unwrap()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(text(value)).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
