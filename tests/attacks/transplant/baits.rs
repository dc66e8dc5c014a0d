//! Blocks signed after a bait, moved after the real blocks.

use curve25519_dalek::constants::ED25519_BASEPOINT_COMPRESSED;
use deputize::testing::{RawToken, Stated, Term};
use deputize::{
    Capability, DenyCode, Grant, OperationPattern, Owner, ReplayPolicy, Report, Request,
    RevocationPolicy, Signer, SigningKey, TrustAnchor, Verifier,
};
use time::Duration;

use super::{
    Transplant, erasing, granted, helper, minted_by_mallory, of_another_owner, real, reasons,
    refused_everywhere, require_prefix, to_erase, to_read,
};
use crate::common::{
    NONCE, TOKEN_ID, WINDOW, agent, alice, decided_with_cache_of, key, mint, not_authentic, now,
    owner, planner, present_for, refused, researcher, thief, verifier,
};

/// The bytes that the planner signs after Mallory's block would erase after Alice's. Only the
/// stated parent distinguishes them.
#[test]
fn one_hop_reads_both_ways() {
    let content = |raw: RawToken, own| {
        let stated = Stated { parent: Term::Bytes(vec![7; 32]), ..Stated::default() };
        raw.delegate_stating(&stated, &planner(), own, now()).blocks[1].content.clone()
    };
    let Transplant { meant, real } = of_another_owner();
    let read = content(meant, to_read("helper", &helper()));
    assert_eq!(read, content(real, to_erase("helper", &helper())));
}

#[test]
fn a_block_signed_after_a_bait_of_another_owner() {
    of_another_owner().is_refused(0, DenyCode::BadSignature);
}

/// Alice granted both tokens herself, and the attacker has read both.
#[test]
fn a_block_signed_after_a_bait_of_another_token_of_the_same_owner() {
    let meant = RawToken::mint(owner(), &alice(), to_read("planner", &planner()), now(), [9; 16]);
    let own = Transplant { meant, real: real() };
    own.is_refused(0, DenyCode::BadSignature);
    // The other way round gains nothing, and is refused all the same.
    let turned = Transplant { meant: real(), real: own.meant };
    let signed = present_for(turned.bait(), &planner(), &erasing());
    let known = present_for(turned.real.clone(), &planner(), &erasing());
    let decision = decided_with_cache_of(&[known], verifier, &turned.put_back(signed), &erasing());
    refused(decision, [(Some(1), DenyCode::WrongParent)]);
}

/// The attacker is between Alice and the planner, and signed two hops for it.
#[test]
fn a_block_signed_after_a_bait_of_an_ancestor_who_wrote_both_alternatives() {
    let own = Capability::new("*", "**").and_then(|own| own.with_arg("limit", [])).unwrap();
    let wide = Grant::new(agent("relay", &thief()), [own], now() + Duration::hours(2), "all");
    let relay = || mint(wide.clone().unwrap().with_max_hops(9));
    let to = |grant| relay().delegate(&thief(), grant, now());
    let both = Transplant {
        meant: to(to_read("planner", &planner())),
        real: to(to_erase("planner", &planner())),
    };
    both.is_refused(1, DenyCode::BadSignature);
}

/// Under a weak key, one signature is valid for any content, so no bait would have to be forged.
#[test]
fn a_block_signed_after_an_alternative_by_a_weak_key() {
    let own = Capability::new("*", "**").and_then(|own| own.with_arg("limit", [])).unwrap();
    let wide = |name: &str, key: &SigningKey, hops| {
        let end = now() + Duration::hours(2);
        Grant::new(agent(name, key), [own.clone()], end, "all").unwrap().with_max_hops(hops)
    };
    let relay = mint(wide("relay", &thief(), 9));
    let mut to_weak = relay.delegate(&thief(), wide("weak", &helper(), 8), now());
    to_weak.blocks[1].next_key = [&[1][..], &[0; 31]].concat();
    to_weak.sign(1, &thief());
    let to = |grant| {
        let mut further = to_weak.clone().delegate(&thief(), grant, now());
        let one = [&[1][..], &[0; 31]].concat();
        let good = [ED25519_BASEPOINT_COMPRESSED.as_bytes(), &one[..]].concat();
        further.blocks[2].signature = good;
        further
    };
    let both = Transplant {
        meant: to(to_read("planner", &planner())),
        real: to(to_erase("planner", &planner())),
    };
    assert_eq!(both.bait(), both.meant);
    let expected = (Some(1), DenyCode::BadKey);
    assert_eq!(not_authentic(&both.bait()), expected);
    refused_everywhere(&both.of_a_hop(), &[], expected, 1);
    refused_everywhere(&both.of_a_presentation(), &[], expected, 1);
}

