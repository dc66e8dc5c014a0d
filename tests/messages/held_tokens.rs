//! Reports of held tokens: their chain is verified, but they never permit a call.

use std::collections::HashSet;

use crate::common::{
    alice, anchor, held, key, mint, now, presented, researcher, second, shown, thief, verifier,
    verifier_of,
};
use deputize::testing::RawToken;
use deputize::{
    DenyCode, Hop, OperationPattern, ReplayPolicy, Report, RevocationPolicy, Signer, Token,
    TrustAnchor, Verdict, Verifier,
};
use time::Duration;

fn token(raw: &RawToken) -> Token {
    Token::parse(&raw.to_text()).unwrap()
}

fn of(verifier: &Verifier, raw: &RawToken) -> Report {
    Report::of_token(verifier, &token(raw), now())
}

fn codes(report: &Report) -> Vec<(Option<usize>, DenyCode)> {
    report.reasons.iter().map(|reason| (reason.hop, reason.code)).collect()
}

#[test]
fn a_valid_chain_is_verified_without_possession() {
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

/// The planner's token was delegated to the planner and no further.
#[test]
fn a_chain_without_its_last_hop_is_its_parent() {
    let mut raw = held();
    raw.blocks.pop();
    let report = of(&verifier(), &raw);
    assert_eq!(report.verdict, Verdict::Verified);
    assert_eq!(report.hops.len(), 1);
}

#[test]
fn an_invalid_chain_is_refused_with_all_reasons() {
    let late = now() + Duration::days(1);
    let report = Report::of_token(&verifier(), &token(&held()), late);
    assert_eq!(report.verdict, Verdict::Deny);
    assert!(report.authentic, "the signatures are valid all the same");
    assert_eq!(codes(&report), [(Some(0), DenyCode::Expired), (Some(1), DenyCode::Expired)]);

    let chain = verifier().verify(shown(&presented()), now()).unwrap();
    let revoked: HashSet<_> = chain.hops().iter().skip(1).map(Hop::id).collect();
    let strict = Verifier::new(
        anchor(),
        RevocationPolicy::checked_with(revoked),
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    );
    assert_eq!(codes(&of(&strict, &held())), [(Some(1), DenyCode::Revoked)]);

    let twice = held().delegate(&researcher(), second(), now());
    let report = of(&verifier(), &twice);
    assert_eq!(codes(&report), [(Some(2), DenyCode::SelfDelegation)]);
}

#[test]
fn chains_that_are_not_authentic_or_not_trusted_are_marked() {
    let stranger = TrustAnchor::for_any_owner(key(50).public_key());
    let report = of(&verifier_of(stranger), &held());
    assert_eq!(codes(&report), [(None, DenyCode::UntrustedRoot)]);
    assert!(report.authentic && !report.trusted && report.hops.iter().all(|hop| !hop.trusted));

    for (hop, signer) in [(0, thief()), (1, alice()), (1, researcher())] {
        let mut raw = held();
        raw.sign(hop, &signer);
        let report = Report::of_bytes(raw.to_bytes(), Some(&verifier()), now()).unwrap();
        assert_eq!(codes(&report), [(Some(hop), DenyCode::BadSignature)]);
        assert_eq!(report.verdict, Verdict::Deny);
        assert_eq!(report.hops.len(), hop, "hops without a valid signature are not shown");
        assert_eq!((report.authentic, report.trusted), (false, hop > 0));
    }

    let bob = TrustAnchor::new(alice().public_key(), "bob@acme.com");
    let report = of(&verifier_of(bob), &held());
    assert_eq!(codes(&report), [(Some(0), DenyCode::OwnerNotTrusted)]);
    assert!(report.authentic && report.hops.iter().all(|hop| !hop.trusted));
}

#[test]
fn limits_hold_for_held_tokens_too() {
    let short = verifier().with_max_hops(1);
    assert_eq!(codes(&of(&short, &held())), [(None, DenyCode::ChainTooLong)]);
    assert_eq!(of(&short, &mint(crate::common::first())).verdict, Verdict::Verified);
    let small = verifier().with_max_token_bytes(100);
    assert_eq!(codes(&of(&small, &held())), [(None, DenyCode::TokenTooLong)]);
}
