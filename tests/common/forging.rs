//! Chains that a verifier must refuse, and decisions about them.

use deputize::testing::{RawProof, RawToken};
use deputize::{Capability, Decision, Grant, HopId, Signer, SigningKey, Verifier};
use time::Duration;

use super::{
    NONCE, agent, decided, first, grant, held, key, mint, now, planner, present, present_for,
    presented, reading, request, researcher, shown, thief, verifier, writer,
};

/// Alice's key hint and no block.
pub(crate) fn nothing() -> RawToken {
    RawToken { blocks: Vec::new(), ..held() }
}

/// The key whose secret is published, which a presentation ends with.
pub(crate) fn terminal() -> SigningKey {
    match presented().proof {
        RawProof::NextSecret(secret) => SigningKey::from_bytes(&secret.try_into().unwrap()),
        RawProof::FinalSignature(_) => thief(),
    }
}

/// A presented chain of `hops` hops, each of which allows the others after it.
pub(crate) fn chain_of(hops: u8) -> RawToken {
    let to = |n: u8| {
        let own = reading("**", 9);
        grant("agent", &key(100 + n), own, Duration::hours(1))
            .with_max_hops(u32::from(hops - n).min(31))
    };
    let delegate = |raw: RawToken, n| raw.delegate(&key(99 + n), to(n), now());
    present((2..=hops).fold(mint(to(1)), delegate), &key(100 + hops))
}

pub(crate) fn to_the_writer(raw: RawToken) -> RawToken {
    let grant = grant("writer", &writer(), reading("**", 9), Duration::minutes(1));
    raw.delegate(&researcher(), grant, now())
}

/// A second hop that grants another operation.
pub(crate) fn second_of(operation: &str) -> Grant {
    let own = Capability::new(operation, "accounts/**")
        .and_then(|own| own.with_arg("limit", []))
        .unwrap();
    Grant::new(agent("researcher", &researcher()), [own], now() + Duration::minutes(15), "a test")
        .and_then(|grant| grant.with_audience(["crm.acme.com"]))
        .unwrap()
}

/// The standard chain with another second hop.
pub(crate) fn with_second(second: Grant) -> Decision {
    decided(&present(mint(first()).delegate(&planner(), second, now()), &researcher()))
}

/// The standard request to a chain whose second hop grants this.
pub(crate) fn granting(operation: &str, resource: &str) -> Decision {
    let own =
        Capability::new(operation, resource).and_then(|own| own.with_arg("limit", [])).unwrap();
    decided(&held_with(own))
}

/// The standard chain whose second hop has this capability, presented.
pub(crate) fn held_with(own: Capability) -> RawToken {
    let second = grant("researcher", &researcher(), own, Duration::minutes(1));
    present(mint(first()).delegate(&planner(), second, now()), &researcher())
}

/// Another request to the standard chain, presented for it.
pub(crate) fn asked(operation: &str, resource: &str, args: &str) -> Decision {
    let call = super::asking(operation, resource, args);
    let raw = present_for(held(), &researcher(), &call);
    verifier().decide(shown(&raw), call, now())
}

/// A call with these arguments, to one hop that has this capability.
pub(crate) fn decided_on_args(own: Capability, args: &str) -> Decision {
    let call = super::asking("crm.read", "accounts/emea/42", args);
    let only = grant("planner", &planner(), own, Duration::hours(1));
    let raw = present_for(mint(only), &planner(), &call);
    verifier().decide(shown(&raw), call, now())
}

/// The standard chain, presented at another time for a window of its own.
pub(crate) fn made(ago: Duration, window: Duration) -> Decision {
    let (call, issued) = (request(), now() + ago);
    decided(&held().present(&researcher(), &call, issued, window, NONCE))
}

pub(crate) fn decided_by(verifier: Verifier, raw: &RawToken) -> Decision {
    verifier.decide(shown(raw), request(), now())
}

pub(crate) fn hop_ids(raw: &RawToken) -> Vec<HopId> {
    raw.hop_ids()
}

/// The standard chain with something changed beneath the signatures.
pub(crate) fn altered(change: impl FnOnce(&mut RawToken)) -> Decision {
    let mut raw = presented();
    change(&mut raw);
    decided(&raw)
}

/// The standard chain with one block signed by another.
pub(crate) fn signed_by(hop: usize, signer: &impl Signer) -> Decision {
    altered(|raw| raw.sign(hop, signer))
}

/// The standard chain whose second hop names this key, and its signature is right.
pub(crate) fn with_next_key(key: &[u8]) -> Decision {
    altered(|raw| {
        raw.blocks.get_mut(1).unwrap().next_key = key.to_vec();
        raw.sign(1, &planner());
    })
}

/// A chain of the standard three signers with other content in one block, which all later blocks
/// state as their parent, signed by all of them.
pub(crate) fn resigned(mut raw: RawToken, hop: usize, content: Vec<u8>) -> RawToken {
    raw.blocks.get_mut(hop).unwrap().content = content;
    for (hop, signer) in [super::alice(), planner(), researcher()].iter().enumerate() {
        raw.resign(hop, signer);
    }
    raw
}

/// The standard chain with other content in one block, signed by all who should.
pub(crate) fn with_content(hop: usize, content: Vec<u8>) -> Decision {
    decided(&resigned(presented(), hop, content))
}
