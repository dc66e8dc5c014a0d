//! Laws of every chain, on thousands of random ones.

use crate::narrowing::narrower;
use crate::random::{Case, NOW, args, capability, case};
use crate::source::Source;
use deputize::testing::{RawProof, RawToken};
use deputize::{
    Capability, Decision, DenyCode, Grant, OperationPattern, Owner, Presentation, Principal,
    ReplayPolicy, Request, RevocationPolicy, Signer, Token, TrustAnchor, Verifier,
};
use time::Duration;

pub(crate) fn verifier(case: &Case) -> Verifier {
    let anchor = TrustAnchor::new(case.keys[0].public_key(), "alice");
    Verifier::new(
        anchor,
        RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) },
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    )
}

/// The chain cut back to its first `hops` hops, presented by the holder of the last.
pub(crate) fn prefix(case: &Case, hops: usize) -> Presentation {
    let mut raw = case.held.clone();
    raw.blocks.truncate(hops);
    let window = Duration::seconds(30);
    let closed = raw.present(&case.keys[hops], &case.request, NOW, window, [3; 16]);
    Presentation::from_bytes(closed.to_bytes()).unwrap()
}

/// Law 1: authority only narrows.
#[test]
fn every_prefix_of_a_chain_allows_what_the_chain_allows() {
    let mut allowed = 0;
    for number in 0..6_000 {
        let case = case(&mut Source(number));
        let hops = case.chain.len();
        let verifier = verifier(&case);
        let decide = |hops| verifier.decide(prefix(&case, hops), case.request.clone(), NOW);
        if !decide(hops).is_allowed() {
            continue;
        }
        allowed += hops - 1;
        for shorter in 1..hops {
            if let Decision::Deny(denial) = decide(shorter) {
                panic!("case {number}: {shorter} of {hops} hops deny: {:?}", denial.reasons());
            }
        }
    }
    assert!(allowed > 200, "only {allowed} prefixes were checked");
}

/// Decoding a block gives the encoded values, and encoding them again gives the same bytes.
#[test]
fn reading_and_writing_are_inverse() {
    for number in 0..2_000 {
        let case = case(&mut Source(number));
        let Ok(token) = Token::parse(&case.held.to_text()) else {
            assert!(case.chain.is_empty(), "case {number} cannot be read");
            continue;
        };
        let read: Vec<Grant> = token.hops().iter().map(|hop| hop.grant().clone()).collect();
        assert_eq!(read, case.chain, "case {number}");
        let issued = NOW - Duration::seconds(60);
        let owner = Owner::human("alice").unwrap();
        let mut again: Option<RawToken> = None;
        for (grant, key) in read.into_iter().zip(&case.keys) {
            again = Some(match again {
                None => RawToken::mint(owner.clone(), key, grant, issued, [7; 16]),
                Some(before) => before.delegate(key, grant, issued),
            });
        }
        assert_eq!(again.unwrap().to_bytes(), case.held.to_bytes(), "case {number}");
        let apart = RawToken::take_apart(case.presentation.as_bytes()).unwrap();
        assert_eq!(apart.to_bytes(), case.presentation.as_bytes(), "case {number}");
    }
}

/// A child that `delegate` accepts allows no call that its parent would not allow.
#[test]
fn delegate_accepts_nothing_that_widens() {
    let (mut accepted, mut refused, mut calls) = (0, 0, 0);
    for number in 0..20_000 {
        let mut source = Source(number + 1_000_000);
        let mut capabilities: Vec<Capability> =
            (0..=source.below(2)).map(|_| capability(&mut source)).collect();
        let parent = capabilities.clone();
        // Half of the children are derived from their parents, so that many narrow them.
        if source.chance(50) {
            let at = source.below(capabilities.len());
            capabilities[at] = capability(&mut source);
        } else {
            capabilities = vec![narrower(&mut source, &parent)];
        }
        let case = case(&mut Source(0));
        let [alice, planner, researcher] = [&case.keys[0], &case.keys[1], &foreign_key()];
        let grant = |key, capabilities: &[Capability]| {
            let to = Principal::agent("agent", key).unwrap();
            let end = NOW + Duration::hours(1);
            Grant::new(to, capabilities.to_vec(), end, "a purpose")
        };
        let outer = grant(planner.public_key(), &parent);
        let inner = grant(researcher.public_key(), &capabilities);
        let (Ok(outer), Ok(inner)) = (outer, inner) else { continue };
        let outer = outer.with_max_hops(1);
        let owner = Owner::human("alice").unwrap();
        let token = Token::mint(owner, alice, outer, NOW).unwrap();
        if token.delegate(planner, inner.clone(), NOW).is_err() {
            refused += 1;
            continue;
        }
        accepted += 1;
        for _ in 0..12 {
            let request = request(&mut source, &inner);
            if capabilities.iter().any(|own| own.permits(&request)) {
                calls += 1;
                assert!(
                    parent.iter().any(|own| own.permits(&request)),
                    "number {number}: {capabilities:?} widens {parent:?} by {request:?}"
                );
            }
        }
    }
    assert!(accepted > 1_000 && refused > 1_000, "accepted {accepted}, refused {refused}");
    assert!(calls > 3_000, "only {calls} calls were allowed");
}

fn foreign_key() -> deputize::SigningKey {
    deputize::SigningKey::from_bytes(&[99; 32])
}

fn request(source: &mut Source, grant: &Grant) -> Request {
    let operation = source.pick(&["crm.read", "crm.write", "crm", "crm.read.all", "mail.send"]);
    let resource = source.pick(&["a", "a/b", "a/b/c", "a/b/c/d", "ab", "b/a"]);
    let request = Request::new(operation, resource, "crm.acme.com").unwrap();
    request.with_arg_map(args(source, std::slice::from_ref(grant))).unwrap()
}

/// A held token is not a presentation, whatever it grants.
#[test]
fn no_held_token_is_ever_allowed() {
    for number in 0..300 {
        let case = case(&mut Source(number));
        let mut held = case.held.clone();
        for proof in [
            RawProof::FinalSignature(vec![0; 64]),
            RawProof::NextSecret(case.keys[case.chain.len()].to_bytes().to_vec()),
        ] {
            held.proof = proof;
            let presentation = Presentation::from_bytes(held.to_bytes()).unwrap();
            let decision = verifier(&case).decide(presentation, case.request.clone(), NOW);
            let Decision::Deny(denial) = decision else { panic!("case {number} is allowed") };
            assert!(denial.has(DenyCode::NotPresented), "case {number}: {:?}", denial.reasons());
        }
    }
}
