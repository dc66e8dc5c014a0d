//! The root key that the first block states, and its hint.

use deputize::testing::{RawToken, Stated, Term};
use deputize::{
    DenyCode, HopId, OperationPattern, PublicKey, ReplayPolicy, Report, RevocationPolicy, Signer,
    SigningKey, Token, TrustAnchor, TrustAnchors, Verifier,
};
use time::Duration;

use super::{HopCode, erasing, helper, minted_by_mallory, to_read};
use crate::common::forging::terminal;
use crate::common::{
    TOKEN_ID, alice, anchor, decided_with_cache_of, first, held, not_authentic, now, owner,
    planner, present_for, presented, refused, request, researcher, second, shown, thief, verifier,
};

#[test]
fn a_parent_in_the_first_block() {
    for id in [HopId::from_bytes([0; 32]), held().hop_ids()[0]] {
        let parent = Term::Bytes(id.to_bytes().to_vec());
        let stated = Stated { parent, ..Stated::default() };
        first_block(&stated, &alice(), (Some(0), DenyCode::NotCanonical));
    }
}

/// A chain whose first block states these bytes, with the hint of the owner's key.
fn begun_stating(stated: &Stated, signer: &SigningKey) -> RawToken {
    let raw = RawToken::mint_stating(stated, owner(), signer, first(), now(), TOKEN_ID);
    let raw = RawToken { root_hint: held().root_hint, ..raw };
    raw.delegate(&planner(), second(), now())
}

#[track_caller]
fn first_block(stated: &Stated, signer: &SigningKey, expected: HopCode) {
    let token = begun_stating(stated, signer);
    let chain = present_for(token.clone(), &researcher(), &request());
    let decision = decided_with_cache_of(&[presented()], verifier, &chain, &request());
    let report = Report::of(&decision);
    assert_eq!((report.hops.len(), report.owner), (0, None));
    refused(decision, [expected]);
    assert_eq!(not_authentic(&token), expected);
}

fn root(bytes: &[u8]) -> Stated {
    Stated { root: Term::Bytes(bytes.to_vec()), ..Stated::default() }
}

#[test]
fn a_stated_root_that_is_not_a_key() {
    let mut beyond = [0xff; 32];
    (beyond[0], beyond[31]) = (0xee, 0x7f);
    let mut twice = alice().public_key().to_bytes();
    twice[31] ^= 0x80;
    let no_point =
        (2_u8..).map(|n| [&[n][..], &[0; 31]].concat().try_into().unwrap()).find(|bytes| {
            PublicKey::from_bytes(bytes).is_err_and(|why| why == deputize::KeyError::NotAKey)
        });
    let one = [&[1][..], &[0; 31]].concat();
    for bytes in [&[0; 32][..], &one, &beyond, &no_point.unwrap()] {
        first_block(&root(bytes), &alice(), (Some(0), DenyCode::BadKey));
    }
    let published = terminal().public_key().to_bytes();
    first_block(&root(&published), &terminal(), (Some(0), DenyCode::BadKey));
    // The key's other sign, which has the same hint, is another key.
    let token = begun_stating(&root(&twice), &alice());
    let chain = present_for(token.clone(), &researcher(), &request());
    let decision = decided_with_cache_of(&[presented()], verifier, &chain, &request());
    refused(decision, [(None, DenyCode::UntrustedRoot)]);
    assert_eq!(not_authentic(&token), (Some(0), DenyCode::BadSignature));
}

#[test]
fn a_stated_root_of_another_length_or_none() {
    let own = alice().public_key().to_bytes();
    for bytes in [&[][..], &own[..31], &[&own[..], &[0]].concat(), &[own, own].concat()] {
        first_block(&root(bytes), &alice(), (Some(0), DenyCode::NotCanonical));
    }
    let missing = Stated { root: Term::Missing, ..Stated::default() };
    first_block(&missing, &alice(), (Some(0), DenyCode::NotCanonical));
}

/// The hint is not signed. A chain that is refused for its hint is not authentic in any report.
#[test]
fn a_hint_that_does_not_go_with_the_stated_root() {
    let other = minted_by_mallory(first()).root_hint;
    for root_hint in [None, Some(0), other] {
        let chain = RawToken { root_hint, ..presented() };
        let decision = decided_with_cache_of(&[presented()], verifier, &chain, &request());
        let decided = Report::of(&decision);
        refused(decision, [(None, DenyCode::WrongRoot)]);
        let of_bytes = |bytes| Report::of_bytes(bytes, None, now()).unwrap();
        let token = RawToken { root_hint, ..held() };
        assert_eq!(not_authentic(&token), (None, DenyCode::WrongRoot));
        let unverified = Report::unverified_presentation(&shown(&chain), now());
        for report in [decided, of_bytes(chain.to_bytes()), of_bytes(token.to_bytes()), unverified]
        {
            assert_eq!((report.hops.len(), report.authentic), (2, false), "{report}");
        }
    }
    assert!(Report::unverified_presentation(&shown(&presented()), now()).authentic);
}

