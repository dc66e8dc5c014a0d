//! Tokens kept for ever: each file of `tests/vectors` says what went in, byte for byte what came
//! out, and what a verifier decides about it. A change of the encoding fails here, and so does a
//! verifier that no longer accepts what was handed out before.
//!
//! `UPDATE_VECTORS=1` writes the files of new cases. It never touches one that is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use deputize::testing::{RawToken, Stated};
use deputize::{
    Capability, ConstraintKind, Grant, OperationPattern, Owner, Presentation, Principal,
    ReplayPolicy, Report, Request, RevocationPolicy, Signer, SigningKey, Token, TokenError,
    TrustAnchor, Verifier,
};
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// What is computed from the rest of a file.
const OUTCOME: [&str; 5] = ["root_key", "request_digest", "token", "presentation", "hop_ids"];

#[test]
fn every_vector_is_what_it_was() {
    let files = vector_files();
    assert!(files.len() >= 35, "{} vectors are left", files.len());
    for file in files {
        let vector: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let name = vector["name"].as_str().unwrap();
        assert_eq!(file.file_stem().unwrap(), name);
        // The same seeds, the same bytes.
        let rebuilt = outcome(&vector);
        for part in OUTCOME {
            assert_eq!(rebuilt[part], vector[part], "{part} of {name}");
        }
        // And the bytes of the file, whoever made them, are decided upon as they were.
        let found = decided(&vector);
        assert_eq!(found["decision"], vector["decision"], "{name}: {found}");
        assert_eq!(found["codes"], vector["codes"], "{name}");
        // A report shows the hops that are signed by whom they should be, and no others.
        let (shown, all) = (array(&found["hop_ids"]), array(&vector["hop_ids"]));
        assert!(all.starts_with(shown), "{name}");
        assert!(found["decision"] == "deny" || shown.len() == all.len(), "{name}");
        // A holder reads the token, unless a verifier would refuse it for the same reason.
        match Token::parse(text(&vector["token"])) {
            Ok(token) => {
                // As values: a vector may list them in an order in which they are not written.
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
    for mut case in cases() {
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

/// Makes the token and the presentation from what a vector says of them.
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

/// What a verifier says that believes the vector's owner and root key.
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

// The cases, each of which became a file once.

/// One hop from Alice to the planner with these capabilities, asked for this call.
fn one(name: &str, description: &str, capabilities: Value, request: Value) -> Value {
    case(name, description, &[hop("alice", "planner", capabilities)], "planner", request)
}

fn case(name: &str, description: &str, grants: &[Value], by: &str, request: Value) -> Value {
    json!({
        "name": name,
        "description": description,
        "seeds": {
            "alice": "01".repeat(32),
            "planner": "02".repeat(32),
            "researcher": "03".repeat(32),
            "writer": "04".repeat(32),
            "printer": "05".repeat(32),
        },
        "owner": {"name": "alice@acme.com", "kind": "human"},
        "token_id": "70".repeat(16),
        "now": "2026-11-23T18:00:00Z",
        "grants": grants,
        "presented": {
            "by": by,
            "issued": "2026-11-23T18:00:00Z",
            "window": 30,
            "nonce": "0e".repeat(16),
        },
        "request": request,
        "decision": "allow",
        "codes": [],
    })
}

fn hop(signer: &str, to: &str, capabilities: Value) -> Value {
    json!({
        "signer": signer,
        "to": {"name": to, "kind": "agent", "key": to},
        "capabilities": capabilities,
        "expires": "2026-11-23T19:00:00Z",
        "max_hops": 0,
        "purpose": "Q3 account review",
        "issued": "2026-11-23T18:00:00Z",
    })
}

fn call(args: Value) -> Value {
    json!({
        "operation": "crm.read",
        "resource": "accounts/emea/42",
        "audience": "crm.acme.com",
        "args": args,
    })
}

fn reading(args: Value) -> Value {
    json!([{"operation": "crm.read", "resource": "accounts/emea/42", "args": args}])
}

/// A limit on one argument, and a value within it.
fn limit(kind: &str, parameter: Value, value: Value) -> Value {
    let limits = json!({ "value": { kind: parameter } });
    let description = format!("one argument limited by `{kind}`");
    one(&format!("limit_{kind}"), &description, reading(limits), call(json!({ "value": value })))
}

fn limit_of(kind: ConstraintKind) -> Value {
    let (parameter, value) = match kind {
        ConstraintKind::Equals => (json!("ro"), json!("ro")),
        ConstraintKind::OneOf => (json!([null, true, -1, 7, "a", "b"]), json!(7)),
        ConstraintKind::NoneOf => (json!(["a", "b"]), json!("c")),
        ConstraintKind::Min => (json!(-5), json!(-5)),
        ConstraintKind::Max => (json!(9_007_199_254_740_991_i64), json!(9_007_199_254_740_991_i64)),
        ConstraintKind::Prefix => (json!("re: \"é\" "), json!("re: \"é\" hello")),
        ConstraintKind::Suffix => (json!("@acme.com"), json!("bob@acme.com")),
        ConstraintKind::Glob => (json!("reports/*/2026-*.csv"), json!("reports/emea/2026-11.csv")),
        ConstraintKind::Subpath => (json!("/srv/data"), json!("/srv/data/emea")),
        ConstraintKind::Url => (
            json!({"schemes": ["https"], "hosts": ["*.acme.com", "example.org"], "ports": [443, 8443], "path_prefix": "/v1"}),
            json!("https://api.acme.com:8443/v1/accounts"),
        ),
        ConstraintKind::Cidr => (json!("192.0.2.0/24"), json!("192.0.2.7")),
        ConstraintKind::MaxLen => (json!(5), json!("héll")),
        ConstraintKind::SubsetOf => (json!(["a", "b", "c"]), json!(["c", "a"])),
        ConstraintKind::ContainsAll => (json!(["a", "b"]), json!(["b", "x", "a"])),
        ConstraintKind::Each => {
            (json!({"subpath": "/srv/data"}), json!(["/srv/data/a", "/srv/data"]))
        }
    };
    limit(kind.as_str(), parameter, value)
}

/// A pattern that covers the call without being it.
fn pattern(name: &str, operation: &str, resource: &str) -> Value {
    one(
        &format!("pattern_{name}"),
        &format!("`{operation}` on `{resource}`"),
        json!([{"operation": operation, "resource": resource}]),
        call(json!({})),
    )
}

/// The same, whatever the arguments are.
fn open(name: &str, operation: &str, resource: &str) -> Value {
    one(
        &format!("pattern_{name}_with_any_arguments"),
        &format!("`{operation}` on `{resource}`, whatever the arguments are"),
        json!([{"operation": operation, "resource": resource, "other_args": "allow"}]),
        call(json!({})),
    )
}

fn plain() -> Value {
    json!([{"operation": "crm.read", "resource": "accounts/**", "args": {"limit": {"max": 100}}}])
}

fn with(mut of: Value, pointer: &str, changes: Value) -> Value {
    let object = of.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        object.insert(name.clone(), value.clone());
    }
    of
}

fn refused(case: Value, codes: Value) -> Value {
    with(case, "", json!({"decision": "deny", "codes": codes}))
}

/// A chain through all the agents, as long as there are names.
fn chain(names: &[&str]) -> Vec<Value> {
    let mut hops: Vec<Value> = Vec::new();
    for (index, pair) in names.windows(2).enumerate() {
        let left = names.len().saturating_sub(2).saturating_sub(index);
        hops.push(with(hop(pair[0], pair[1], plain()), "", json!({"max_hops": left})));
    }
    hops
}

fn cases() -> Vec<Value> {
    const ALL: [&str; 5] = ["alice", "planner", "researcher", "writer", "printer"];
    let limit_5 = || call(json!({"limit": 5}));
    let two = || {
        let mut hops = chain(&ALL[..3]);
        hops[1]["capabilities"] = json!([{
            "operation": "crm.read",
            "resource": "accounts/emea/**",
            "args": {"limit": {"min": 1, "max": 10}},
        }]);
        hops
    };
    let two_hops =
        |name: &str, description: &str| case(name, description, &two(), "researcher", limit_5());
    let mut cases = vec![
        case("hops_1", "one hop", &chain(&ALL[..2]), "planner", limit_5()),
        two_hops("hops_2", "two hops, the second of which narrows resource and argument"),
        case("hops_3", "three hops", &chain(&ALL[..4]), "writer", limit_5()),
        case("hops_4", "four hops", &chain(&ALL), "printer", limit_5()),
        case(
            "hops_returned",
            "from Alice to the planner, to the researcher, and back to the planner",
            &chain(&["alice", "planner", "researcher", "planner"]),
            "planner",
            limit_5(),
        ),
        limit("any", json!(true), json!(0.5)),
        one(
            "limit_equals_list",
            "one argument that is a list, in this order",
            reading(json!({"value": {"equals": ["b", "a", null]}})),
            call(json!({"value": ["b", "a", null]})),
        ),
        one(
            "limits_of_every_kind_of_text",
            "several limits of one argument, and several arguments",
            reading(json!({
                "to": {"prefix": "bob", "suffix": "@acme.com", "max_len": 40},
                "amount": {"min": 1, "max": 500},
            })),
            call(json!({"to": "bob@acme.com", "amount": 500})),
        ),
        one(
            "argument_inside_an_object",
            "an argument named by its JSON Pointer",
            reading(json!({"/filter/a~1b": {"equals": "x"}, "/filter/n": {"max": 3}})),
            call(json!({"filter": {"a/b": "x", "n": 3}})),
        ),
        one(
            "argument_optional_absent",
            "an argument that may be absent, and is",
            reading(json!({"limit": {"max": 10}, "mode": {"equals": "ro", "optional": true}})),
            limit_5(),
        ),
        one(
            "argument_optional_present",
            "an argument that may be absent, and is there",
            reading(json!({"limit": {"max": 10}, "mode": {"equals": "ro", "optional": true}})),
            call(json!({"limit": 5, "mode": "ro"})),
        ),
        one(
            "argument_optional_any",
            "an argument that may be absent or anything",
            reading(json!({"note": {"any": true, "optional": true}})),
            call(json!({"note": 0.5})),
        ),
        one(
            "argument_others",
            "arguments that are not named are let through",
            json!([{
                "operation": "crm.read",
                "resource": "accounts/emea/42",
                "args": {"limit": {"max": 10}},
                "other_args": "allow",
            }]),
            call(json!({"limit": 5, "deep": {"er": [1.5]}})),
        ),
        one(
            "argument_others_only",
            "any arguments",
            json!([{"operation": "crm.read", "resource": "accounts/emea/42", "other_args": "allow"}]),
            call(json!({"a": 1})),
        ),
        pattern("operation_below", "crm.*", "accounts/emea/42"),
        pattern("operation_any", "*", "accounts/emea/42"),
        pattern("resource_child", "crm.read", "accounts/emea/*"),
        pattern("resource_below", "crm.read", "accounts/**"),
        pattern("resource_any", "crm.read", "**"),
        pattern("everything", "*", "**"),
        open("operation_any", "*", "accounts/emea/42"),
        open("resource_any", "crm.read", "**"),
        one(
            "everything_with_any_arguments",
            "a capability that is always true",
            json!([{"operation": "*", "resource": "**", "other_args": "allow"}]),
            limit_5(),
        ),
        one(
            "capabilities",
            "three capabilities, of which the last covers the call; a comparison of unlike types in \
             the first fails that one only",
            json!([
                {"operation": "crm.read", "resource": "**", "args": {"limit": {"prefix": "x"}}},
                {"operation": "mail.send", "resource": "**", "args": {"to": {"suffix": "@acme.com", "optional": true}}},
                {"operation": "crm.*", "resource": "accounts/emea/*", "args": {"limit": {"max": 5}}},
            ]),
            limit_5(),
        ),
        one(
            "limit_each_max",
            "a list, each element of which satisfies a limit that Datalog can say",
            reading(json!({"value": {"each": {"max": 9}, "max_len": 3}})),
            call(json!({"value": [1, 9]})),
        ),
        one(
            "limit_each_none_of",
            "a list that may be absent, without these elements",
            reading(json!({"value": {"each": {"none_of": ["b", "a"]}, "optional": true}})),
            call(json!({"value": ["c"]})),
        ),
        one(
            "argument_inside_a_list",
            "an argument that is a member of each object in a list",
            reading(json!({
                "/files/*/path": {"each": {"prefix": "src/"}},
                "/files/*/mode": {"any": true},
            })),
            call(
                json!({"files": [{"path": "src/a", "mode": "ro"}, {"path": "src/b", "mode": []}]}),
            ),
        ),
        one(
            "argument_below",
            "arguments that may be anything and have anything inside, and others that are limited",
            reading(json!({
                "a/b": {"below": true},
                "filter": {"below": true},
                "limit": {"max": 5},
            })),
            call(json!({"filter": {"a": {"b": 1.5}, "c": [{"d": 1}]}, "limit": 5})),
        ),
        one(
            "number_with_a_fraction_of_nothing",
            "an integer that is written as a float",
            reading(json!({"limit": {"max": 10}})),
            call(json!({"limit": 5.0})),
        ),
        one(
            "request_with_context",
            "something beside the arguments that the digest covers",
            reading(json!({"limit": {"max": 10}})),
            with(limit_5(), "", json!({"context": {"task": "T-17"}})),
        ),
        with(
            two_hops(
                "presentation_counted",
                "the third of the presentations that its maker counts",
            ),
            "/presented",
            json!({"counted": "5e".repeat(8) + "0000000000000003"}),
        ),
        with(
            two_hops("audience", "two services named first, one of them next"),
            "",
            json!({"grants": [
                with(two()[0].clone(), "", json!({"audience": ["crm.acme.com", "files.acme.com"]})),
                with(two()[1].clone(), "", json!({"audience": ["crm.acme.com"]})),
            ]}),
        ),
        with(
            two_hops("delegates", "delegation to two keys only"),
            "/grants/0",
            json!({"delegates": ["writer", "researcher"]}),
        ),
        with(
            two_hops("not_before", "a hop that began a minute ago"),
            "/grants/1",
            json!({"not_before": "2026-11-23T17:59:00Z"}),
        ),
        with(
            one("names", "a name, a kind and a purpose beyond ASCII", plain(), limit_5()),
            "/grants/0",
            json!({
                "to": {"name": "Büro → \"3\"", "kind": "organization", "key": "planner"},
                "purpose": "日本語 and a → more",
            }),
        ),
    ];
    cases.extend(ConstraintKind::ALL.iter().map(|kind| limit_of(*kind)));
    // Every name in a block that Biscuit knows without being told.
    cases.push(with(
        with(
            one("words_that_every_biscuit_knows", "strings from Biscuit's own table", json!([
                {"operation": "read", "resource": "user/group", "args": {"role": {"one_of": ["admin", "query"]}}},
            ]), json!({"operation": "read", "resource": "user/group", "audience": "service", "args": {"role": "admin"}})),
            "/grants/0",
            json!({"purpose": "version", "audience": ["service"]}),
        ),
        "/grants/0/to",
        json!({"name": "hostname", "kind": "service"}),
    ));
    cases.extend([
        refused(
            with(
                with(two_hops("deny_expired", "a hop that ends now"), "/grants/0", json!({"issued": "2026-11-23T17:00:00Z"})),
                "/grants/1",
                json!({"issued": "2026-11-23T17:00:00Z", "expires": "2026-11-23T18:00:00Z"}),
            ),
            json!([{"hop": 1, "code": "expired"}]),
        ),
        refused(
            case("deny_out_of_scope", "a resource that the second hop took away", &two(), "researcher", json!({
                "operation": "crm.read", "resource": "accounts/apac/7", "audience": "crm.acme.com", "args": {"limit": 5},
            })),
            json!([{"hop": 1, "code": "resource_not_granted"}]),
        ),
        refused(
            case("deny_arguments", "an argument beyond one limit, then one that is not named", &two(), "researcher", call(json!({"limit": 11}))),
            json!([{"hop": 1, "code": "argument_refused"}]),
        ),
        refused(
            case("deny_stolen", "presented by another than the holder", &two(), "writer", limit_5()),
            json!([{"hop": 2, "code": "not_the_holder"}]),
        ),
        refused(
            case("deny_cut_back", "the researcher presents the planner's token", &chain(&ALL[..2]), "researcher", limit_5()),
            json!([{"hop": 1, "code": "not_the_holder"}]),
        ),
        refused(
            with(two_hops("deny_signed_by_another", "a hop signed by another than the delegate"), "/grants/1", json!({"signer": "writer"})),
            json!([{"hop": 1, "code": "bad_signature"}]),
        ),
        refused(
            with(two_hops("deny_too_deep", "a hop where none may follow"), "/grants/0", json!({"max_hops": 0})),
            json!([{"hop": 1, "code": "delegation_depth_exceeded"}]),
        ),
        refused(
            case("deny_self_delegation", "an agent delegates to its own key", &chain(&["alice", "planner", "planner"]), "planner", limit_5()),
            json!([{"hop": 1, "code": "self_delegation"}]),
        ),
        refused(
            with(two_hops("deny_outlives", "a hop that outlives its parent"), "/grants/1", json!({"expires": "2026-11-23T19:00:01Z"})),
            json!([{"hop": 1, "code": "outlives_parent"}]),
        ),
        refused(
            with(two_hops("deny_delegate", "a delegate whom the first hop does not name"), "/grants/0", json!({"delegates": ["writer"]})),
            json!([{"hop": 1, "code": "delegate_not_allowed"}]),
        ),
        refused(
            with(two_hops("deny_stale", "presented 31 s ago"), "/presented", json!({"issued": "2026-11-23T17:59:29Z"})),
            json!([{"hop": 2, "code": "presentation_not_fresh"}]),
        ),
        refused(
            with(two_hops("deny_widened", "a second hop that grants more than the first, which gains nothing"), "", json!({
                "grants": [two()[0], hop("planner", "researcher", json!([{"operation": "*", "resource": "**", "other_args": "allow"}]))],
                "request": call(json!({"limit": 101})),
            })),
            json!([{"hop": 0, "code": "argument_refused"}]),
        ),
    ]);
    cases
}
