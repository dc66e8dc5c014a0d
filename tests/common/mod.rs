//! What the tests share: fixed keys, one fixed instant, and one chain from Alice to a researcher.

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
    Owner, Presentation, Principal, ReplayPolicy, Report, Request, RevocationPolicy, Signer,
    SigningKey, Token, TokenError, TrustAnchor, Verifier,
};
use time::{Duration, OffsetDateTime};

pub(crate) const TOKEN_ID: [u8; 16] = [0x70; 16];
pub(crate) const NONCE: [u8; 16] = [0x0e; 16];
pub(crate) const WINDOW: Duration = Duration::seconds(30);

/// 2026-11-23T18:00:00Z, which is now wherever a test does not say otherwise.
pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap()
}

/// The key that grows from this seed.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(crate) fn alice() -> SigningKey {
    key(1)
}

pub(crate) fn planner() -> SigningKey {
    key(2)
}

pub(crate) fn researcher() -> SigningKey {
    key(3)
}

pub(crate) fn writer() -> SigningKey {
    key(4)
}

pub(crate) fn thief() -> SigningKey {
    key(99)
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

/// A grant without an audience, for as many hops as a chain may have.
pub(crate) fn grant(name: &str, key: &SigningKey, own: Capability, expires: Duration) -> Grant {
    Grant::new(agent(name, key), [own], now() + expires, "a test").unwrap()
}

/// What Alice grants the planner.
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

/// What the planner grants the researcher of it.
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

/// What the researcher asks for.
pub(crate) fn request() -> Request {
    asking("crm.read", "accounts/emea/42", r#"{"limit": 5}"#)
}

pub(crate) fn asking(operation: &str, resource: &str, args: &str) -> Request {
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

/// Closes a chain over the standard request.
pub(crate) fn close(chain: RawToken, holder: &SigningKey) -> RawToken {
    close_over(chain, holder, &request())
}

pub(crate) fn close_over(chain: RawToken, holder: &SigningKey, request: &Request) -> RawToken {
    chain.present(holder, request, now(), WINDOW, NONCE)
}

/// The standard chain, presented by the researcher.
pub(crate) fn presented() -> RawToken {
    close(held(), &researcher())
}

/// What a verifier is given.
pub(crate) fn shown(chain: &RawToken) -> Presentation {
    Presentation::from_bytes(chain.to_bytes()).unwrap()
}

pub(crate) fn anchor() -> TrustAnchor {
    TrustAnchor::new(alice().public_key(), "alice@acme.com")
}

/// One that believes Alice and refuses replays.
pub(crate) fn verifier() -> Verifier {
    verifier_of(anchor())
}

pub(crate) fn verifier_of(anchor: TrustAnchor) -> Verifier {
    Verifier::new(
        anchor,
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(100)),
    )
}

/// What the standard verifier decides about the standard request. One that remembers the honest chain
/// decides alike.
pub(crate) fn decided(chain: &RawToken) -> Decision {
    decided_knowing(&[presented()], verifier, chain, &request())
}

/// What a verifier decides about this request. One that remembers these chains, presented as it may
/// be, decides alike.
#[track_caller]
pub(crate) fn decided_knowing(
    known: &[RawToken],
    verifier: impl Fn() -> Verifier,
    chain: &RawToken,
    call: &Request,
) -> Decision {
    let cache = ChainCache::new(10);
    let knowing = || verifier().with_cache(cache.clone());
    for honest in known {
        assert!(knowing().verify(shown(honest), now()).is_ok());
    }
    assert_eq!(cache.len(), known.len());
    let decide = |verifier: Verifier| verifier.decide(shown(chain), call.clone(), now());
    let decision = decide(verifier());
    for verifier in [knowing(), knowing()] {
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
        Decision::Allow(_) => panic!("a call was allowed that must be denied"),
    }
}

/// The hop and the code of every reason, in the order in which they are listed.
pub(crate) fn codes(denial: &Denial) -> Vec<(Option<usize>, DenyCode)> {
    let reasons = denial.reasons().iter();
    reasons.map(|reason| (reason.hop, reason.code)).collect()
}

/// The call is denied, for exactly these reasons in this order.
#[track_caller]
pub(crate) fn refused<const N: usize>(
    decision: Decision,
    expected: [(Option<usize>, DenyCode); N],
) {
    match decision {
        Decision::Allow(_) => panic!("allowed, and should be denied for {expected:?}"),
        Decision::Deny(denial) => assert_eq!(codes(&denial), expected, "{denial}"),
    }
}

/// The hop and the code for which a token is not authentic.
#[track_caller]
pub(crate) fn not_authentic(raw: &RawToken) -> (Option<usize>, DenyCode) {
    match Token::parse(&raw.to_text()) {
        Err(TokenError::NotAuthentic(reason)) => (reason.hop, reason.code),
        other => panic!("{other:?}"),
    }
}

/// Whether a line of a report could do anything but be read: controls (Unicode `Cc`) and
/// whatever has no width or turns the line around (`Cf`, separators, blanks that are no space).
pub(crate) fn is_hostile(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}
