//! The attacker cuts a service off from its sources: the revocation source is unavailable, the
//! guard is full or does not answer. Or it holds a revoked token, or makes a call that the service
//! itself forbids, and hopes that one positive answer outweighs a negative one.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use deputize::testing::RawToken;
use deputize::{
    Arrival, Capability, ChainCache, Decision, DenyCode, HopId, MemoryReplayGuard,
    OperationPattern, Presented, ReplayError, ReplayGuard, ReplayPolicy, RevocationPolicy,
    RevocationSource, RevocationStatus, Verifier,
};

use crate::common::forging::{decided_by, hop_ids, to_the_writer};
use crate::common::{
    WINDOW, alice, anchor, crm_request, first, grant, held, mint, now, owner, planner, present,
    present_for, presented, refused, request, researcher, second, shown, thief, verifier, writer,
};
use crate::signatures::signed_again;
use time::Duration;

/// A revocation source and a replay guard that never know the answer.
struct Silent;

impl RevocationSource for Silent {
    fn status(&self, _: &HopId) -> RevocationStatus {
        RevocationStatus::Unknown
    }
}

impl ReplayGuard for Silent {
    fn consume(&self, _: &Presented) -> Result<(), ReplayError> {
        Err(ReplayError::Unknown("the database is unavailable".to_owned()))
    }

    fn note(&self, _: &Presented) -> Arrival {
        Arrival::Unknown
    }
}

/// A source or a guard that panics on its first call.
struct PanicsOnce<T> {
    inner: T,
    has_panicked: AtomicBool,
}

impl<T> PanicsOnce<T> {
    fn new(inner: T) -> Self {
        Self { inner, has_panicked: AtomicBool::new(false) }
    }

    fn panic_once(&self) {
        assert!(self.has_panicked.swap(true, Ordering::SeqCst), "the database is unavailable");
    }
}

impl RevocationSource for PanicsOnce<HashSet<HopId>> {
    fn status(&self, id: &HopId) -> RevocationStatus {
        self.panic_once();
        self.inner.status(id)
    }
}

impl ReplayGuard for PanicsOnce<MemoryReplayGuard> {
    fn consume(&self, presented: &Presented) -> Result<(), ReplayError> {
        self.panic_once();
        self.inner.consume(presented)
    }

    fn note(&self, presented: &Presented) -> Arrival {
        self.inner.note(presented)
    }
}

/// Checks that a panic makes no decision. Most services go on after a panic in one call.
#[track_caller]
fn panics(decide: impl FnOnce() -> Decision) {
    let decision = catch_unwind(AssertUnwindSafe(decide));
    assert!(decision.is_err(), "decided: {decision:?}");
}

/// Checks that the call that panicked did not use its presentation up: it is allowed once.
#[track_caller]
fn is_allowed_once(verifier: &Verifier) {
    assert!(decided_by(verifier.clone(), &presented()).is_allowed());
    refused(decided_by(verifier.clone(), &presented()), [(Some(2), DenyCode::Replayed)]);
}

/// A verifier with room for one presentation, and the same with a chain cache.
fn with_room_for_one(revocation: impl Fn() -> RevocationPolicy) -> [Verifier; 2] {
    let guard = || ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(1));
    let verifier = || Verifier::new(anchor(), revocation(), guard());
    [verifier(), verifier().with_cache(ChainCache::new(10))]
}

#[test]
fn a_policy_that_panics() {
    for verifier in with_room_for_one(by_expiry) {
        let policy = |_: &_, _: &_| panic!("the service has a bug");
        panics(|| verifier.decide_with_policy(shown(&presented()), request(), now(), policy));
        let chain = verifier.verify(shown(&presented()), now()).unwrap();
        panics(|| chain.authorize_with_policy(request(), now(), policy));
        is_allowed_once(&verifier);
    }
}

