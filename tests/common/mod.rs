//! The cast that all tests share, the library's and the command's: people and agents with fixed
//! keys, a fixed time, and one chain. Alice lets her planner read accounts, and the planner lets a
//! researcher read some of them. A writer has no token, and a thief has a key of its own.

#![allow(dead_code, reason = "every test file uses a part of this")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

pub(crate) mod forging;
pub(crate) mod hostile;
pub(crate) mod scenes;

use deputize::testing::RawToken;
use deputize::{
    Capability, ChainCache, Constraint, Decision, Denial, DenyCode, Grant, MemoryReplayGuard,
    OperationPattern, Owner, Presentation, Principal, ReplayPolicy, Report, Request,
    RevocationPolicy, Signer, SigningKey, Token, TokenError, TrustAnchor, TrustAnchors, Verifier,
};
use time::{Duration, OffsetDateTime};

pub(crate) const TOKEN_ID: [u8; 16] = [0x70; 16];
pub(crate) const NONCE: [u8; 16] = [0x0e; 16];
pub(crate) const WINDOW: Duration = Duration::seconds(30);

/// 2026-11-23T18:00:00Z, the current time unless a test says otherwise.
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap()
}

/// The cast, each with the byte that fills the seed of their key. Security keeps a directory of
/// agents, and the new keys succeed those of others.
pub(crate) const PEOPLE: [(&str, u8); 9] = [
    ("alice", 1),
    ("planner", 2),
    ("researcher", 3),
    ("writer", 4),
    ("security", 50),
    ("new-alice", 51),
    ("new-planner", 52),
    ("new-researcher", 53),
    ("thief", 99),
];

/// The key of a member of the cast.
pub(crate) fn key_of(name: &str) -> SigningKey {
    let (_, seed) = PEOPLE.into_iter().find(|(own, _)| *own == name).unwrap();
    key(seed)
}

/// The key whose seed is 32 times this byte.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(crate) fn alice() -> SigningKey {
    key_of("alice")
}

pub(crate) fn planner() -> SigningKey {
    key_of("planner")
}

pub(crate) fn researcher() -> SigningKey {
    key_of("researcher")
}

pub(crate) fn writer() -> SigningKey {
    key_of("writer")
}

pub(crate) fn thief() -> SigningKey {
    key_of("thief")
}

pub(crate) fn agent(name: &str, key: &SigningKey) -> Principal {
    Principal::agent(name, key.public_key()).unwrap()
}

pub(crate) fn owner() -> Owner {
    Owner::human("alice@acme.com").unwrap()
}

/// A capability for `crm.read` whose one argument is a `limit` of at most `most`.
pub(crate) fn reading(resource: &str, most: i64) -> Capability {
    Capability::new("crm.read", resource)
        .and_then(|own| own.with_arg("limit", [Constraint::max(most)]))
        .unwrap()
}

/// A grant for any service, without further hops.
pub(crate) fn grant(name: &str, key: &SigningKey, own: Capability, expires: Duration) -> Grant {
    Grant::new(agent(name, key), [own], now() + expires, "a test").unwrap()
}

/// Alice's grant to the planner.
pub(crate) fn first() -> Grant {
    Grant::new(
        agent("planner", &planner()),
        [reading("accounts/**", 100)],
        now() + Duration::hours(8),
        "Q3 account review",
    )
    .and_then(|grant| grant.with_max_hops(3).with_audience(["crm.acme.com"]))
    .unwrap()
}

/// The planner's grant to the researcher, narrower in everything.
pub(crate) fn second() -> Grant {
    Grant::new(
        agent("researcher", &researcher()),
        [reading("accounts/emea/**", 10)],
        now() + Duration::minutes(15),
        "read the EMEA accounts",
    )
    .and_then(|grant| grant.with_max_hops(2).with_audience(["crm.acme.com"]))
    .unwrap()
}

/// The researcher's call.
pub(crate) fn request() -> Request {
    request_for("accounts/emea/42")
}

