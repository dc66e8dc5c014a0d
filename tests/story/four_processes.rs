//! From mint to decision through texts alone, as four processes that share nothing else.

use crate::common::{alice, now, planner, researcher};
use deputize::{
    Capability, Decision, Grant, MemoryReplayGuard, Owner, PresentOptions, Presentation, Principal,
    PublicKey, ReplayPolicy, Report, Request, RevocationPolicy, Signer, SigningKey, Token,
    TrustAnchor, Verifier,
};
use serde_json::Value;
use time::{Duration, OffsetDateTime};

const ALLOWED: &str = r#"[
    {"operation": "crm.read", "resource": "accounts/**", "args": {"limit": {"min": 1, "max": 100}}},
    {"operation": "mail.send", "resource": "**", "args": {"to": {"suffix": "@acme.com"}}, "other_args": "allow"}
]"#;
const NARROWER: &str = r#"[{"operation": "crm.read", "resource": "accounts/emea/**", "args": {"limit": {"one_of": [1, 5]}}}]"#;
const CALL: &str = r#"{"operation": "crm.read", "resource": "accounts/emea/42", "audience": "crm.acme.com", "args": {"limit": 5}}"#;

/// Alice's process: her key and the planner's public key in PEM, the capabilities in JSON.
fn mint(key: &str, planner: &str, allowed: &str, at: &str) -> String {
    let key = SigningKey::from_pem(key).unwrap();
    let to = Principal::agent("planner", PublicKey::from_pem(planner).unwrap()).unwrap();
    let grant = Grant::new(to, capabilities(allowed), in_time(at, 8), "Q3 account review")
        .unwrap()
        .with_max_hops(1);
    let owner = Owner::human("alice@acme.com").unwrap();
    Token::mint(owner, &key, grant, instant(at)).unwrap().to_text()
}

/// The planner's process.
fn delegate(token: &str, key: &str, researcher: &str, allowed: &str, at: &str) -> String {
    let token = Token::parse(token).unwrap();
    let key = SigningKey::from_pem(key).unwrap();
    let to = Principal::agent("researcher", researcher.parse().unwrap()).unwrap();
    let grant = Grant::new(to, capabilities(allowed), in_time(at, 1), "read EMEA").unwrap();
    token.delegate(&key, grant, instant(at)).unwrap().to_text()
}

/// The researcher's process.
fn present(token: &str, key: &str, call: &str, at: &str) -> String {
    let key = SigningKey::from_pem(key).unwrap();
    let call = Request::from_json(call).unwrap();
    let token = Token::parse(token).unwrap();
    let anyway = PresentOptions::default().anyway();
    token.present_with(&key, &call, instant(at), anyway).unwrap().to_text()
}

/// The service's process. It returns the report in JSON.
fn decide(presentation: &str, trusted: &str, call: &str, at: &str) -> String {
    let crm = Verifier::new(
        TrustAnchor::new(trusted.parse().unwrap(), "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(10)),
    );
    let presentation = Presentation::parse(presentation).unwrap();
    let decision: Decision =
        crm.decide(presentation, Request::from_json(call).unwrap(), instant(at));
    Report::of(&decision).to_json().unwrap()
}

fn capabilities(json: &str) -> Vec<Capability> {
    serde_json::from_str(json).unwrap()
}

fn instant(text: &str) -> OffsetDateTime {
    OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap()
}

fn in_time(at: &str, hours: i64) -> OffsetDateTime {
    instant(at).checked_add(Duration::hours(hours)).unwrap()
}

fn pem(key: &SigningKey) -> String {
    key.to_pem().unwrap().to_string()
}

fn presented(call: &str) -> String {
    let token = mint(
        &pem(&alice()),
        &planner().public_key().to_pem().unwrap(),
        ALLOWED,
        "2026-11-23T18:00:00Z",
    );
    let token = delegate(
        &token,
        &pem(&planner()),
        &researcher().public_key().to_string(),
        NARROWER,
        "2026-11-23T18:01:00Z",
    );
    present(&token, &pem(&researcher()), call, "2026-11-23T18:02:00Z")
}

fn report(presentation: &str, call: &str) -> Value {
    let trusted = alice().public_key().to_string();
    let report = decide(presentation, &trusted, call, "2026-11-23T18:02:01Z");
    serde_json::from_str(&report).unwrap()
}

#[test]
fn a_call_is_allowed_and_accounted_for() {
    let report = report(&presented(CALL), CALL);
    assert_eq!(report["verdict"], "allow");
    assert_eq!(
        report["summary"],
        "alice@acme.com is accountable: alice@acme.com → planner → researcher; \
         allowed crm.read on accounts/emea/42 at crm.acme.com"
    );
    assert_eq!(report["at"], "2026-11-23T18:02:01Z");
    assert_eq!(report["owner"]["key"], alice().public_key().to_string());
    assert_eq!(report["hops"][1]["from"]["name"], "planner");
    assert_eq!(report["hops"][1]["to"]["fingerprint"], researcher().public_key().fingerprint());
    assert_eq!(report["hops"][1]["seconds_left"], 3539);
    let allowed: Value = serde_json::from_str(ALLOWED).unwrap();
    assert_eq!(report["hops"][0]["allows"], allowed, "the grant goes through unchanged");
    let call: Value = serde_json::from_str(CALL).unwrap();
    assert_eq!(report["request"], call);
    assert_eq!(report["reasons"], serde_json::json!([]));
}

#[test]
fn a_refusal_names_the_hop_and_the_code() {
    let call = CALL.replace(": 5", ": 6");
    let report = report(&presented(&call), &call);
    assert_eq!(report["verdict"], "deny");
    assert_eq!(
        report["reasons"],
        serde_json::json!([{
            "hop": 1,
            "code": "argument_refused",
            "message": "requires limit one of 1, 5, and it is 6",
            "allowed": ["limit one of 1, 5"],
            "requested": "limit = 6",
            "remedy": "keep the argument within its limits",
            "next_step": "ask_for_more",
        }])
    );
}

#[test]
fn the_order_of_members_and_blanks_in_a_request_do_not_matter() {
    let call = r#"{ "args":{"limit":5},"audience":"crm.acme.com",
        "resource":"accounts/emea/42", "operation":"crm.read" }"#;
    assert_eq!(report(&presented(CALL), call)["verdict"], "allow");
}

#[test]
fn now_is_the_documented_time() {
    assert_eq!(now(), instant("2026-11-23T18:00:00Z"));
}
