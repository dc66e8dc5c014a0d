//! Our decision is what Biscuit's own engine decides, on random chains, grants and requests.
//!
//! The chains are made beneath the API, so that most of them hold hops which `delegate` would have
//! refused. What the engine cannot see (depth, allowed delegates, a hop that outlives its parent)
//! is told apart by its codes: there we must be stricter, never laxer.

use std::collections::BTreeMap;
use std::time::Duration as StdDuration;

use crate::random::{Case, NOW, case};
use biscuit_auth::builder::{MapKey, Term as BiscuitTerm, fact};
use biscuit_auth::{Algorithm, AuthorizerBuilder, AuthorizerLimits, Biscuit};
use deputize::forge::Forge;
use deputize::{
    Capability, Code, Decision, Grant, Owner, Presentation, Principal, Replays, Request,
    Revocation, Signer, TrustAnchor, Verifier, ambient,
};
use serde_json::json;
use time::{Duration, OffsetDateTime};

fn to_biscuit(term: &ambient::Term) -> BiscuitTerm {
    match term {
        ambient::Term::Null => BiscuitTerm::Null,
        ambient::Term::Bool(b) => BiscuitTerm::Bool(*b),
        ambient::Term::Integer(i) => BiscuitTerm::Integer(*i),
        ambient::Term::String(s) => BiscuitTerm::Str(s.clone()),
        ambient::Term::Date(d) => BiscuitTerm::Date(*d),
        ambient::Term::Bytes(b) => BiscuitTerm::Bytes(b.clone()),
        ambient::Term::Set(items) => BiscuitTerm::Set(items.iter().map(to_biscuit).collect()),
        ambient::Term::Array(items) => BiscuitTerm::Array(items.iter().map(to_biscuit).collect()),
        ambient::Term::Map(map) => BiscuitTerm::Map(
            map.iter().map(|(k, v)| (MapKey::Str(k.clone()), to_biscuit(v))).collect(),
        ),
    }
}

/// What stock Biscuit says with the policy `allow if true`.
fn engine_allows(case: &Case, now: OffsetDateTime) -> bool {
    let root = biscuit_auth::PublicKey::from_bytes(
        &case.keys[0].public_key().to_bytes(),
        Algorithm::Ed25519,
    );
    let biscuit = Biscuit::from(case.presentation.as_bytes(), root.unwrap())
        .expect("stock Biscuit reads and verifies what we make");
    let mut builder = AuthorizerBuilder::new().set_limits(AuthorizerLimits {
        max_time: StdDuration::from_secs(60),
        ..AuthorizerLimits::default()
    });
    for own in ambient::facts(&case.presentation, &case.request, now).unwrap() {
        let terms: Vec<_> = own.terms.iter().map(to_biscuit).collect();
        builder = builder.fact(fact(own.name, &terms)).unwrap();
    }
    let mut authorizer = builder.policy("allow if true").unwrap().build(&biscuit).unwrap();
    authorizer.authorize().is_ok()
}

/// What no engine can see in a block or between blocks.
fn is_beyond_the_engine(code: Code) -> bool {
    matches!(
        code,
        Code::MaxHops | Code::OutlivesParent | Code::DelegateNotAllowed | Code::SelfDelegation
    )
}

#[test]
fn we_decide_what_biscuits_engine_decides() {
    let count: u64 = std::env::var("ORACLE_CASES").map_or(6_000, |n| n.parse().unwrap());
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for number in 0..count {
        let case = case(number);
        let decision = decide(&case);
        let codes: Vec<Code> = match &decision {
            Decision::Allow(_) => Vec::new(),
            Decision::Deny(denial) => denial.reasons().iter().map(|reason| reason.code).collect(),
        };
        let ours = codes.iter().all(|code| is_beyond_the_engine(*code));
        let theirs = engine_allows(&case, NOW);
        assert_eq!(
            ours, theirs,
            "case {number}: ours {codes:?}, engine {theirs}\n{:#?}\n{:?}",
            case.chain, case.request
        );
        if decision.is_allowed() {
            assert!(theirs, "case {number}: we are laxer than the engine");
        }
        let word = if codes.is_empty() { "allow" } else { codes[0].as_str() };
        *seen.entry(word).or_default() += 1;
    }
    println!("{seen:#?}");
    let share = |word: &str| seen.get(word).copied().unwrap_or(0) as f64 / count as f64;
    assert!(share("allow") > 0.05, "too few cases are allowed to mean anything: {seen:?}");
    for code in [
        Code::Expired,
        Code::NotYetValid,
        Code::NotFresh,
        Code::WrongRequest,
        Code::WrongAudience,
        Code::AudienceNotGranted,
        Code::NoCapability,
        Code::OperationNotGranted,
        Code::ResourceNotGranted,
        Code::ArgumentNotNamed,
        Code::ArgumentMissing,
        Code::ArgumentRefused,
        Code::MaxHops,
    ] {
        assert!(seen.contains_key(code.as_str()), "no case was refused by {code}: {seen:?}");
    }
}

