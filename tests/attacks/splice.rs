//! The attacker has blocks with valid signatures, perhaps from several tokens, and combines them to
//! grant more: splices, reorders, cuts, extends, grafts.

use deputize::testing::RawToken;
use deputize::{Capability, DenyCode, OtherArgs, Owner, Signer};
use time::Duration;

use crate::common::forging::{altered, second_of, terminal, without_blocks};
use crate::common::{
    TOKEN_ID, alice, decided, first, grant, held, mint, not_authentic, now, owner, planner,
    present, presented, reading, refused, researcher, second, thief,
};

/// The standard chain again, under another token id.
fn other() -> RawToken {
    RawToken::mint(owner(), &alice(), first(), now(), [0x71; 16]).delegate(
        &planner(),
        second(),
        now(),
    )
}

/// A wide token from Alice to the researcher itself, from an earlier day.
fn wide() -> RawToken {
    let own = Capability::new("*", "**").unwrap().with_other_args(OtherArgs::Allow);
    let all = grant("researcher", &researcher(), own, Duration::hours(1)).with_max_hops(9);
    RawToken::mint(owner(), &alice(), all, now(), [0x72; 16])
}

#[test]
fn a_hop_from_another_chain_of_the_same_two() {
    refused(
        altered(|raw| {
            raw.blocks[1] = other().blocks[1].clone();
            raw.sign(2, &researcher());
        }),
        [(Some(1), DenyCode::BadSignature)],
    );
}

#[test]
fn the_first_hop_from_another_token_of_the_same_owner() {
    refused(
        altered(|raw| raw.blocks[0] = other().blocks[0].clone()),
        [(Some(1), DenyCode::BadSignature)],
    );
}

/// The wide token's own holder presents; the signature of the narrow hop is not for that token.
#[test]
fn a_narrow_hop_grafted_onto_a_wide_token() {
    let mut grafted = wide();
    grafted.blocks.push(held().blocks[1].clone());
    refused(decided(&present(grafted, &researcher())), [(Some(1), DenyCode::BadSignature)]);
}

#[test]
fn a_wide_first_hop_put_after_a_narrow_chain() {
    let mut grafted = held();
    grafted.blocks.push(wide().blocks[0].clone());
    refused(decided(&present(grafted, &researcher())), [(Some(2), DenyCode::BadSignature)]);
}

#[test]
fn a_wide_first_hop_put_before_the_narrow_one() {
    refused(
        altered(|raw| raw.blocks.insert(0, wide().blocks[0].clone())),
        [(Some(1), DenyCode::BadSignature)],
    );
}

/// Signed with the right key, but a later hop names an owner again.
#[test]
fn a_later_hop_that_states_an_owner() {
    let bob = Owner::human("bob@acme.com").unwrap();
    let raw = mint(first()).delegate_as_owner(bob, &planner(), second(), now());
    refused(decided(&present(raw.clone(), &researcher())), [(Some(1), DenyCode::NotCanonical)]);
    assert_eq!(not_authentic(&raw), (Some(1), DenyCode::NotCanonical));
}

#[test]
fn a_first_hop_that_states_no_owner() {
    let raw = without_blocks().delegate(&alice(), first(), now());
    refused(decided(&present(raw, &planner())), [(Some(0), DenyCode::NotCanonical)]);
}

/// The planner holds a second token from Alice and uses its hop as a later one: the signature is
/// the planner's own, over the content of a first hop.
#[test]
fn the_owners_words_signed_again_by_an_agent_as_a_later_hop() {
    let words = wide().blocks[0].content.clone();
    let raw = mint(first()).block(&planner(), words, &researcher().public_key().to_bytes());
    refused(decided(&present(raw, &researcher())), [(Some(1), DenyCode::NotCanonical)]);
}

#[test]
fn the_hops_the_other_way_round() {
    refused(altered(|raw| raw.blocks.swap(0, 1)), [(Some(0), DenyCode::NotCanonical)]);
}

#[test]
fn the_presentation_before_the_last_hop() {
    refused(altered(|raw| raw.blocks.swap(1, 2)), [(Some(2), DenyCode::BlockAfterPresentation)]);
}

#[test]
fn the_same_hop_twice() {
    refused(
        altered(|raw| {
            let hop = raw.blocks[1].clone();
            raw.blocks.insert(1, hop);
        }),
        [(Some(2), DenyCode::BadSignature)],
    );
}

/// The researcher drops the narrow hop and keeps its own presentation.
#[test]
fn a_narrow_hop_cut_out_of_the_middle() {
    refused(altered(|raw| drop(raw.blocks.remove(1))), [(Some(1), DenyCode::NotTheHolder)]);
}

#[test]
fn a_narrow_hop_cut_out_and_the_presentation_signed_again() {
    refused(
        altered(|raw| {
            raw.blocks.remove(1);
            raw.sign(1, &researcher());
        }),
        [(Some(1), DenyCode::NotTheHolder)],
    );
}

#[test]
fn the_first_hop_cut_off() {
    refused(altered(|raw| drop(raw.blocks.remove(0))), [(Some(0), DenyCode::NotCanonical)]);
}

