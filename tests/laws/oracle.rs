//! The stock Biscuit library as the oracle for our decisions.
//!
//! The chains are made beneath the API, so that most of them hold hops that `delegate` would
//! refuse. Faults that the engine cannot see (depth, allowed delegates, a hop that outlives its
//! parent) have codes of their own: there we must be stricter, never laxer.

use std::time::Duration as StdDuration;

use crate::random::{Case, NOW};
use biscuit_auth::builder::{MapKey, Term as BiscuitTerm, fact};
use biscuit_auth::{Algorithm, AuthorizerBuilder, AuthorizerLimits, Biscuit};
use deputize::limits::MAX_FRESHNESS;
use deputize::testing::RawToken;
use deputize::{
    Capability, Decision, DenyCode, Grant, OperationPattern, Owner, Presentation, Principal,
    PublicKey, ReplayPolicy, Request, RevocationPolicy, Signer, SigningKey, TrustAnchor, Verifier,
    interop,
};
use serde_json::{Map, Value as Json};
use time::{Duration, OffsetDateTime};

fn to_biscuit(term: &interop::Term) -> BiscuitTerm {
    match term {
        interop::Term::Null => BiscuitTerm::Null,
        interop::Term::Bool(b) => BiscuitTerm::Bool(*b),
        interop::Term::Integer(i) => BiscuitTerm::Integer(*i),
        interop::Term::String(s) => BiscuitTerm::Str(s.clone()),
        interop::Term::Date(d) => BiscuitTerm::Date(*d),
        interop::Term::Bytes(b) => BiscuitTerm::Bytes(b.clone()),
        interop::Term::Set(items) => BiscuitTerm::Set(items.iter().map(to_biscuit).collect()),
        interop::Term::Array(items) => BiscuitTerm::Array(items.iter().map(to_biscuit).collect()),
        interop::Term::Map(map) => BiscuitTerm::Map(
            map.iter().map(|(k, v)| (MapKey::Str(k.clone()), to_biscuit(v))).collect(),
        ),
    }
}

/// Returns true if stock Biscuit allows a call with the policy `allow if true`. It must be able to
/// read and verify every chain that we decide about.
pub(crate) fn engine_allows(
    root: PublicKey,
    presentation: &Presentation,
    request: &Request,
    now: OffsetDateTime,
) -> bool {
    let root = biscuit_auth::PublicKey::from_bytes(&root.to_bytes(), Algorithm::Ed25519);
    let biscuit = Biscuit::from(presentation.as_bytes(), root.unwrap())
        .expect("stock Biscuit reads and verifies what we make");
    let mut builder = AuthorizerBuilder::new().set_limits(AuthorizerLimits {
        max_time: StdDuration::from_secs(60),
        ..AuthorizerLimits::default()
    });
    for own in interop::facts(presentation, request, now).unwrap().facts {
        let terms: Vec<_> = own.terms.iter().map(to_biscuit).collect();
        builder = builder.fact(fact(own.name, &terms)).unwrap();
    }
    let mut authorizer = builder.policy("allow if true").unwrap().build(&biscuit).unwrap();
    authorizer.authorize().is_ok()
}

/// Returns true if a code is for a fault that no engine can see in a block or between blocks.
fn is_beyond_the_engine(code: DenyCode) -> bool {
    matches!(
        code,
        DenyCode::DelegationDepthExceeded
            | DenyCode::OutlivesParent
            | DenyCode::DelegateNotAllowed
            | DenyCode::SelfDelegation
    )
}

/// Checks that the engine and we agree, and returns our codes.
pub(crate) fn require_agreement(case: &Case) -> Vec<DenyCode> {
    let decision = decide(case);
    let codes: Vec<DenyCode> = match &decision {
        Decision::Allow(_) => Vec::new(),
        Decision::Deny(denial) => denial.reasons().iter().map(|reason| reason.code).collect(),
    };
    // The engine has a budget of its own, and counts differently.
    if codes.contains(&DenyCode::WorkLimitExceeded) {
        return codes;
    }
    let ours = codes.iter().all(|code| is_beyond_the_engine(*code));
    let root = case.keys[0].public_key();
    let theirs = engine_allows(root, &case.presentation, &case.request, NOW);
    assert_eq!(
        ours, theirs,
        "ours {codes:?}, engine {theirs}\n{:#?}\n{:?}",
        case.chain, case.request
    );
    assert!(theirs || !decision.is_allowed(), "we are laxer than the engine");
    codes
}

/// One hop with these capabilities, presented with these arguments; `None` if either is refused.
pub(crate) fn single(capabilities: Vec<Capability>, args: Map<String, Json>) -> Option<Case> {
    let keys = vec![SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32])];
    let to = Principal::agent("planner", keys[1].public_key()).unwrap();
    let grant = Grant::new(to, capabilities, NOW + Duration::HOUR, "a purpose").ok()?;
    let owner = Owner::human("alice").unwrap();
    let request = Request::new("crm.read", "a", "crm.acme.com").unwrap();
    let request = request.with_arg_map(args).ok()?;
    let held = RawToken::mint(owner, &keys[0], grant.clone(), NOW, [7; 16]);
    let window = Duration::seconds(30);
    let closed = held.clone().present(&keys[1], &request, NOW, window, [9; 16]);
    let presentation = Presentation::from_bytes(closed.to_bytes()).unwrap();
    Some(Case { chain: vec![grant], keys, held, presentation, request })
}

fn decide(case: &Case) -> Decision {
    let anchor = TrustAnchor::new(case.keys[0].public_key(), "alice");
    Verifier::new(
        anchor,
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    )
    .with_clock_tolerance(Duration::ZERO)
    .unwrap()
    .with_freshness(MAX_FRESHNESS)
    .unwrap()
    .decide(case.presentation.clone(), case.request.clone(), NOW)
}
