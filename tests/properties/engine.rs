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
use deputize::{Code, Decision, Replays, Revocation, Signer, TrustAnchor, Verifier, ambient};
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
        let anchor = TrustAnchor::new(case.keys[0].public_key(), "alice");
        let verifier =
            Verifier::new([anchor], Revocation::NotChecked, Replays::AcceptedForReadOnlyCalls)
                .with_clock_tolerance(Duration::ZERO)
                .with_freshness(Duration::days(1));
        let decision = verifier.decide(case.presentation.clone(), case.request.clone(), NOW);
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
