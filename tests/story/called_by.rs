//! Attribution: who made a call, and who may receive the reasons of a refusal. Nobody is blamed for
//! a call that they did not sign.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use crate::common::forging::decided_by;
use crate::common::{
    WINDOW, alice, anchor, codes, crm_request, denied, held, key, now, present, present_for,
    presented, request, researcher, shown, thief, verifier, verifier_of,
};
use deputize::testing::RawToken;
use deputize::{
    CalledBy, Decision, Denial, DenyCode, HopId, MemoryReplayGuard, OperationPattern, RefusalClass,
    ReplayPolicy, Report, Request, RevocationPolicy, RevocationSource, RevocationStatus, Signer,
    TrustAnchor, Verifier,
};
use time::{Duration, OffsetDateTime};

/// A call that the researcher made, and that its grant does not cover.
fn beyond(nonce: u8) -> (RawToken, Request) {
    let call = crm_request("crm.read", "accounts/apac/7", r#"{"limit": 5}"#);
    (held().present(&researcher(), &call, now(), WINDOW, [nonce; 16]), call)
}

fn refused_by(verifier: &Verifier, chain: &RawToken, call: &Request, at: OffsetDateTime) -> Denial {
    denied(verifier.decide(shown(chain), call.clone(), at))
}

fn called_by(decision: &Decision) -> CalledBy {
    let by = match decision {
        Decision::Allow(permit) => permit.called_by(),
        Decision::Deny(denial) => denial.called_by(),
    };
    assert_eq!(Report::of(decision).called_by, Some(by));
    by
}

/// A verifier that accepts replays, and so remembers nothing.
fn verifier_accepting_replays() -> Verifier {
    let revocation = RevocationPolicy::OnlyByExpiry { at_most: Duration::days(1) };
    Verifier::new(anchor(), revocation, ReplayPolicy::accepted_for([OperationPattern::Any]))
}

#[test]
fn a_call_is_attributed_to_the_holder_that_signed_it() {
    assert_eq!(called_by(&decided_by(verifier(), &presented())), CalledBy::Holder);
    let (chain, call) = beyond(1);
    let denial = refused_by(&verifier(), &chain, &call, now());
    assert_eq!(
        (denial.called_by(), denial.has(DenyCode::ResourceNotGranted)),
        (CalledBy::Holder, true)
    );

    // Another request, service or time, and a root that is not trusted: somebody has the bytes.
    let (other, long) = (beyond(1).1, now() + Duration::minutes(1));
    let elsewhere = Request::new("crm.read", "accounts/emea/42", "mail.acme.com").unwrap();
    for (call, at) in [(other, now()), (elsewhere, now()), (request(), long)] {
        let denial = refused_by(&verifier(), &presented(), &call, at);
        assert_eq!(denial.called_by(), CalledBy::Unknown, "{denial}");
        assert!(!denial.is_for_the_holder());
    }
    let bob = TrustAnchor::new(alice().public_key(), "bob@acme.com");
    for anchor in [bob, TrustAnchor::for_any_owner(key(50).public_key())] {
        let decision = decided_by(verifier_of(anchor), &presented());
        assert_eq!(called_by(&decision), CalledBy::Unknown);
    }
    let stolen = decided_by(verifier(), &present(held(), &thief()));
    assert_eq!(called_by(&stolen), CalledBy::Unknown);
}

/// An eavesdropper sends a refused presentation again, to have the agent charged twice.
#[test]
fn a_refused_presentation_that_arrives_again_is_attributed_to_nobody() {
    let verifier = verifier();
    let (chain, call) = beyond(1);
    let arrivals: Vec<_> =
        (0..3).map(|_| refused_by(&verifier, &chain, &call, now()).called_by()).collect();
    assert_eq!(arrivals, [CalledBy::Holder, CalledBy::Unknown, CalledBy::Unknown]);
    // A new presentation is attributed to the holder again.
    let (again, call) = beyond(2);
    assert_eq!(refused_by(&verifier, &again, &call, now()).called_by(), CalledBy::Holder);
}

/// An agent first has its own presentation refused, so that its first use would be attributed to
/// nobody.
#[test]
fn a_first_use_is_the_holders_whatever_was_noted() {
    let verifier = verifier();
    let forbid = |_: &_, _: &_| Err("not on a Monday".to_owned());
    for _ in 0..2 {
        let refused = verifier.decide_with_policy(shown(&presented()), request(), now(), forbid);
        assert!(denied(refused).has(DenyCode::PolicyRefused));
    }
    assert_eq!(called_by(&decided_by(verifier, &presented())), CalledBy::Holder);
}

/// A used presentation is refused as used, whatever else refuses it, and that reason precedes those
/// of the grants.
#[test]
fn a_used_presentation_is_attributed_to_nobody() {
    let verifier = verifier();
    assert!(decided_by(verifier.clone(), &presented()).is_allowed());
    let again = decided_by(verifier.clone(), &presented());
    assert_eq!(called_by(&again), CalledBy::Unknown);
    let forbid = |_: &_, _: &_| Err("not on a Monday".to_owned());
    let refused = verifier.decide_with_policy(shown(&presented()), request(), now(), forbid);
    assert_eq!(called_by(&refused), CalledBy::Unknown);

    // The grant was revoked meanwhile.
    let revoked = Arc::new(Mutex::new(HashSet::new()));
    let guard = ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(9));
    let verifier =
        Verifier::new(anchor(), RevocationPolicy::checked_with(Listed(revoked.clone())), guard);
    assert!(decided_by(verifier.clone(), &presented()).is_allowed());
    revoked.lock().unwrap().extend(held().hop_ids().first().copied());
    let again = denied(decided_by(verifier, &presented()));
    assert_eq!(codes(&again), [(Some(2), DenyCode::Replayed), (Some(0), DenyCode::Revoked)]);
    assert_eq!(again.called_by(), CalledBy::Unknown);
}

