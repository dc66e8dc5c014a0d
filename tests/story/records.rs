//! Records of decisions: the core and the openings of each, what they say and what they do not.

use deputize::testing::Scene;
use deputize::{
    Decision, DenyCode, FieldKind, FieldState, Openings, OutcomeResult, Record, RecordCore,
    RecordKind, RecordRules, Signer, TrustAnchor,
};
use serde_json::{Value, json};

use crate::common::{
    alice, crm_request, decided, held, key, now, planner, present, present_for, presented, request,
    researcher, shown, thief, verifier, verifier_of,
};

/// A record, read back from its lines.
struct Lines {
    core_line: String,
    openings_line: String,
    core: RecordCore,
    openings: Openings,
}

fn lines(record: &Record, index: u64) -> Lines {
    let (core_line, openings_line) = record.to_lines(index).unwrap();
    let core = RecordCore::parse(core_line.as_bytes()).unwrap();
    let openings = Openings::parse(openings_line.as_bytes()).unwrap();
    Lines { core_line, openings_line, core, openings }
}

fn record(decision: &Decision) -> Lines {
    lines(&Record::of(decision, &RecordRules::default()).unwrap(), 7)
}

impl Lines {
    /// The fields with their values, each of which must give its commitment.
    fn shown(&self) -> Vec<(FieldKind, Value)> {
        let shown = |(kind, state): (FieldKind, FieldState<'_>)| match state {
            FieldState::Shown(value) => (kind, value.clone()),
            other => panic!("{kind}: {other:?}"),
        };
        self.openings.check(&self.core).map(shown).collect()
    }

    fn value(&self, kind: FieldKind) -> Value {
        let found: Vec<_> = self.shown().into_iter().filter(|(own, _)| *own == kind).collect();
        let [(_, value)] = found.as_slice() else { panic!("{kind}: {found:?}") };
        value.clone()
    }

    fn kinds(&self) -> Vec<FieldKind> {
        self.core.fields.iter().map(|(kind, _)| *kind).collect()
    }
}

#[test]
fn an_allowed_call_is_charged_to_its_holder() {
    let own = record(&decided(&presented()));
    let RecordKind::Decision(decision) = &own.core.kind else { panic!("{:?}", own.core) };
    let charged = decision.charged.as_ref().unwrap();
    assert_eq!((own.core.index, own.core.at), (7, now()));
    assert_eq!((decision.allowed, decision.enforced, decision.codes.len()), (true, true, 0));
    assert_eq!(charged.first_hop, crate::common::token().hops()[0].id());
    assert_eq!(charged.counted, None);
    use FieldKind as Kind;
    let expected = [
        Kind::Call,
        Kind::Resource,
        Kind::Owner,
        Kind::Agents,
        Kind::Hops,
        Kind::Chain,
        Kind::Presentation,
        Kind::Checks,
        Kind::Argument,
    ];
    assert_eq!(own.kinds(), expected);
    assert_eq!(
        own.value(Kind::Call),
        json!({ "audience": "crm.acme.com", "operation": "crm.read" })
    );
    assert_eq!(own.value(Kind::Resource), "accounts/emea/42");
    assert_eq!(own.value(Kind::Argument), json!({ "name": "limit", "value": 5 }));
    assert_eq!(own.value(Kind::Owner)["name"], "alice@acme.com");
    assert_eq!(own.value(Kind::Owner)["key"], alice().public_key().to_string());
    let agents = own.value(Kind::Agents);
    assert_eq!((&agents[0]["name"], &agents[1]["name"]), (&json!("planner"), &json!("researcher")));
    // The two parts are the presentation.
    let (chain, last) = (own.value(Kind::Chain), own.value(Kind::Presentation));
    let decode = |text: &Value| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
    };
    assert_eq!([decode(&chain), decode(&last)].concat(), presented().to_bytes());
    let checks = own.value(Kind::Checks);
    assert!(checks.as_array().unwrap().iter().any(|own| own["what"] == "revocation"), "{checks}");
}