/// Every kind of constraint against every sort of value, both at their edges: alone in a hop, where
/// an error of the engine is a denial, and beside another capability, where it must not be.
#[test]
fn every_constraint_agrees_with_the_engine_on_every_value() {
    let values = [
        json!(null),
        json!(true),
        json!(false),
        json!(-1),
        json!(0),
        json!(1),
        json!(2),
        json!(3),
        json!(9_007_199_254_740_991_i64),
        json!(1.5),
        json!(""),
        json!("a"),
        json!("b"),
        json!("ab"),
        json!("äb"),
        json!("a/b"),
        json!("1"),
        json!("10.1.2.3"),
        json!("https://api.acme.com/v1"),
        json!([]),
        json!([1]),
        json!([1, 2]),
        json!(["a"]),
        json!(["a", "b"]),
        json!(["a", 1, null]),
        json!([[1]]),
        json!([1.5]),
        json!({}),
        json!({"o": 1}),
    ];
    let constraints = [
        json!({"any": true}),
        json!({"equals": null}),
        json!({"equals": true}),
        json!({"equals": 1}),
        json!({"equals": "a"}),
        json!({"equals": ["a", "b"]}),
        json!({"equals": []}),
        json!({"one_of": [1, "a", null]}),
        json!({"one_of": [true, "ab"]}),
        json!({"none_of": [1, 2]}),
        json!({"none_of": ["a"]}),
        json!({"none_of": [true]}),
        json!({"min": 1}),
        json!({"max": 1}),
        json!({"min": 1, "max": 2}),
        json!({"prefix": "a"}),
        json!({"suffix": "b"}),
        json!({"prefix": "a", "suffix": "b", "max_len": 2}),
        json!({"glob": "a/*"}),
        json!({"subpath": "a"}),
        json!({"url": {"schemes": ["https"], "hosts": ["*.acme.com"]}}),
        json!({"cidr": "10.0.0.0/8"}),
        json!({"max_len": 0}),
        json!({"max_len": 1}),
        json!({"max_len": 2}),
        json!({"subset_of": [1, 2]}),
        json!({"subset_of": ["a", 1, null]}),
        json!({"contains_all": ["a"]}),
        json!({"contains_all": [1, 2]}),
        json!({"contains_all": ["b", "a"]}),
    ];
    let (mut allowed, mut denied) = (0, 0);
    for constraint in &constraints {
        for (number, value) in values.iter().map(Some).chain([None]).enumerate() {
            for (optional, others) in
                [(false, "deny"), (true, "deny"), (false, "allow"), (true, "allow")]
            {
                if optional && others == "allow" && constraint.get("any").is_some() {
                    continue; // It would say nothing, and no grant may hold it.
                }
                let mut limits = constraint.clone();
                limits["optional"] = optional.into();
                let own = json!({"operation": "crm.read", "resource": "a", "args": {"v": limits}, "other_args": others});
                // The second one matches everything but the operation.
                let other =
                    json!({"operation": "mail.send", "resource": "**", "other_args": "allow"});
                let beside = if number % 2 == 0 { vec![own, other] } else { vec![other, own] };
                for capabilities in [&beside[number % 2..=number % 2], &beside[..]] {
                    let case = single(capabilities, value);
                    let ours = decide(&case).is_allowed();
                    let theirs = engine_allows(&case, NOW);
                    assert_eq!(ours, theirs, "{constraint} on {value:?}, optional: {optional}");
                    *(if ours { &mut allowed } else { &mut denied }) += 1;
                }
            }
        }
    }
    assert!(allowed > 300 && denied > 300, "allowed {allowed}, denied {denied}");
}

/// One hop with these capabilities, presented with the one argument `v`.
fn single(capabilities: &[serde_json::Value], value: Option<&serde_json::Value>) -> Case {
    let mut case = case(0);
    let capabilities = capabilities.iter().cloned().map(|c| serde_json::from_value(c).unwrap());
    let capabilities: Vec<Capability> = capabilities.collect();
    let to = Principal::agent("planner", case.keys[1].public_key()).unwrap();
    let grant = Grant::new(to, capabilities, NOW + Duration::HOUR, "a purpose").unwrap();
    let owner = Owner::human("alice").unwrap();
    let mut args = serde_json::Map::new();
    args.extend(value.map(|value| ("v".to_owned(), value.clone())));
    case.request = Request::new("crm.read", "a", "crm.acme.com").unwrap();
    case.request = case.request.with_arg_map(args).unwrap();
    case.held = Forge::mint(owner, &case.keys[0], grant.clone(), NOW, [7; 16]);
    case.chain = vec![grant];
    let window = Duration::seconds(30);
    let closed = case.held.clone().present(&case.keys[1], &case.request, NOW, window, [9; 16]);
    case.presentation = Presentation::from_bytes(closed.to_bytes()).unwrap();
    case
}

fn decide(case: &Case) -> Decision {
    let anchor = TrustAnchor::new(case.keys[0].public_key(), "alice");
    Verifier::new([anchor], Revocation::NotChecked, Replays::AcceptedForReadOnlyCalls)
        .with_clock_tolerance(Duration::ZERO)
        .with_freshness(Duration::days(1))
        .decide(case.presentation.clone(), case.request.clone(), NOW)
}
