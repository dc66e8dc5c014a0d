//! Decisions in two steps: the service asks its own store in between.

use deputize::{
    Arrival, CalledBy, Decision, DenyCode, PendingUse, Presented, ReplayError, ReplayPolicy,
    Request, RevocationPolicy, RevokedHops, Step, TrustAnchor, Verifier,
};
use time::Duration;

use crate::common::{
    NONCE, WINDOW, anchor, held, now, presented, refused, request, request_for, researcher, shown,
    verifier,
};

const ALLOW_ALL_DAY: RevocationPolicy = RevocationPolicy::OnlyByExpiry { at_most: Duration::DAY };

fn asking() -> Verifier {
    Verifier::new(anchor(), ALLOW_ALL_DAY, ReplayPolicy::refused_in_two_steps())
}

fn pending(verifier: &Verifier) -> PendingUse {
    match verifier.begin(shown(&presented()), request(), now()) {
        Step::Use(pending) => pending,
        other => panic!("{other:?}"),
    }
}

/// A decision that waits for a store holds nothing of the caller's, and another thread may conclude
/// it.
#[test]
fn a_pending_decision_can_wait_in_any_task() {
    fn sendable<T: Send + Sync + 'static>() {}
    sendable::<Step>();
    sendable::<PendingUse>();
    let pending = pending(&asking());
    let decision = std::thread::spawn(move || {
        let used = pending.presented().answered(Ok(()));
        pending.conclude(used, now())
    });
    let Decision::Allow(permit) = decision.join().unwrap() else { panic!("refused") };
    assert_eq!(permit.request(), &request());
    assert_eq!(permit.called_by(), CalledBy::Holder);
}

#[test]
fn a_store_that_refuses_or_cannot_tell() {
    for (answer, code) in [
        (ReplayError::Replayed, DenyCode::Replayed),
        (ReplayError::Full, DenyCode::ReplayGuardFull),
        (ReplayError::ShareFull, DenyCode::ReplayGuardFull),
        (ReplayError::Unknown("timed out".to_owned()), DenyCode::ReplayUnknown),
    ] {
        let pending = pending(&asking());
        let answer = pending.presented().answered(Err(answer));
        refused(pending.conclude(answer, now()), [(Some(2), code)]);
    }
}

/// Two calls wait at once, and the service confuses their answers.
#[test]
fn the_answer_about_another_presentation() {
    let verifier = asking();
    let pending = pending(&verifier);
    let other = held().present(&researcher(), &request(), now(), WINDOW, [9; 16]);
    let Step::Use(other) = verifier.begin(shown(&other), request(), now()) else { panic!() };
    let answer = other.presented().answered(Ok(()));
    refused(pending.conclude(answer, now()), [(Some(2), DenyCode::ReplayUnknown)]);

    // Nor is a refused call attributed to the holder by it.
    let call = || request_for("accounts/apac/1");
    let out_of_reach = |nonce| held().present(&researcher(), &call(), now(), WINDOW, nonce);
    let begin = |nonce| match verifier.begin(shown(&out_of_reach(nonce)), call(), now()) {
        Step::Note(pending) => pending,
        other => panic!("{other:?}"),
    };
    let answer = begin([9; 16]).presented().answered(Arrival::First);
    let denial = begin(NONCE).conclude(answer);
    assert_eq!(denial.called_by(), CalledBy::Unknown);
    let pending = begin(NONCE);
    let answer = pending.presented().answered(Arrival::First);
    assert_eq!(pending.conclude(answer).called_by(), CalledBy::Holder);
    assert_eq!(begin(NONCE).unanswered().called_by(), CalledBy::Unknown);
}

/// A chain that ends while the store is asked is not allowed by the answer.
#[test]
fn what_ends_between_the_steps() {
    let conclude = |verifier: &Verifier, after: Duration| {
        let pending = pending(verifier);
        let used = pending.presented().answered(Ok(()));
        pending.conclude(used, now() + after)
    };
    assert!(conclude(&asking(), WINDOW).is_allowed());
    let late = conclude(&asking(), WINDOW + Duration::SECOND);
    refused(late, [(Some(2), DenyCode::PresentationNotFresh)]);
    // A clock that went back does not matter.
    assert!(conclude(&asking(), -Duration::HOUR).is_allowed());

    let brief = Verifier::new(
        anchor().with_valid_until(now() + Duration::seconds(5)),
        ALLOW_ALL_DAY,
        ReplayPolicy::refused_in_two_steps(),
    );
    assert!(conclude(&brief, Duration::seconds(4)).is_allowed());
    let Decision::Deny(denial) = conclude(&brief, Duration::seconds(6)) else { panic!() };
    assert!(denial.has(DenyCode::AnchorNotValid), "{denial}");
    assert_eq!(denial.called_by(), CalledBy::Unknown);
}