/// A list that grows.
struct Listed(Arc<Mutex<HashSet<HopId>>>);

impl RevocationSource for Listed {
    fn status(&self, hop: &HopId) -> RevocationStatus {
        self.0.lock().unwrap().status(hop)
    }
}

/// The report says whether first use was checked.
#[test]
fn a_report_states_that_first_use_was_not_checked() {
    let report = |verifier: Verifier| Report::of(&decided_by(verifier, &presented()));
    assert!(report(verifier()).remarks.iter().any(|own| own.contains("had not been used before")));
    let unguarded_report = report(verifier_accepting_replays());
    assert_eq!(unguarded_report.called_by, Some(CalledBy::Holder));
    assert!(unguarded_report.remarks.iter().any(|own| own.ends_with("was not checked")));
}

/// The full denial names pins, roots and limits; a stranger gets its class and nothing else.
#[test]
fn a_stranger_receives_the_class_of_the_refusal_alone() {
    let (chain, call) = beyond(1);
    let verifier = verifier();
    let first = refused_by(&verifier, &chain, &call, now());
    assert!(first.is_for_the_holder());
    let again = refused_by(&verifier, &chain, &call, now());
    assert!(!again.is_for_the_holder());
    assert!(!refused_by(&verifier_accepting_replays(), &chain, &call, now()).is_for_the_holder());

    let late = now() + Duration::days(1);
    let anchored = TrustAnchor::new(alice().public_key(), "alice@acme.com");
    let pinned = verifier_of(anchored.with_pinned(crate::common::agent("researcher", &key(9))));
    for (denial, class, text) in [
        (denied(decided_by(pinned, &presented())), RefusalClass::NotAuthentic, "not accepted here"),
        (
            denied(decided_by(verifier.clone(), &present(held(), &thief()))),
            RefusalClass::NotAuthentic,
            "not accepted here",
        ),
        (again, RefusalClass::NotGranted, "not granted"),
        (
            refused_by(&verifier, &presented(), &request(), late),
            RefusalClass::NotGranted,
            "not granted",
        ),
        (
            refused_by(&verifier, &presented(), &request(), now() + Duration::minutes(1)),
            RefusalClass::NotFresh,
            "present the token again",
        ),
        (denied(decided_by(full(), &presented())), RefusalClass::TryLater, "try again later"),
    ] {
        let answer = denial.for_stranger();
        assert_eq!(answer.class, class, "{denial}");
        assert!(answer.to_string().contains(text), "{answer}");
        assert_eq!(serde_json::to_value(answer).unwrap().as_object().unwrap().len(), 1);
    }
}

fn full() -> Verifier {
    let revocation = RevocationPolicy::OnlyByExpiry { at_most: Duration::days(1) };
    let guard = MemoryReplayGuard::for_new_audience(0);
    Verifier::new(anchor(), revocation, ReplayPolicy::refused_by(guard))
}

/// Presentations of one token cannot fill the guard for those of another.
#[test]
fn an_agent_that_floods_the_guard_shuts_out_only_itself() {
    let revocation = RevocationPolicy::OnlyByExpiry { at_most: Duration::days(1) };
    let guard = MemoryReplayGuard::for_new_audience(8);
    let verifier = Verifier::new(anchor(), revocation, ReplayPolicy::refused_by(guard));
    let nth = |n: u8| held().present(&researcher(), &request(), now(), WINDOW, [n; 16]);
    let allowed = (0..100).filter(|n| decided_by(verifier.clone(), &nth(*n)).is_allowed()).count();
    assert_eq!(allowed, 2);
    // Another token from the same owner, and so another first hop.
    let other =
        RawToken::mint(crate::common::owner(), &alice(), crate::common::first(), now(), [0x71; 16]);
    let other = present_for(other, &crate::common::planner(), &request());
    assert!(decided_by(verifier, &other).is_allowed());
}