/// The signature of the last hop is valid, and so is that of the block after it.
#[test]
fn a_block_signed_after_a_valid_hop_after_a_bait() {
    let further = |raw: RawToken| {
        let own = granted("planner", &planner(), "crm.erase", "accounts/**");
        raw.delegate(&researcher(), own, now())
    };
    let real = further(mint(to_erase("researcher", &researcher())));
    let mut meant = minted_by_mallory(to_read("researcher", &researcher()));
    meant.blocks.push(real.blocks[1].clone());
    Transplant { meant, real }.is_refused(0, DenyCode::BadSignature);
}

/// A bait does not have to state its maker's root key.
#[test]
fn a_block_signed_after_a_bait_that_states_the_real_root_or_a_weak_one() {
    let weak = [&[1][..], &[0; 31]].concat();
    for (root, code) in [
        (alice().public_key().to_bytes().to_vec(), DenyCode::BadSignature),
        (weak, DenyCode::BadKey),
    ] {
        let stated = Stated { root: Term::Bytes(root), ..Stated::default() };
        let mallory = Owner::human("mallory@evil.com").unwrap();
        let own = to_read("planner", &planner());
        let meant = RawToken::mint_stating(&stated, mallory, &thief(), own, now(), TOKEN_ID);
        let meant = RawToken { root_hint: real().root_hint, ..meant };
        Transplant { meant, real: real() }.is_refused(0, code);
    }
}

/// The service that receives the presentation relays it to another one, after another token.
#[test]
fn a_presentation_that_a_service_relays() {
    let Transplant { real, .. } = of_another_owner();
    let call = Request::new("notes.list", "mynotes/1", "notes.evil.com").unwrap();
    let token = minted_by_mallory(to_read("planner", &planner()));
    let relayed = present_for(token.clone(), &planner(), &call);
    let known = [present_for(real.clone(), &planner(), &erasing())];
    let decision = decided_with_cache_of(&known, verifier, &relayed, &erasing());
    refused(decision, [(None, DenyCode::UntrustedRoot)]);
    let own = Transplant { meant: token, real };
    let relayed = own.put_back(present_for(own.bait(), &planner(), &call));
    refused_everywhere(&relayed, &known, (Some(1), DenyCode::WrongParent), 1);
    // Its name has the position of the other service's name in Alice's block.
    let at = |service: &str, grant: Grant| grant.with_audience([service]).unwrap();
    let aliased = Transplant {
        meant: minted_by_mallory(at("notes.evil.com", to_read("planner", &planner()))),
        real: mint(at("crm.acme.com", to_erase("planner", &planner()))),
    };
    let renamed = aliased.put_back(present_for(aliased.bait(), &planner(), &call));
    refused_everywhere(&renamed, &[aliased.honest()], (Some(1), DenyCode::WrongParent), 1);
    // After blocks that the service signed itself, the presentation fails earlier.
    let moved = own.put_back(present_for(own.meant.clone(), &planner(), &call));
    refused_everywhere(&moved, &known, (Some(1), DenyCode::NotTheHolder), 1);
}

/// Under another parent, a block usually cannot be decoded. The code must not depend on that.
#[test]
fn content_that_cannot_be_read_after_the_real_block() {
    let mut own = to_read("planner", &planner());
    own = own.with_audience(["one.example", "two.example", "crm.acme.com"]).unwrap();
    let transplant = Transplant { meant: minted_by_mallory(own), real: real() };
    let last = to_read("helper", &helper()).with_audience(["crm.acme.com"]).unwrap();
    let signed = transplant.bait().delegate(&planner(), last, now());
    let chain = present_for(transplant.put_back(signed), &helper(), &erasing());
    let expected = (Some(1), DenyCode::WrongParent);
    refused_everywhere(&chain, &[transplant.honest()], expected, 1);
    let shown = transplant.of_a_presentation();
    refused_everywhere(&shown, &[transplant.honest()], expected, 1);
}

