//! A token answers its holder as every verifier decides: with the same reasons about hops, in
//! the same order, for the same call and time.

use crate::random::{NOW, case};
use crate::source::Source;
use deputize::{
    DenyCode, OperationPattern, PresentOptions, Reason, ReplayPolicy, RevocationPolicy, Signer,
    Token, TrustAnchor, Verifier,
};
use time::Duration;

const CASES: u64 = 1_000;

#[test]
fn a_token_answers_as_a_verifier_decides() {
    let (mut permitted, mut refused) = (0, 0);
    for seed in 0..CASES {
        let mut source = Source(seed + 71_000_000);
        let case = case(&mut source);
        let Ok(token) = Token::from_bytes(case.held.to_bytes()) else {
            panic!("case {seed} is not a held token");
        };
        let verifier = Verifier::new(
            TrustAnchor::for_any_owner(case.keys[0].public_key()),
            RevocationPolicy::OnlyByExpiry { at_most: Duration::MAX },
            ReplayPolicy::accepted_for([OperationPattern::Any]),
        );
        let now = NOW + Duration::seconds(source.below(400) as i64 - 200);
        let holder = &case.keys[case.chain.len()];
        let options = PresentOptions::default().anyway();
        let presentation = token.present_with(holder, &case.request, now, options).unwrap();
        let decision = verifier.decide(presentation, case.request.clone(), now);
        let expected: Vec<Reason> = match decision.into_result() {
            Ok(_) => Vec::new(),
            Err(denial) => denial.reasons().to_vec(),
        };
        let answer = token.would_permit(&case.request, now);
        let found = answer.as_ref().map_or_else(|why| why.reasons().to_vec(), |()| Vec::new());
        assert_eq!(found, expected, "case {seed}");
        // By default, a holder presents what is permitted and nothing else.
        let presented = token.present(holder, &case.request, now);
        assert_eq!(presented.is_ok(), answer.is_ok(), "case {seed}");
        match answer {
            Ok(()) => permitted += 1,
            Err(why) => {
                assert!(!why.reasons().is_empty());
                refused += 1;
            }
        }
    }
    assert!(permitted > CASES / 20 && refused > CASES / 4, "{permitted} {refused}");
}

/// The effective bounds of a token are those at which its answer changes.
#[test]
fn the_bounds_of_a_token_are_those_of_its_answers() {
    let mut seen = 0;
    for seed in 0..CASES {
        let mut source = Source(seed + 72_000_000);
        let case = case(&mut source);
        let token = Token::from_bytes(case.held.to_bytes()).unwrap();
        if token.would_permit(&case.request, NOW).is_err() {
            continue;
        }
        seen += 1;
        let has = |at, code| token.would_permit(&case.request, at).is_err_and(|why| why.has(code));
        let second = Duration::seconds(1);
        assert!(has(token.expires(), DenyCode::Expired));
        assert!(!has(token.expires() - second, DenyCode::Expired));
        if let Some(start) = token.not_before() {
            assert!(has(start - second, DenyCode::NotYetValid));
        }
        if let Some(services) = token.audience() {
            assert!(services.contains(case.request.audience()));
        }
        assert_eq!(token.hop_ids().len(), token.hops().len());
    }
    assert!(seen > 30, "{seen}");
}
