//! Chains that a verifier must refuse, and decisions about them.

use deputize::testing::{RawProof, RawToken};
use deputize::{Capability, Decision, Grant, HopId, Signer, SigningKey, Verifier};
use time::Duration;

use super::{
    NONCE, agent, decided, first, grant, held, key, mint, now, planner, present, present_for,
    presented, reading, request, researcher, shown, thief, verifier, writer,
};

/// Alice's key hint and no block.
pub(crate) fn without_blocks() -> RawToken {
    RawToken { blocks: Vec::new(), ..held() }
}

/// The key with the published secret, which ends every presentation.
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

/// Decides about the standard chain with another second hop.
pub(crate) fn with_second(second: Grant) -> Decision {
    decided(&present(mint(first()).delegate(&planner(), second, now()), &researcher()))
}

/// Decides about the standard request, on a chain whose second hop grants this.
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

/// Decides about another request, presented with the standard chain.
pub(crate) fn decided_on_request(operation: &str, resource: &str, args: &str) -> Decision {
    let call = super::crm_request(operation, resource, args);
    let raw = present_for(held(), &researcher(), &call);
    verifier().decide(shown(&raw), call, now())
}

/// Decides about a call with these arguments, on a chain of one hop with this capability.
pub(crate) fn decided_on_args(own: Capability, args: &str) -> Decision {
    let call = super::crm_request("crm.read", "accounts/emea/42", args);
    let only = grant("planner", &planner(), own, Duration::hours(1));
    let raw = present_for(mint(only), &planner(), &call);
    verifier().decide(shown(&raw), call, now())
}

/// Decides about the standard chain, presented at another time and for another window.
pub(crate) fn presented_at(offset: Duration, window: Duration) -> Decision {
    let (call, issued) = (request(), now() + offset);
    decided(&held().present(&researcher(), &call, issued, window, NONCE))
}

pub(crate) fn decided_by(verifier: Verifier, raw: &RawToken) -> Decision {
    verifier.decide(shown(raw), request(), now())
}

pub(crate) fn hop_ids(raw: &RawToken) -> Vec<HopId> {
    raw.hop_ids()
}

/// Decides about the standard chain after a change that leaves the signatures as they were.
pub(crate) fn altered(change: impl FnOnce(&mut RawToken)) -> Decision {
    let mut raw = presented();
    change(&mut raw);
    decided(&raw)
}

/// Decides about the standard chain with one block signed by `signer`.
pub(crate) fn signed_by(hop: usize, signer: &impl Signer) -> Decision {
    altered(|raw| raw.sign(hop, signer))
}

/// Decides about the standard chain with this key in its second hop, signed correctly.
pub(crate) fn with_next_key(key: &[u8]) -> Decision {
    altered(|raw| {
        raw.blocks.get_mut(1).unwrap().next_key = key.to_vec();
        raw.sign(1, &planner());
    })
}

/// A chain of the three standard signers with other content in one block. All three sign it again,
/// and later blocks state the new parents.
pub(crate) fn resigned(mut raw: RawToken, hop: usize, content: Vec<u8>) -> RawToken {
    raw.blocks.get_mut(hop).unwrap().content = content;
    for (hop, signer) in [super::alice(), planner(), researcher()].iter().enumerate() {
        raw.resign(hop, signer);
    }
    raw
}

/// Decides about the standard chain with other content in one block, signed again by all three.
pub(crate) fn with_content(hop: usize, content: Vec<u8>) -> Decision {
    decided(&resigned(presented(), hop, content))
}