#[test]
fn a_refused_call_is_charged_to_its_holder_if_the_holder_made_it() {
    let call = crm_request("crm.read", "accounts/apac/7", r#"{"limit": 5}"#);
    let chain = present_for(held(), &researcher(), &call);
    let own = record(&verifier().decide(shown(&chain), call, now()));
    let RecordKind::Decision(decision) = &own.core.kind else { panic!("{:?}", own.core) };
    assert!(!decision.allowed && decision.charged.is_some());
    assert_eq!(decision.codes, [(DenyCode::ResourceNotGranted, Some(1))]);
    let reasons = own.value(FieldKind::Reasons);
    assert!(reasons[0]["message"].as_str().unwrap().contains("accounts/apac/7"), "{reasons}");
}

/// Anybody who has the bytes of a presentation can send them: nothing is recorded about its holder.
#[test]
fn a_call_of_an_unknown_party_is_charged_to_nobody() {
    let twice = verifier();
    assert!(twice.decide(shown(&presented()), request(), now()).is_allowed());
    let bob = TrustAnchor::for_any_owner(key(50).public_key());
    let elsewhere = crm_request("crm.read", "accounts/emea/1", "{}");
    for (decision, code) in [
        (twice.decide(shown(&presented()), request(), now()), DenyCode::Replayed),
        (verifier_of(bob).decide(shown(&presented()), request(), now()), DenyCode::UntrustedRoot),
        (verifier().decide(shown(&presented()), elsewhere, now()), DenyCode::WrongRequest),
        (
            verifier().decide(shown(&present(held(), &thief())), request(), now()),
            DenyCode::NotTheHolder,
        ),
        (verifier().decide_text(None, request(), now()), DenyCode::NotPresented),
        (verifier().decide_text(Some("?"), request(), now()), DenyCode::NotCanonical),
    ] {
        let own = record(&decision);
        let RecordKind::Decision(recorded) = &own.core.kind else { panic!("{:?}", own.core) };
        assert_eq!(recorded.codes[0].0, code);
        assert_eq!(recorded.charged, None, "{code}");
        assert_eq!(own.kinds(), [FieldKind::Call, FieldKind::Resource], "{code}");
        for known in ["alice", "planner", "researcher", "Q3"] {
            assert!(!own.openings_line.contains(known), "{code}: {}", own.openings_line);
        }
    }
}

/// The core has no name, key, purpose, resource, value or id of a hop after the first, whatever the
/// refusal.
#[test]
fn the_core_of_every_decision_has_nothing_to_erase() {
    let scene = Scene::allowing(["crm.read accounts/** limit<=10 who=jane"], now()).unwrap();
    let call = crm_request("crm.read", "accounts/emea/42", r#"{"limit": 5, "who": "jane"}"#);
    for refused in scene.every_refusal(&call).unwrap() {
        let decision = refused.decide(&scene.verifier(), &call, now());
        let Decision::Deny(denial) = &decision else { panic!("{}", refused.code) };
        let own = record(&decision);
        let RecordKind::Decision(recorded) = &own.core.kind else { panic!("{:?}", own.core) };
        let is_holder = denial.called_by() == deputize::CalledBy::Holder;
        assert_eq!(recorded.charged.is_some(), is_holder, "{}", refused.code);
        own.shown();
        // Commitments are random base64url, in which short words occur.
        for value in
            ["accounts/", "emea/42", "\"jane", "\"limit", "@", "crm.", "ed25519/", "\"agent\""]
        {
            let rest = own.core_line.replace("\"agents\"", "");
            let rest =
                recorded.codes.iter().fold(rest, |line, (code, _)| line.replace(code.as_str(), ""));
            assert!(!rest.contains(value), "{}: {rest}", refused.code);
        }
        let hops = own.openings.check(&own.core).find(|(kind, _)| *kind == FieldKind::Hops);
        if let Some((_, FieldState::Shown(hops))) = hops {
            let later = hops.as_array().unwrap().iter().skip(1);
            assert!(later.clone().all(|id| !own.core_line.contains(id.as_str().unwrap())));
        }
    }
}

#[test]
fn long_and_withheld_values_are_not_kept() {
    let long = "x".repeat(2_000);
    let args = json!({ "body": "dear Jane", "limit": 5, "note": long }).to_string();
    let call = deputize::Request::call("send", Some(&args), "mcp.acme.com").unwrap();
    let grant = deputize::Grant::new(
        crate::common::agent("planner", &planner()),
        [deputize::Capability::new("*", "**").unwrap().with_other_args(deputize::OtherArgs::Allow)],
        now() + time::Duration::hours(1),
        "send",
    );
    let chain = crate::common::mint(grant.unwrap());
    let decision =
        verifier().decide(shown(&present_for(chain, &planner(), &call)), call.clone(), now());
    assert!(decision.is_allowed(), "{decision:?}");

    let rules = RecordRules::default().withholding("*".parse().unwrap(), "body");
    let own = lines(&Record::of(&decision, &rules).unwrap(), 1);
    assert!(!own.openings_line.contains("Jane") && !own.openings_line.contains("xxxx"));
    assert!(!own.kinds().contains(&FieldKind::Presentation), "it has a digest of the call");
    let args: Vec<_> =
        own.shown().into_iter().filter(|(kind, _)| *kind == FieldKind::Argument).collect();
    let find = |name: &str| args.iter().find(|(_, own)| own["name"] == name).unwrap().1.clone();
    assert_eq!(find("body"), json!({ "name": "body", "withheld": true }));
    assert_eq!(find("limit"), json!({ "name": "limit", "value": 5 }));
    assert_eq!(find("note")["bytes"], 2_002);
    // Whoever has the value can show that it was this one.
    let salt = hex::decode(find("note")["salt"].as_str().unwrap()).unwrap();
    let value = format!("{:?}", "x".repeat(2_000));
    use sha2::{Digest, Sha256};
    let digest = Sha256::new().chain_update(salt).chain_update(value).finalize();
    assert_eq!(find("note")["digest"], hex::encode(digest));

    let none = lines(&Record::of(&decision, &RecordRules::default().without_values()).unwrap(), 1);
    let kept = none.shown().into_iter().filter(|(kind, _)| *kind == FieldKind::Argument);
    assert!(kept.clone().count() == 3 && kept.clone().all(|(_, own)| own["withheld"] == true));
}

#[test]
fn a_call_with_many_arguments_has_64_fields() {
    let args: serde_json::Map<_, _> = (0..100).map(|n| (format!("a{n:03}"), json!(n))).collect();
    let call = crm_request("crm.read", "accounts/emea/42", &Value::from(args).to_string());
    let chain = present_for(held(), &researcher(), &call);
    let own = record(&verifier().decide(shown(&chain), call, now()));
    assert_eq!(own.core.fields.len(), 64);
    let rest = own.value(FieldKind::Rest);
    let rest = rest.as_array().unwrap();
    let kept = own.kinds().iter().filter(|kind| **kind == FieldKind::Argument).count();
    assert_eq!(kept + rest.len(), 100);
    assert_eq!(rest[0], json!(["argument", { "name": format!("a{kept:03}"), "value": kept }]));
}

#[test]
fn an_outcome_points_to_its_decision() {
    let done = Record::outcome(3, OutcomeResult::Done, Some(b"42 accounts"), now()).unwrap();
    let own = lines(&done, 4);
    assert_eq!(own.core.kind, RecordKind::Outcome { of: 3, result: OutcomeResult::Done });
    assert_eq!(own.value(FieldKind::Result)["bytes"], 11);
    let unknown = Record::outcome(3, OutcomeResult::Unknown, None, now()).unwrap();
    assert_eq!(lines(&unknown, 4).core.fields, []);
    // Of itself, or of a later record.
    let (line, _) = done.to_lines(3).unwrap();
    let error = RecordCore::parse(line.as_bytes()).unwrap_err();
    insta::assert_snapshot!(error, @"a record of the kind `outcome` has no earlier `of`");
}

#[test]
fn the_record_of_a_log_names_it_and_is_the_first() {
    let erasers = vec![key(9).public_key(), key(8).public_key()];
    let first = Record::log("deputize/log/v1/x/y".into(), erasers, "crm", "crm-1", now()).unwrap();
    let own = lines(&first, 0);
    let RecordKind::Log { origin, erasers } = &own.core.kind else { panic!("{:?}", own.core) };
    assert_eq!((origin.as_str(), erasers.len()), ("deputize/log/v1/x/y", 2));
    assert_eq!(own.value(FieldKind::Log), json!({ "service": "crm", "verifier": "crm-1" }));
    assert!(RecordCore::parse(first.to_lines(1).unwrap().0.as_bytes()).is_err());
    assert!(
        RecordCore::parse(Record::recovery(0, 3, now()).to_lines(0).unwrap().0.as_bytes()).is_err()
    );
}