#[test]
fn a_hop_that_is_revoked_while_the_service_runs() {
    let revoked = RevokedHops::default();
    let policy = RevocationPolicy::checked_with(revoked.clone());
    let verifier = Verifier::new(anchor(), policy, ReplayPolicy::refused_in_two_steps());
    let used = |pending: PendingUse, after: Duration| {
        let answer = pending.presented().answered(Ok(()));
        pending.conclude(answer, now() + after)
    };
    let waiting = [pending(&verifier), pending(&verifier)];
    let [hop, _] = held().hop_ids()[..] else { panic!() };
    assert!(revoked.revoke(hop) && !revoked.revoke(hop));
    assert_eq!((revoked.len(), revoked.is_empty()), (1, false));
    // Also within the same second, and if the clock went back meanwhile.
    for (pending, after) in waiting.into_iter().zip([Duration::ZERO, -Duration::HOUR]) {
        refused(used(pending, after), [(Some(0), DenyCode::Revoked)]);
    }
    let Step::Note(refused) = verifier.begin(shown(&presented()), request(), now()) else {
        panic!()
    };
    assert!(refused.unanswered().has(DenyCode::Revoked));
}

/// The service's own policy is asked before the store, and never for a call that is refused anyway.
#[test]
fn a_policy_is_asked_in_the_first_step() {
    let begin = |call: Request, answer: Result<(), String>| {
        asking().begin_with_policy(shown(&presented()), call, now(), |_, _| answer)
    };
    assert!(matches!(begin(request(), Ok(())), Step::Use(_)));
    let Step::Note(pending) = begin(request(), Err("not today".to_owned())) else { panic!() };
    assert!(pending.unanswered().has(DenyCode::PolicyRefused));
    let wrong = asking().begin_with_policy(shown(&presented()), request_for("x"), now(), |_, _| {
        panic!("asked about a call that is refused")
    });
    let Step::Decided(Decision::Deny(denial)) = wrong else { panic!() };
    assert!(denial.has(DenyCode::WrongRequest));
}

/// A verifier whose replays are refused in two steps allows nothing in one.
#[test]
fn one_step_without_the_store() {
    let decision = asking().decide(shown(&presented()), request(), now());
    let Decision::Deny(denial) = &decision else { panic!() };
    assert_eq!(denial.called_by(), CalledBy::Unknown, "the store was not asked");
    refused(decision, [(Some(2), DenyCode::NoReplayGuard)]);
    let chain = asking().verify(shown(&presented()), now()).unwrap();
    refused(chain.authorize(request(), now()), [(Some(2), DenyCode::NoReplayGuard)]);
    let chain = asking().verify(shown(&presented()), now()).unwrap();
    assert!(matches!(chain.begin(request(), now()), Step::Use(_)));

    let reads = ReplayPolicy::accepted_for(["crm.read".parse().unwrap()]);
    let reading = Verifier::new(anchor(), ALLOW_ALL_DAY, reads.or_refused_in_two_steps());
    assert!(reading.decide(shown(&presented()), request(), now()).is_allowed());
    let decided = reading.begin(shown(&presented()), request(), now());
    assert!(matches!(decided, Step::Decided(Decision::Allow(_))));
}

/// A verifier with a guard of its own asks it in the first step. A presentation under a root that
/// is not trusted reaches no store, in one step or in two.
#[test]
fn no_store_is_asked_in_vain() {
    let own = verifier();
    let begin = || own.begin(shown(&presented()), request(), now());
    assert!(matches!(begin(), Step::Decided(Decision::Allow(_))));
    let Step::Decided(again) = begin() else { panic!() };
    refused(again, [(Some(2), DenyCode::Replayed)]);

    let stranger = TrustAnchor::for_any_owner(deputize::Signer::public_key(&researcher()));
    let verifier = Verifier::new(stranger, ALLOW_ALL_DAY, ReplayPolicy::refused_in_two_steps());
    let begun = verifier.begin(shown(&presented()), request(), now());
    assert!(matches!(begun, Step::Decided(Decision::Deny(_))), "{begun:?}");
}

/// A store learns what it needs from the facts alone, in any language.
#[test]
fn the_facts_for_a_store() {
    let Presented { id, first_hop, from, until, now: at } = *pending(&asking()).presented();
    let chain = presented();
    assert_eq!(id, chain.hop_ids()[2]);
    assert_eq!(first_hop, chain.hop_ids()[0]);
    assert_eq!((from, until, at), (now() - WINDOW, now() + WINDOW, now()));
}
