//! A verified chain and its hops return what was signed.

use crate::common::{
    TOKEN_ID, agent, alice, anchor, first, mint, now, owner, planner, present, request,
};
use crate::common::{researcher, second, shown, verifier};
use deputize::{Hop, HopId, PrincipalKind, Signer, Token};
use time::Duration;

#[test]
fn a_verified_chain_returns_its_parties_and_grants() {
    let later = now() + Duration::seconds(3);
    let raw = mint(first()).delegate(&planner(), second(), later);
    let raw = present(raw, &researcher());
    let chain = verifier().verify(shown(&raw), later).unwrap();
    assert_eq!((chain.owner(), chain.root_key()), (&owner(), alice().public_key()));
    assert_eq!((chain.token_id(), chain.audience()), (TOKEN_ID, "crm.acme.com"));
    assert_eq!(chain.verified_at(), later);
    assert_eq!(chain.holder(), &agent("researcher", &researcher()));

    let hops = chain.hops();
    assert_eq!(hops.len(), 2);
    let from = hops[0].delegator();
    assert_eq!((from.name(), from.kind()), ("alice@acme.com", PrincipalKind::Human));
    assert_eq!(from.key(), alice().public_key());
    assert_eq!(hops[0].delegate(), &agent("planner", &planner()));
    assert_eq!(hops[1].delegator(), hops[0].delegate());
    assert_eq!((hops[0].grant(), hops[1].grant()), (&first(), &second()));
    assert_eq!((hops[0].issued(), hops[1].issued()), (now(), later));
    let ids: Vec<_> = hops.iter().map(|hop| hop.id().to_bytes()).collect();
    assert_ne!(ids[0], ids[1]);
    assert_eq!(HopId::from_bytes(ids[0]), hops[0].id());

    let decision = chain.authorize(request(), now());
    assert!(decision.is_allowed());
    let permit = decision.into_result().unwrap();
    assert_eq!(permit.request(), &request());
    assert_eq!(permit.chain().token_id(), TOKEN_ID);
    assert_eq!(anchor().key(), alice().public_key());
}

#[test]
fn a_held_token_returns_the_same_unverified() {
    let token = Token::mint(owner(), &alice(), first(), now()).unwrap();
    let token = token.delegate(&planner(), second(), now()).unwrap();
    assert_eq!(token.claimed_owner(), &owner());
    assert_eq!(token.root_key(), alice().public_key());
    assert_eq!(token.holder(), &agent("researcher", &researcher()));
    assert!(token.hops().iter().map(Hop::grant).eq([&first(), &second()]));
    let read = Token::parse(&token.to_text()).unwrap();
    assert_eq!((read.as_bytes(), read.to_text()), (token.as_bytes(), token.to_text()));
}