/// The planner, a delegate, makes itself the beginning of the chain.
#[test]
fn a_chain_that_an_agent_begins_with_the_owners_hint() {
    let hint = held().root_hint;
    let raw = RawToken::mint(owner(), &planner(), second(), now(), TOKEN_ID);
    let raw = present(RawToken { root_hint: hint, ..raw }, &researcher());
    refused(decided(&raw), [(None, DenyCode::WrongRoot)]);
}

#[test]
fn the_presentation_cut_off() {
    refused(altered(|raw| drop(raw.blocks.pop())), [(None, DenyCode::NotPresented)]);
}

/// The last hop is removed, and the presentation follows the previous one.
#[test]
fn everything_but_the_presentation_cut_off() {
    refused(altered(|raw| drop(raw.blocks.drain(..2))), [(Some(0), DenyCode::NotCanonical)]);
}

#[test]
fn a_presentation_without_a_delegation() {
    refused(decided(&present(without_blocks(), &alice())), [(Some(0), DenyCode::NotCanonical)]);
}

#[test]
fn a_presentation_moved_to_another_chain_of_the_same_holder() {
    let mut raw = present(other(), &researcher());
    raw.blocks[2] = presented().blocks[2].clone();
    refused(decided(&raw), [(Some(2), DenyCode::NotTheHolder)]);
}

/// The same holder, the same request, a token that grants more.
#[test]
fn a_presentation_moved_to_a_wider_token_of_the_same_holder() {
    let mut raw = present(wide(), &researcher());
    raw.blocks[1] = presented().blocks[2].clone();
    refused(decided(&raw), [(Some(1), DenyCode::NotTheHolder)]);
}

/// The secret of the key that a presentation names is public.
#[test]
fn a_block_after_the_presentation_signed_with_the_published_secret() {
    let content = presented().blocks[2].content.clone();
    let longer = presented().block(&terminal(), content, &thief().public_key().to_bytes());
    refused(decided(&longer), [(Some(3), DenyCode::BlockAfterPresentation)]);
}

#[test]
fn a_hop_after_the_presentation() {
    let own = grant("thief", &thief(), reading("**", 9), Duration::minutes(1));
    let longer = presented().delegate(&terminal(), own, now());
    refused(decided(&present(longer, &thief())), [(Some(3), DenyCode::BlockAfterPresentation)]);
}

#[test]
fn a_second_presentation_after_the_first() {
    let twice = present(presented(), &terminal());
    refused(decided(&twice), [(Some(3), DenyCode::BlockAfterPresentation)]);
}

/// A delegation to the key that everybody can sign with.
#[test]
fn a_hop_that_delegates_to_the_published_key() {
    let mut raw = held().delegate(&researcher(), second(), now());
    raw.blocks[2].next_key = terminal().public_key().to_bytes().to_vec();
    raw.sign(2, &researcher());
    refused(
        decided(&present(raw.clone(), &terminal())),
        [(Some(3), DenyCode::BlockAfterPresentation)],
    );
    raw.proof = presented().proof;
    refused(decided(&raw), [(Some(2), DenyCode::NotCanonical)]);
}

/// The first hop delegates to it, so the owner's signature is the only one by a secret key.
#[test]
fn an_owners_hop_that_delegates_to_the_published_key() {
    let mut raw = mint(first());
    raw.blocks[0].next_key = terminal().public_key().to_bytes().to_vec();
    raw.sign(0, &alice());
    let closed = RawToken { proof: presented().proof, ..raw.clone() };
    refused(decided(&closed), [(None, DenyCode::NotPresented)]);
    refused(decided(&present(raw, &terminal())), [(Some(1), DenyCode::BlockAfterPresentation)]);
}

#[test]
fn a_presentation_in_the_place_of_a_hop() {
    let mut raw = presented();
    raw.blocks[1].content = present(mint(first()), &planner()).blocks[1].content.clone();
    raw.sign(1, &planner());
    raw.sign(2, &researcher());
    refused(decided(&raw), [(Some(1), DenyCode::NotCanonical)]);
}

#[test]
fn a_hop_in_the_place_of_the_presentation() {
    let words = held().delegate(&researcher(), second(), now()).blocks[2].content.clone();
    let key = terminal().public_key().to_bytes();
    let raw = RawToken { proof: presented().proof, ..held().block(&researcher(), words, &key) };
    refused(decided(&raw), [(Some(2), DenyCode::NotCanonical)]);
}

/// A later block may use the strings of an earlier one, which differ in another chain.
#[test]
fn a_block_whose_strings_mean_something_else_after_another_hop() {
    let read = |own: &str| {
        let all = Capability::new(own, "accounts/**").and_then(|own| own.with_arg("limit", []));
        mint(grant("planner", &planner(), all.unwrap(), Duration::hours(8)).with_max_hops(1))
    };
    let (reads, deletes) = (read("crm.read"), read("crm.erase"));
    let narrow = reads.delegate(&planner(), second_of("crm.read"), now());
    // The planner signs the content of its hop for the other chain, where it means `crm.erase`.
    let words = narrow.blocks[1].content.clone();
    let moved = deletes.block(&planner(), words, &researcher().public_key().to_bytes());
    refused(decided(&present(moved, &researcher())), [(Some(1), DenyCode::WrongParent)]);
}
