//! Reports of held tokens: proven as far as signatures go, and never leave to do anything.

use std::collections::HashSet;

use crate::common::{
    alice, anchor, held, key, mint, now, presented, researcher, second, shown, thief, verifier,
    verifier_of,
};
use deputize::forge::Forge;
use deputize::{
    Code, Hop, OperationPattern, Replays, Report, Revocation, Signer, Token, TrustAnchor, Verdict,
    Verifier,
};
use time::Duration;

fn token(forge: &Forge) -> Token {
    Token::parse(&forge.to_text()).unwrap()
}

fn of(verifier: &Verifier, forge: &Forge) -> Report {
    Report::of_token(verifier, &token(forge), now())
}

fn codes(report: &Report) -> Vec<(Option<usize>, Code)> {
    report.reasons.iter().map(|reason| (reason.hop, reason.code)).collect()
}

#[test]
fn a_chain_that_stands_is_proven_but_possession_is_not() {
    let report = of(&verifier(), &held());
    assert_eq!(report.verdict, Verdict::Verified);
    assert!(report.authentic && report.trusted && report.hops.iter().all(|hop| hop.trusted));
    assert_eq!(report.presentation, None);
    insta::assert_snapshot!("held", report.to_string());
}

#[test]
fn the_same_hops_as_of_the_presentation() {
    let chain = verifier().verify(shown(&presented()), now()).unwrap();
    assert_eq!(of(&verifier(), &held()).hops, Report::of_chain(&chain).hops);
}

/// Whoever holds the planner's token holds one that was delegated to the planner and no further.
#[test]
fn a_chain_without_its_last_hop_is_its_parent() {
    let mut forge = held();
    forge.blocks.pop();
    let report = of(&verifier(), &forge);
    assert_eq!(report.verdict, Verdict::Verified);
    assert_eq!(report.hops.len(), 1);
}

#[test]
fn what_does_not_stand_is_refused_with_all_reasons() {
    let late = now() + Duration::days(1);
    let report = Report::of_token(&verifier(), &token(&held()), late);
    assert_eq!(report.verdict, Verdict::Deny);
    assert!(report.authentic, "the signatures hold all the same");
    assert_eq!(codes(&report), [(Some(0), Code::Expired), (Some(1), Code::Expired)]);

    let chain = verifier().verify(shown(&presented()), now()).unwrap();
    let revoked: HashSet<_> = chain.hops().iter().skip(1).map(Hop::id).collect();
    let strict = Verifier::new(
        anchor(),
        Revocation::checked_with(revoked),
        Replays::accepted_for([OperationPattern::Any]),
    );
    assert_eq!(codes(&of(&strict, &held())), [(Some(1), Code::Revoked)]);

    let twice = held().delegate(&researcher(), second(), now());
    let report = of(&verifier(), &twice);
    assert_eq!(codes(&report), [(Some(2), Code::SelfDelegation)]);
}

#[test]
fn what_is_not_authentic_or_not_trusted_is_said_to_be_so() {
    let stranger = TrustAnchor::for_any_owner(key(50).public_key());
    let report = of(&verifier_of(stranger), &held());
    assert_eq!(codes(&report), [(None, Code::UntrustedRoot)]);
    assert!(report.authentic && !report.trusted && report.hops.iter().all(|hop| !hop.trusted));

    for (hop, signer) in [(0, thief()), (1, alice()), (1, researcher())] {
        let mut forge = held();
        forge.sign(hop, &signer);
        let report = Report::of_bytes(forge.to_bytes(), Some(&verifier()), now()).unwrap();
        assert_eq!(codes(&report), [(Some(hop), Code::BadSignature)]);
        assert_eq!(report.verdict, Verdict::Deny);
        assert_eq!(report.hops.len(), hop, "what nobody signed who should have is not shown");
        assert_eq!((report.authentic, report.trusted), (false, hop > 0));
    }

    let bob = TrustAnchor::new(alice().public_key(), "bob@acme.com");
    let report = of(&verifier_of(bob), &held());
    assert_eq!(codes(&report), [(Some(0), Code::OwnerNotTrusted)]);
    assert!(report.authentic && report.hops.iter().all(|hop| !hop.trusted));
}

#[test]
fn limits_hold_for_held_tokens_too() {
    let short = verifier().with_max_hops(1);
    assert_eq!(codes(&of(&short, &held())), [(None, Code::TooManyHops)]);
    assert_eq!(of(&short, &mint(crate::common::first())).verdict, Verdict::Verified);
    let small = verifier().with_max_token_bytes(100);
    assert_eq!(codes(&of(&small, &held())), [(None, Code::TooLong)]);
}
