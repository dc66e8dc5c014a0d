//! The lengths of tokens, and the promise that a hop is small.

use crate::common::{WINDOW, agent, alice, key, now, owner, planner, request};
use deputize::testing::RawToken;
use deputize::{Capability, Constraint, Grant};
use time::Duration;

/// The promised maximum, in bytes, that a delegation of one capability with a purpose and an expiry
/// adds to a token.
const PROMISE: usize = 340;

fn reading(limits: &[(&str, Constraint)]) -> Capability {
    let own = Capability::new("crm.read", "accounts/emea/**").unwrap();
    limits.iter().cloned().fold(own, |own, (name, limit)| own.with_arg(name, [limit]).unwrap())
}

/// One hop: a name, a purpose and a resource of ordinary length.
fn grant(to: &str, seed: u8, own: Capability, purpose: &str) -> Grant {
    Grant::new(agent(to, &key(seed)), [own], now() + Duration::minutes(15), purpose)
        .unwrap()
        .with_max_hops(31)
}

fn first() -> RawToken {
    let own = Capability::new("crm.read", "accounts/**").unwrap();
    let grant = grant("planner", 2, own, "Q3 account review");
    RawToken::mint(owner(), &alice(), grant, now(), crate::common::TOKEN_ID)
}

/// Bytes and characters that this capability adds as the second hop of a token.
fn added_by(own: Capability) -> (usize, usize) {
    let grant = grant("researcher", 3, own, "read the EMEA accounts");
    let longer = first().delegate(&planner(), grant, now());
    (
        longer.to_bytes().len() - first().to_bytes().len(),
        longer.to_text().len() - first().to_text().len(),
    )
}

#[test]
fn a_hop_adds_little() {
    let limit = ("limit", Constraint::max(10));
    let mode = ("mode", Constraint::equals("summary"));
    let plain = added_by(reading(&[]));
    assert!(plain.0 <= PROMISE, "promised {PROMISE}, found {}", plain.0);
    assert_eq!(plain, (331, 441), "operation and resource");
    assert_eq!(added_by(reading(std::slice::from_ref(&limit))), (393, 524), "one limit");
    assert_eq!(added_by(reading(&[limit, mode])), (450, 600), "two limits");
}

#[test]
fn a_presented_chain_is_small() {
    let sizes = [1, 2, 4, 8].map(|hops: u8| {
        let chain = (2..=hops).fold(first(), |chain, n| {
            let grant = grant("researcher", n + 1, reading(&[]), "read the EMEA accounts");
            chain.delegate(&key(n), grant, now())
        });
        let closed = chain.present(&key(hops + 1), &request(), now(), WINDOW, crate::common::NONCE);
        (hops, closed.to_bytes().len(), closed.to_text().len())
    });
    assert_eq!(sizes, [(1, 846, 1128), (2, 1177, 1570), (4, 1735, 2314), (8, 2851, 3802)]);
}
