//! Agents for tests.

#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on should stop"
)]

use proptest::prelude::*;
use proptest::sample::select;
use time::OffsetDateTime;

use crate::instant::UnixTime;
use crate::key::{PublicKey, Signer as _, SigningKey};
use crate::principal::{Owner, Principal, PrincipalKind};
use crate::statement::directory::agent::{Agent, AgentStatus};

pub(super) fn signer(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(super) fn key(seed: u8) -> PublicKey {
    signer(seed).public_key()
}

/// 2026-11-23T18:00:00Z.
pub(super) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap()
}

/// An agent with every member.
pub(super) fn agent(seed: u8) -> Agent {
    let named = Principal::agent(format!("agent {seed}"), key(seed)).unwrap();
    let day = time::Duration::DAY;
    Agent::new(format!("urn:acme:agents:{seed}"), named, Owner::human("alice@acme.com").unwrap())
        .unwrap()
        .with_responsibilities(["reads accounts", "writes \"reports\""])
        .unwrap()
        .with_valid_from(now() - day)
        .with_valid_until(now() + 9 * day)
        .with_last_review(now() - day)
        .with_next_review(now() + 5 * day)
}

pub(super) fn agents() -> impl Strategy<Value = Agent> {
    use AgentStatus::{Active, Retired, Suspended};
    use PrincipalKind::{Agent as Program, Human, Organization, Service};
    let text = || "[a-z\"\\\\é漢\u{1f600}/]([a-z\"\\\\é漢 ]{0,9}[a-z'<&])?";
    let life = prop::option::of(0..253_402_300_800_u64);
    (
        (text(), select(&[Program, Human, Organization, Service][..]), 1..=250_u8),
        ("[a-z][a-z0-9+.-]{0,5}:[a-zA-Z0-9/%_~-]{1,20}", text(), any::<bool>()),
        (
            prop::collection::vec(text(), 0..=16),
            select(&[Active, Suspended, Retired][..]),
            any::<bool>(),
        ),
        [life.clone(), life.clone(), life.clone(), life],
    )
        .prop_map(
            |((name, kind, seed), (id, by, is_team), (texts, status, may_spawn), times)| {
                let by = Owner::new(by, if is_team { Organization } else { Human }).unwrap();
                let own =
                    Agent::new(id, Principal::new(name, kind, key(seed)).unwrap(), by).unwrap();
                let [valid_from, valid_until, last_review, next_review] =
                    times.map(|at| at.and_then(UnixTime::from_seconds));
                let own = Agent { valid_from, valid_until, last_review, next_review, ..own };
                let own = own.with_responsibilities(texts).unwrap();
                own.with_status(status).with_may_spawn(may_spawn)
            },
        )
}
