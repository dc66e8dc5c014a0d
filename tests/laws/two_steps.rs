//! A decision in two steps, with the answers of a guard, is the decision that a verifier with that
//! guard makes in one step.

use crate::random::{NOW, case};
use crate::source::Source;
use deputize::{
    CalledBy, Decision, MemoryReplayGuard, OperationPattern, PresentOptions, ReplayGuard,
    ReplayPolicy, Report, Request, RevocationPolicy, Signer, Step, Token, TrustAnchor, Verifier,
};
use time::Duration;

const CASES: u64 = 500;

#[test]
fn two_steps_decide_as_one() {
    let (mut allowed, mut replayed, mut by_unknown) = (0, 0, 0);
    for seed in 0..CASES {
        let mut source = Source(seed + 73_000_000);
        let case = case(&mut source);
        let holder = &case.keys[case.chain.len()];
        let root = if source.below(20) == 0 { holder } else { &case.keys[0] };
        let of = |replays| {
            let revocation = RevocationPolicy::OnlyByExpiry { at_most: Duration::MAX };
            Verifier::new(TrustAnchor::for_any_owner(root.public_key()), revocation, replays)
        };
        let guard = || MemoryReplayGuard::for_new_audience(8);
        let repeatable = source.below(4) == 0;
        let (one, two) = match repeatable {
            false => {
                (of(ReplayPolicy::refused_by(guard())), of(ReplayPolicy::refused_in_two_steps()))
            }
            true => {
                let policy = ReplayPolicy::accepted_for([OperationPattern::Any]);
                (of(policy.clone().or_refused_by(guard())), of(policy.or_refused_in_two_steps()))
            }
        };
        let store = guard();
        let now = NOW + Duration::seconds(source.below(100) as i64 - 20);
        let token = Token::from_bytes(case.held.to_bytes()).unwrap();
        let options = PresentOptions::default().anyway();
        let presentation = token.present_with(holder, &case.request, now, options).unwrap();
        let other = Request::new("x.y", "z", case.request.audience()).unwrap();
        let has_policy = source.below(8) == 0;
        for _ in 0..4 {
            let request = if source.below(4) == 0 { &other } else { &case.request }.clone();
            let later = now + Duration::seconds(source.below(25) as i64);
            let policy = move |_: &_, _: &Request| match has_policy {
                true => Err("not today".to_owned()),
                false => Ok(()),
            };
            let expected =
                one.decide_with_policy(presentation.clone(), request.clone(), later, policy);
            let found = match two.begin_with_policy(presentation.clone(), request, later, policy) {
                Step::Decided(decision) => decision,
                Step::Use(pending) => {
                    let answer = pending.presented().answered(store.consume(pending.presented()));
                    pending.conclude(answer, later)
                }
                Step::Note(pending) => {
                    let answer = pending.presented().answered(store.note(pending.presented()));
                    Decision::Deny(pending.conclude(answer))
                }
            };
            assert_eq!(Report::of(&found), Report::of(&expected), "case {seed}");
            match &expected {
                Decision::Allow(_) => allowed += 1,
                Decision::Deny(denial) => {
                    replayed += u64::from(denial.has(deputize::DenyCode::Replayed));
                    by_unknown += u64::from(denial.called_by() == CalledBy::Unknown);
                }
            }
        }
    }
    assert!(allowed > 50 && replayed > 30 && by_unknown > 300, "{allowed} {replayed} {by_unknown}");
}
