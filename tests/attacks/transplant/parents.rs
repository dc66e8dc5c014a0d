//! The parent id that each later block states, and the count beside it.

use deputize::testing::{RawToken, Stated, Term};
use deputize::{DenyCode, HopId, Token};

use super::HopCode;
use crate::common::{
    NONCE, WINDOW, decided_with_cache_of, first, held, mint, not_authentic, now, planner,
    presented, refused, request, researcher, second, verifier,
};

/// A chain whose second and third blocks state these ids as their parents.
fn stating(hop: Term, presentation: Term) -> RawToken {
    let stated = |parent| Stated { parent, ..Stated::default() };
    mint(first()).delegate_stating(&stated(hop), &planner(), second(), now()).present_stating(
        &stated(presentation),
        &researcher(),
        &request(),
        now(),
        WINDOW,
        NONCE,
    )
}

#[track_caller]
fn states(hop: Term, presentation: Term, expected: HopCode) {
    let chain = stating(hop, presentation);
    let decision = decided_with_cache_of(&[presented()], verifier, &chain, &request());
    refused(decision, [expected]);
    let mut held = chain.clone();
    held.blocks.pop();
    held.proof = crate::common::held().proof;
    match expected.0 {
        Some(2) => assert!(Token::parse(&held.to_text()).is_ok()),
        _ => assert_eq!(not_authentic(&held), expected),
    }
}

#[test]
fn a_parent_that_is_another_block() {
    let ids = presented().hop_ids();
    let sibling = mint(second()).hop_ids()[0];
    for id in [ids[1], ids[2], sibling, HopId::from_bytes([0; 32]), HopId::from_bytes([255; 32])] {
        let term = Term::Bytes(id.to_bytes().to_vec());
        states(term, Term::Honest, (Some(1), DenyCode::WrongParent));
    }
    for id in [ids[0], ids[2], sibling, HopId::from_bytes([0; 32]), HopId::from_bytes([255; 32])] {
        let term = Term::Bytes(id.to_bytes().to_vec());
        states(Term::Honest, term, (Some(2), DenyCode::WrongParent));
    }
}

/// One bit is enough, wherever it is.
#[test]
fn a_parent_id_with_a_flipped_bit() {
    let ids = presented().hop_ids();
    for bit in 0..256 {
        let turned = |id: HopId| {
            let mut bytes = id.to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            Term::Bytes(bytes.to_vec())
        };
        states(turned(ids[0]), Term::Honest, (Some(1), DenyCode::WrongParent));
        states(Term::Honest, turned(ids[1]), (Some(2), DenyCode::WrongParent));
    }
}

/// Cut, lengthened, or missing, as in blocks of the earlier format.
#[test]
fn a_parent_of_another_length_or_none() {
    let ids = presented().hop_ids();
    let spelled = |id: HopId| {
        let bytes = id.to_bytes().to_vec();
        let cut = |length| Term::Bytes(bytes[..length].to_vec());
        let longer = |more: &[u8]| Term::Bytes([&bytes[..], more].concat());
        [
            Term::Missing,
            cut(0),
            cut(16),
            cut(31),
            longer(&[0]),
            longer(&bytes),
            Term::Bytes(id.to_string().into_bytes()),
        ]
    };
    for term in spelled(ids[0]) {
        states(term, Term::Honest, (Some(1), DenyCode::NotCanonical));
    }
    for term in spelled(ids[1]) {
        states(Term::Honest, term, (Some(2), DenyCode::NotCanonical));
    }
}

/// Decides about the standard chain with these bytes as its count.
fn counted(parent: Term, counted: &[u8]) -> deputize::Decision {
    let stated = Stated { parent, counted: Some(counted.to_vec()), ..Stated::default() };
    let chain = held().present_stating(&stated, &researcher(), &request(), now(), WINDOW, NONCE);
    decided_with_cache_of(&[presented()], verifier, &chain, &request())
}

#[test]
fn an_invalid_count() {
    let good = [&[8; 8][..], &[0, 0, 0, 0, 0, 0, 0, 3]].concat();
    assert!(counted(Term::Honest, &good).is_allowed());
    let zero = [&[8; 8][..], &[0; 8]].concat();
    let longer = [&good[..], &[0]].concat();
    for bytes in [&[][..], &good[..8], &good[..15], &longer, &zero, &[0; 16], &[0; 32]] {
        refused(counted(Term::Honest, bytes), [(Some(2), DenyCode::NotCanonical)]);
    }
    // In place of the parent, and before it.
    let swapped = Term::Bytes(good.clone());
    let parent = held().hop_ids()[1].to_bytes();
    refused(counted(swapped.clone(), &good), [(Some(2), DenyCode::NotCanonical)]);
    refused(counted(swapped.clone(), &parent), [(Some(2), DenyCode::NotCanonical)]);
    states(Term::Honest, swapped, (Some(2), DenyCode::NotCanonical));
    // A count does not excuse another parent.
    let other = Term::Bytes(held().hop_ids()[0].to_bytes().to_vec());
    refused(counted(other, &good), [(Some(2), DenyCode::WrongParent)]);
}