/// A verifier that trusts Alice and Mallory, each for herself.
fn of_both() -> Verifier {
    let mallory = TrustAnchor::new(thief().public_key(), "mallory@evil.com");
    Verifier::new(
        TrustAnchors::new([anchor(), mallory]).unwrap(),
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    )
}

/// Mallory signs Alice's block, or Alice signs a block that states Mallory's key.
#[test]
fn one_content_under_two_roots() {
    let hint = minted_by_mallory(first()).root_hint;
    let mut copied = presented();
    copied.blocks[0].signature = {
        let mut own = held();
        own.sign(0, &thief());
        own.blocks[0].signature.clone()
    };
    copied.sign(1, &planner());
    copied.sign(2, &researcher());
    let hinted = RawToken { root_hint: hint, ..copied.clone() };
    let of_mallory = begun_stating(&root(&thief().public_key().to_bytes()), &alice());
    let of_mallory = present_for(of_mallory, &researcher(), &request());
    let rehinted = RawToken { root_hint: hint, ..of_mallory.clone() };
    for (chain, expected) in [
        (copied, (Some(0), DenyCode::BadSignature)),
        (hinted, (None, DenyCode::WrongRoot)),
        (of_mallory, (None, DenyCode::WrongRoot)),
        (rehinted.clone(), (Some(0), DenyCode::BadSignature)),
    ] {
        let decision = decided_with_cache_of(&[presented()], of_both, &chain, &request());
        let report = Report::of(&decision);
        assert_eq!((report.hops.len(), report.authentic), (0, false), "{report}");
        refused(decision, [expected]);
        let mut token = chain;
        token.blocks.pop();
        token.proof = held().proof;
        assert_eq!(not_authentic(&token), expected);
    }
    let decision = decided_with_cache_of(&[presented()], verifier, &rehinted, &request());
    refused(decision, [(None, DenyCode::UntrustedRoot)]);
}

/// The revocation of one does not revoke the other.
#[test]
fn the_hops_of_two_roots_have_other_ids() {
    let [of_alice, of_mallory] = [alice(), thief()].map(|root| {
        let token = RawToken::mint(owner(), &root, first(), now(), TOKEN_ID);
        Token::parse(&token.delegate(&planner(), second(), now()).to_text()).unwrap()
    });
    for (own, other) in of_alice.hops().iter().zip(of_mallory.hops()) {
        assert_eq!((own.grant(), own.issued()), (other.grant(), other.issued()));
        assert_ne!(own.id(), other.id());
    }
}

/// The signed bytes before the key, as the end of a signature: after it, the signed bytes of a
/// later block are also those of a first block with a longer content.
fn shaped_like_an_end(key: &PublicKey) -> Vec<u8> {
    [&[7; 8][..], b"\0ALGORITHM\0\0\0\0\0", b"\0NEXTKEY\0", &key.to_bytes()].concat()
}

/// The same signed bytes, read as those of a first block.
fn read_as_first(signed: &RawToken) -> RawToken {
    let [.., before, last] = signed.blocks.as_slice() else { panic!("too short") };
    let (prefix, key) = before.signature.split_at(32);
    let frame = [b"\0ALGORITHM\0\0\0\0\0", &b"\0NEXTKEY\0"[..]].concat();
    let content = [
        &last.content[..],
        &frame,
        &last.next_key,
        b"\0PREVSIG\0",
        prefix.strip_suffix(frame.as_slice()).unwrap(),
    ]
    .concat();
    let mut alone = signed.clone();
    alone.blocks = vec![last.clone()];
    (alone.blocks[0].content, alone.blocks[0].next_key) = (content, key.to_vec());
    let root = planner().public_key().to_bytes();
    let hint = u32::from_be_bytes(*root.first_chunk().unwrap());
    RawToken { root_hint: Some(u64::from(hint)), ..alone }
}

/// The planner is also an owner at this service, and signs a block that a bait turns into a first
/// block.
#[test]
fn a_previous_signature_that_looks_like_the_end_of_a_block() {
    let mut bait = minted_by_mallory(to_read("planner", &planner()));
    bait.blocks[0].signature = shaped_like_an_end(&helper().public_key());
    assert_eq!(bait.blocks[0].signature.len(), 64);
    assert_eq!(not_authentic(&bait), (Some(0), DenyCode::BadSignature));
    let hop = bait.clone().delegate(&planner(), to_read("helper", &helper()), now());
    let presentation = present_for(bait, &planner(), &erasing());
    let of_planner = || {
        let anchor = TrustAnchor::for_any_owner(planner().public_key());
        let replays = ReplayPolicy::accepted_for([OperationPattern::Any]);
        Verifier::new(
            anchor,
            RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
            replays,
        )
    };
    for signed in [hop, presentation] {
        let alone = read_as_first(&signed);
        // The planner did sign these bytes.
        let message = {
            let mut own = alone.clone();
            own.sign(0, &planner());
            own.blocks[0].signature.clone()
        };
        assert_eq!(message, alone.blocks[0].signature);
        let chain = present_for(alone, &helper(), &erasing());
        let decision = decided_with_cache_of(&[], of_planner, &chain, &erasing());
        assert_eq!(Report::of(&decision).hops, []);
        refused(decision, [(Some(0), DenyCode::NotCanonical)]);
    }
}