/// Parents are checked before contents, even if a hop cannot be decoded and the next parent is
/// wrong.
#[test]
fn content_that_cannot_be_read_before_a_presentation_of_another_chain() {
    let parent = Term::Bytes(real().hop_ids()[0].to_bytes().to_vec());
    let moved = Stated { parent, ..Stated::default() };
    let mut hop = real().delegate(&planner(), to_erase("helper", &helper()), now());
    // The last byte is the last of a check.
    hop.blocks[1].content.pop();
    hop.sign(1, &planner());
    let of_it = present_for(hop.clone(), &helper(), &erasing());
    refused_everywhere(&of_it, &[], (Some(1), DenyCode::NotCanonical), 1);
    let of_another = hop.present_stating(&moved, &helper(), &erasing(), now(), WINDOW, NONCE);
    refused_everywhere(&of_another, &[], (Some(2), DenyCode::WrongParent), 1);
}

/// Two blocks are out of place: the reason names the first.
#[test]
fn blocks_moved_twice() {
    let transplant = of_another_owner();
    let mut chain = transplant.of_a_hop();
    chain.blocks.pop();
    let other = Stated { parent: Term::Bytes(vec![7; 32]), ..Stated::default() };
    let chain = chain.present_stating(&other, &helper(), &erasing(), now(), WINDOW, NONCE);
    refused_everywhere(&chain, &[transplant.honest()], (Some(1), DenyCode::WrongParent), 1);
}

/// For every reason to refuse a transplanted chain, no report shows content that its signer did not
/// mean.
#[test]
fn a_transplanted_chain_that_is_refused_for_something_else() {
    let transplant = of_another_owner();
    let known = [transplant.honest()];
    let mut held = transplant.of_a_hop();
    held.blocks.pop();
    let stolen = present_for(held.clone(), &thief(), &erasing());
    refused_everywhere(&stolen, &known, (Some(2), DenyCode::NotTheHolder), 1);
    let longer = held.delegate(&helper(), to_read("helper", &thief()), now());
    let mut longer = present_for(longer, &thief(), &erasing());
    longer.blocks[2].signature[40] ^= 1;
    refused_everywhere(&longer, &known, (Some(2), DenyCode::BadSignature), 1);
    let mut proofless = transplant.of_a_hop();
    proofless.proof = transplant.real.proof.clone();
    let report = Report::of(&decided_with_cache_of(&known, verifier, &proofless, &erasing()));
    assert_eq!(reasons(&report), [(Some(2), DenyCode::BadProof)]);
    require_prefix(&report, &proofless, 1);
    let mut hintless = transplant.of_a_hop();
    hintless.root_hint = None;
    refused_everywhere(&hintless, &known, (None, DenyCode::WrongRoot), 1);
}

#[test]
fn a_transplanted_chain_beyond_a_limit_or_under_an_untrusted_root() {
    let bob = TrustAnchor::for_any_owner(key(50).public_key());
    let replays = || ReplayPolicy::accepted_for([OperationPattern::Any]);
    let by_expiry = RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) };
    let of_bob = || Verifier::new(bob.clone(), by_expiry.clone(), replays());
    let verifiers: [(&dyn Fn() -> Verifier, DenyCode); 3] = [
        (&of_bob, DenyCode::UntrustedRoot),
        (&|| verifier().with_max_hops(0), DenyCode::ChainTooLong),
        (&|| verifier().with_max_token_bytes(100), DenyCode::TokenTooLong),
    ];
    let transplant = of_another_owner();
    for chain in [transplant.of_a_hop(), transplant.of_a_presentation()] {
        for (verifier, code) in verifiers {
            let decision = decided_with_cache_of(&[], verifier, &chain, &erasing());
            require_prefix(&Report::of(&decision), &chain, 1);
            refused(decision, [(None, code)]);
        }
    }
}
