//! Floods of hops: the key that makes them is summarised, and nobody else loses by it.

use deputize::{Decision, Grant, Owner, Principal, PublicKey, Signer, SigningKey, Token};
use deputize_audit::{Review, Reviewer, Usage};

use crate::cast::{
    Place, alice, capabilities, day, decide, of, planner, planners, request, researcher, start,
};

/// Hops below one key that are reviewed one by one, and below one root.
const OF_KEY: usize = 1_250;
const OF_ROOT: usize = 2_500;

fn key(number: usize) -> SigningKey {
    let mut bytes = [9; 32];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    SigningKey::from_bytes(&bytes)
}

/// A key without its private part, to make many of them quickly.
fn to(number: usize) -> PublicKey {
    key(number).public_key()
}

/// This owner lets an agent read.
fn minted(owner: &str, root: &SigningKey, agent: &str, key: PublicKey) -> Token {
    let to = Principal::agent(agent, key).unwrap();
    let grant = Grant::new(to, capabilities(&["crm.read **"]), day(30), "CRM work").unwrap();
    Token::mint(Owner::human(owner).unwrap(), root, grant.with_max_hops(1), start()).unwrap()
}

/// The planner makes a helper of this number.
fn helpers(planners: &Token, number: usize) -> Token {
    let agent = Principal::agent("helper", to(number)).unwrap();
    let grant = Grant::new(agent, capabilities(&["crm.read **"]), day(20), "help").unwrap();
    planners.delegate(&planner(), grant, start()).unwrap()
}

fn read(token: &Token, holder: &SigningKey) -> Decision {
    let decision = decide(token, holder, &request("crm.read", "accounts/1", "{}"), day(1));
    assert!(decision.is_allowed(), "{decision:?}");
    decision
}

/// A review of a log with one call of alice's researcher, and of these tokens before it.
fn reviewed(tokens: impl Iterator<Item = Token>, more: Vec<Decision>) -> Review {
    let place = Place::new();
    let own = minted("alice@acme.com", &alice(), "researcher", researcher().public_key());
    let call = [read(&own, &researcher())];
    place.write(&more.into_iter().chain(call).collect::<Vec<_>>());
    let reviewer = tokens.fold(Reviewer::new(day(2)), Reviewer::with_token);
    place.review(&reviewer)
}

fn is_reviewed(review: &Review, agent: &str) {
    let own = of(review, agent);
    assert_eq!((own.calls, own.rights[0].usage), (1, Usage::Used));
    assert!(!own.has_findings());
}

#[test]
fn an_agent_that_makes_many_hops_is_summarised_and_the_others_are_reviewed() {
    let planners = planners(capabilities(&["crm.read **"]));
    let late = vec![read(&helpers(&planners, 0), &key(0)), read(&helpers(&planners, 0), &key(0))];
    let flood = (1..=OF_KEY + 9).map(|number| helpers(&planners, number));
    let review = reviewed(flood, late);
    is_reviewed(&review, "researcher");
    assert_eq!(review.hops.len(), OF_KEY + 1);
    let [crowded] = &review.crowded[..] else { panic!("{:?}", review.crowded) };
    assert_eq!(crowded.delegate.key(), planner().public_key());
    assert_eq!(crowded.owner.1, alice().public_key());
    // The planner's own hop has room, and ten helpers and the one that calls twice have none.
    assert_eq!((crowded.hops, crowded.has_more, crowded.uses), (10 + 1, false, 2));
    assert_eq!(review.more, 0);
    assert!(review.has_findings(), "hops that are not reviewed are no clean review");
}

#[test]
fn an_owner_that_makes_many_hops_leaves_room_for_others() {
    let flood = (0..OF_ROOT + 5).map(|number| minted("bob", &key(1 << 20), "many", to(number)));
    let review = reviewed(flood, Vec::new());
    is_reviewed(&review, "researcher");
    assert_eq!(review.hops.len(), OF_ROOT + 1);
    assert_eq!((review.crowded.len(), review.more), (5, 0));
    let bob = key(1 << 20).public_key();
    assert!(review.crowded.iter().all(|own| own.owner.1 == bob && own.hops == 1));
}

/// The number of hops that are told apart is bounded, too.
#[test]
fn a_greater_flood_is_counted_up_to_a_bound() {
    let planners = planners(capabilities(&["crm.read **"]));
    let flood = (0..OF_KEY + 1_100).map(|number| helpers(&planners, number));
    let review = reviewed(flood, Vec::new());
    is_reviewed(&review, "researcher");
    let crowded = &review.crowded[0];
    assert_eq!((crowded.hops, crowded.has_more), (1024, true));
}