/// A policy that panicked does not affect the decision about the next call.
#[test]
fn a_policy_that_panics_at_a_call_that_is_not_granted() {
    let wide = crm_request("crm.read", "accounts/apac/7", r#"{"limit": 5}"#);
    let raw = present_for(held(), &researcher(), &wide);
    for verifier in with_room_for_one(by_expiry) {
        let policy = |_: &_, _: &_| panic!("the service has a bug");
        panics(|| verifier.decide_with_policy(shown(&presented()), request(), now(), policy));
        let decision = verifier.decide(shown(&raw), wide.clone(), now());
        refused(decision, [(Some(1), DenyCode::ResourceNotGranted)]);
        is_allowed_once(&verifier);
    }
}

#[test]
fn a_source_of_revocations_that_panics() {
    let source = || RevocationPolicy::checked_with(PanicsOnce::new(HashSet::new()));
    for verifier in with_room_for_one(source) {
        panics(|| decided_by(verifier.clone(), &presented()));
        is_allowed_once(&verifier);
    }
    for verifier in with_room_for_one(source) {
        let verified =
            catch_unwind(AssertUnwindSafe(|| verifier.verify(shown(&presented()), now())));
        assert!(verified.is_err(), "verified: {verified:?}");
        is_allowed_once(&verifier);
    }
}

/// A panic of the source does not let a revoked hop through.
#[test]
fn a_source_of_revocations_that_panics_at_a_revoked_hop() {
    let revoked: HashSet<HopId> = hop_ids(&presented()).into_iter().collect();
    let source = || RevocationPolicy::checked_with(PanicsOnce::new(revoked.clone()));
    for verifier in with_room_for_one(source) {
        panics(|| decided_by(verifier.clone(), &presented()));
        for _ in 0..2 {
            refused(
                decided_by(verifier.clone(), &presented()),
                [(Some(0), DenyCode::Revoked), (Some(1), DenyCode::Revoked)],
            );
        }
    }
}

#[test]
fn a_guard_that_panics() {
    let guarded = || guarded_by(PanicsOnce::new(MemoryReplayGuard::for_new_audience(1)));
    for verifier in [guarded(), guarded().with_cache(ChainCache::new(10))] {
        panics(|| decided_by(verifier.clone(), &presented()));
        is_allowed_once(&verifier);
    }
    let verifier = guarded();
    let chain = verifier.verify(shown(&presented()), now()).unwrap();
    panics(|| chain.authorize(request(), now()));
    is_allowed_once(&verifier);
}

/// The guard is called only for calls that everything else allows: a refused call cannot break it.
#[test]
fn a_guard_that_panics_is_not_called_for_refused_calls() {
    let verifier = guarded_by(PanicsOnce::new(MemoryReplayGuard::for_new_audience(1)));
    let decision = verifier.decide_with_policy(shown(&presented()), request(), now(), |_, _| {
        Err("not on a Monday".to_owned())
    });
    refused(decision, [(None, DenyCode::PolicyRefused)]);
    panics(|| decided_by(verifier.clone(), &presented()));
    is_allowed_once(&verifier);
}

fn with_source(source: impl RevocationSource + 'static) -> Verifier {
    let replays = ReplayPolicy::accepted_for([OperationPattern::Any]);
    Verifier::new(anchor(), RevocationPolicy::checked_with(source), replays)
}

fn by_expiry() -> RevocationPolicy {
    RevocationPolicy::OnlyByExpiry { at_most: Duration::days(365) }
}

fn guarded_by(guard: impl ReplayGuard + 'static) -> Verifier {
    Verifier::new(anchor(), by_expiry(), ReplayPolicy::refused_by(guard))
}

/// A verifier for which these hops of the standard chain are revoked.
fn revoking(hops: &[usize]) -> Verifier {
    let ids = hop_ids(&presented());
    let revoked: HashSet<HopId> = hops.iter().map(|hop| ids[*hop]).collect();
    with_source(revoked)
}

#[test]
fn a_hop_that_was_revoked() {
    refused(decided_by(revoking(&[1]), &presented()), [(Some(1), DenyCode::Revoked)]);
    refused(decided_by(revoking(&[0]), &presented()), [(Some(0), DenyCode::Revoked)]);
    assert!(decided_by(revoking(&[]), &presented()).is_allowed());
}

#[test]
fn a_chain_whose_every_hop_was_revoked() {
    refused(
        decided_by(revoking(&[0, 1]), &presented()),
        [(Some(0), DenyCode::Revoked), (Some(1), DenyCode::Revoked)],
    );
}

/// Another signature over the same content: the id depends only on the content.
#[test]
fn a_revoked_hop_signed_again_by_its_delegator() {
    let again = signed_again(1, planner());
    refused(decided_by(revoking(&[1]), &again), [(Some(1), DenyCode::Revoked)]);
}

/// The owner's own hop, signed again: the hops below it keep their ids.
#[test]
fn a_revoked_hop_after_one_that_was_signed_again() {
    let again = signed_again(0, alice());
    refused(decided_by(revoking(&[1]), &again), [(Some(1), DenyCode::Revoked)]);
}

/// Presented again, or delegated further: the revoked hop stays in the chain.
#[test]
fn a_revoked_hop_in_the_middle_of_a_longer_chain() {
    let longer = present(to_the_writer(held()), &writer());
    refused(decided_by(revoking(&[1]), &longer), [(Some(1), DenyCode::Revoked)]);
    refused(decided_by(revoking(&[0]), &longer), [(Some(0), DenyCode::Revoked)]);
}

/// A revoked token and its twin have different ids, although everything else is the same.
#[test]
fn revoking_one_token_does_not_revoke_its_twin() {
    let twin = RawToken::mint(owner(), &alice(), first(), now(), [0x71; 16]);
    let twin = present(twin.delegate(&planner(), second(), now()), &researcher());
    assert!(decided_by(revoking(&[0, 1]), &twin).is_allowed());
}

#[test]
fn a_source_of_revocations_that_does_not_answer() {
    refused(
        decided_by(with_source(Silent), &presented()),
        [(Some(0), DenyCode::RevocationUnknown), (Some(1), DenyCode::RevocationUnknown)],
    );
}

#[test]
fn a_guard_that_does_not_answer() {
    refused(decided_by(guarded_by(Silent), &presented()), [(Some(2), DenyCode::ReplayUnknown)]);
}

#[test]
fn a_guard_without_room() {
    let full = guarded_by(MemoryReplayGuard::for_new_audience(0));
    refused(decided_by(full, &presented()), [(Some(2), DenyCode::ReplayGuardFull)]);
}

/// A flood of valid calls: used presentations stay used, and new calls are refused.
#[test]
fn a_guard_flooded_until_it_would_forget() {
    let guard = guarded_by(MemoryReplayGuard::for_new_audience(3).with_share(3));
    let nth = |n: u8| held().present(&researcher(), &request(), now(), WINDOW, [n; 16]);
    assert!((0..3).all(|n| decided_by(guard.clone(), &nth(n)).is_allowed()));
    refused(decided_by(guard.clone(), &nth(3)), [(Some(2), DenyCode::ReplayGuardFull)]);
    for n in 0..3 {
        refused(decided_by(guard.clone(), &nth(n)), [(Some(2), DenyCode::Replayed)]);
    }
}

/// Calls that are refused for other reasons take no room.
#[test]
fn a_guard_flooded_with_calls_that_are_refused() {
    let guard = guarded_by(MemoryReplayGuard::for_new_audience(1));
    for n in 0..10 {
        let stolen = held().present(&thief(), &request(), now(), WINDOW, [n; 16]);
        refused(decided_by(guard.clone(), &stolen), [(Some(2), DenyCode::NotTheHolder)]);
        let wide = crm_request("crm.read", "accounts/apac/7", r#"{"limit": 5}"#);
        let raw = held().present(&researcher(), &wide, now(), WINDOW, [n; 16]);
        let decision = guard.decide(shown(&raw), wide, now());
        refused(decision, [(Some(1), DenyCode::ResourceNotGranted)]);
    }
    assert!(decided_by(guard, &presented()).is_allowed());
}

#[test]
fn a_call_that_the_service_itself_forbids() {
    let decision = verifier().decide_with_policy(shown(&presented()), request(), now(), |_, _| {
        Err("not on a Monday".to_owned())
    });
    refused(decision, [(None, DenyCode::PolicyRefused)]);
}

/// A policy can only refuse: it is not even called for a call that the chain does not grant.
#[test]
fn a_policy_that_would_allow_everything() {
    let wide = crm_request("crm.read", "accounts/apac/7", r#"{"limit": 5}"#);
    let raw = present_for(held(), &researcher(), &wide);
    let decision = verifier().decide_with_policy(shown(&raw), wide, now(), |_, _| Ok(()));
    refused(decision, [(Some(1), DenyCode::ResourceNotGranted)]);
}

/// A service accepts replays of reads. Other operations must not be repeated.
#[test]
fn a_call_that_must_not_repeat_at_a_verifier_without_a_guard() {
    let reads = || ReplayPolicy::accepted_for(["crm.read".parse().unwrap()]);
    let verifier = |replays| Verifier::new(anchor(), by_expiry(), replays);
    for _ in 0..2 {
        assert!(decided_by(verifier(reads()), &presented()).is_allowed());
    }
    let own = Capability::new("crm.*", "**").unwrap();
    let held = mint(grant("planner", &planner(), own, Duration::hours(1)));
    let send = crm_request("crm.send", "accounts/emea/42", "{}");
    let sent = present_for(held, &planner(), &send);
    let refusal = verifier(reads()).decide(shown(&sent), send.clone(), now());
    refused(refusal, [(Some(1), DenyCode::NoReplayGuard)]);
    let guarded = verifier(reads().or_refused_by(MemoryReplayGuard::for_new_audience(9)));
    assert!(guarded.decide(shown(&sent), send.clone(), now()).is_allowed());
    refused(guarded.decide(shown(&sent), send, now()), [(Some(1), DenyCode::Replayed)]);
    for _ in 0..2 {
        assert!(decided_by(guarded.clone(), &presented()).is_allowed());
    }
}