/// The same call for another resource.
pub(crate) fn request_for(resource: &str) -> Request {
    crm_request("crm.read", resource, r#"{"limit": 5}"#)
}

/// A request to the service `crm.acme.com`.
pub(crate) fn crm_request(operation: &str, resource: &str, args: &str) -> Request {
    Request::new(operation, resource, "crm.acme.com").and_then(|call| call.with_args(args)).unwrap()
}

/// A chain of one hop, from Alice.
pub(crate) fn mint(grant: Grant) -> RawToken {
    RawToken::mint(owner(), &alice(), grant, now(), TOKEN_ID)
}

/// The standard chain as the researcher holds it.
pub(crate) fn held() -> RawToken {
    mint(first()).delegate(&planner(), second(), now())
}

/// Presents a chain for the standard request.
pub(crate) fn present(chain: RawToken, holder: &SigningKey) -> RawToken {
    present_for(chain, holder, &request())
}

/// The standard chain, read as its holder reads it.
pub(crate) fn token() -> Token {
    Token::parse(&held().to_text()).unwrap()
}

pub(crate) fn present_for(chain: RawToken, holder: &SigningKey, request: &Request) -> RawToken {
    chain.present(holder, request, now(), WINDOW, NONCE)
}

/// The standard chain, presented by the researcher.
pub(crate) fn presented() -> RawToken {
    present(held(), &researcher())
}

/// The chain as a verifier receives it.
pub(crate) fn shown(chain: &RawToken) -> Presentation {
    Presentation::from_bytes(chain.to_bytes()).unwrap()
}

pub(crate) fn anchor() -> TrustAnchor {
    TrustAnchor::new(alice().public_key(), "alice@acme.com")
}

/// A verifier that trusts Alice and refuses replays.
pub(crate) fn verifier() -> Verifier {
    verifier_of(anchor())
}

pub(crate) fn verifier_of(anchor: TrustAnchor) -> Verifier {
    let once = ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(100));
    Verifier::new(anchor, RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) }, once)
}

/// A verifier that accepts a presentation as often as it comes.
pub(crate) fn verifier_without_guard(anchors: impl Into<TrustAnchors>) -> Verifier {
    let often = ReplayPolicy::accepted_for([OperationPattern::Any]);
    Verifier::new(anchors, RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) }, often)
}

/// The decision of the standard verifier about the standard request. Checks that it is the same
/// with the honest chain in the cache.
pub(crate) fn decided(chain: &RawToken) -> Decision {
    decided_with_cache_of(&[presented()], verifier, chain, &request())
}

/// The decision of a verifier about this request. Checks that it is the same with these chains in
/// the cache.
#[track_caller]
pub(crate) fn decided_with_cache_of(
    cached: &[RawToken],
    verifier: impl Fn() -> Verifier,
    chain: &RawToken,
    call: &Request,
) -> Decision {
    let cache = ChainCache::new(10);
    let caching = || verifier().with_cache(cache.clone());
    for honest in cached {
        assert!(caching().verify(shown(honest), now()).is_ok());
    }
    assert_eq!(cache.len(), cached.len());
    let decide = |verifier: Verifier| verifier.decide(shown(chain), call.clone(), now());
    let decision = decide(verifier());
    for verifier in [caching(), caching()] {
        assert_eq!(
            serde_json::to_string(&Report::of(&decide(verifier))).unwrap(),
            serde_json::to_string(&Report::of(&decision)).unwrap()
        );
    }
    decision
}

pub(crate) fn denied(decision: Decision) -> Denial {
    match decision {
        Decision::Deny(denial) => denial,
        Decision::Allow(_) => panic!("a call was allowed that must be refused"),
    }
}

/// The hop and the code of every reason, in order.
pub(crate) fn codes(denial: &Denial) -> Vec<(Option<usize>, DenyCode)> {
    let reasons = denial.reasons().iter();
    reasons.map(|reason| (reason.hop, reason.code)).collect()
}

/// Checks that the decision is a denial for exactly these reasons, in this order.
#[track_caller]
pub(crate) fn refused<const N: usize>(
    decision: Decision,
    expected: [(Option<usize>, DenyCode); N],
) {
    match decision {
        Decision::Allow(_) => panic!("allowed, but should be refused for {expected:?}"),
        Decision::Deny(denial) => assert_eq!(codes(&denial), expected, "{denial}"),
    }
}

/// The hop and the code of the reason why a token is not authentic.
#[track_caller]
pub(crate) fn not_authentic(raw: &RawToken) -> (Option<usize>, DenyCode) {
    match Token::parse(&raw.to_text()) {
        Err(TokenError::NotAuthentic(reason)) => (reason.hop, reason.code),
        other => panic!("{other:?}"),
    }
}

/// Returns true if a character is a control character (Unicode `Cc`), invisible, or reverses the
/// line (`Cf`, separators, blanks other than the space).
pub(crate) fn is_hostile(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}
