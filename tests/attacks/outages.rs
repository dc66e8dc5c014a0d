//! The attacker keeps a service from finding out what it must know: the source of revocations is away,
//! the guard is full or silent. Or it holds something revoked, or asks for what the service itself
//! forbids, and hopes that one good answer makes up for a bad one.

use std::collections::HashSet;

use deputize::forge::Forge;
use deputize::{
    Arrival, Code, HopId, MemoryReplayGuard, OperationPattern, Presented, ReplayGuard,
    ReplayRefusal, Replays, Revocation, RevocationSource, RevocationStatus, Verifier,
};

use crate::common::forging::{decided_by, hop_ids, to_the_writer};
use crate::common::{
    WINDOW, alice, anchor, asking, close, close_over, first, held, now, owner, planner, presented,
    refused, request, researcher, second, shown, thief, verifier, writer,
};
use crate::signatures::signed_anew;

/// A source and a guard that never know.
struct Silent;

impl RevocationSource for Silent {
    fn status(&self, _: &HopId) -> RevocationStatus {
        RevocationStatus::Unknown
    }
}

impl ReplayGuard for Silent {
    fn consume(&self, _: &Presented) -> Result<(), ReplayRefusal> {
        Err(ReplayRefusal::Unknown("the database is away".to_owned()))
    }

    fn note(&self, _: &Presented) -> Arrival {
        Arrival::Unknown
    }
}

fn looking_in(source: impl RevocationSource + 'static) -> Verifier {
    let replays = Replays::accepted_for([OperationPattern::Any]);
    Verifier::new(anchor(), Revocation::checked_with(source), replays)
}

fn guarded_by(guard: impl ReplayGuard + 'static) -> Verifier {
    Verifier::new(
        anchor(),
        Revocation::OnlyByExpiry { at_most: time::Duration::days(365) },
        Replays::refused_by(guard),
    )
}

/// A verifier for which these hops of the standard chain are revoked.
fn revoking(hops: &[usize]) -> Verifier {
    let ids = hop_ids(&presented());
    let revoked: HashSet<HopId> = hops.iter().map(|hop| ids[*hop]).collect();
    looking_in(revoked)
}

#[test]
fn a_hop_that_was_revoked() {
    refused(decided_by(revoking(&[1]), &presented()), [(Some(1), Code::Revoked)]);
    refused(decided_by(revoking(&[0]), &presented()), [(Some(0), Code::Revoked)]);
    assert!(decided_by(revoking(&[]), &presented()).is_allowed());
}

#[test]
fn a_chain_of_which_every_hop_was_revoked() {
    refused(
        decided_by(revoking(&[0, 1]), &presented()),
        [(Some(0), Code::Revoked), (Some(1), Code::Revoked)],
    );
}

/// Another signature over the same words: the id is of the words.
#[test]
fn a_revoked_hop_signed_anew_by_its_delegator() {
    let again = signed_anew(1, planner());
    refused(decided_by(revoking(&[1]), &again), [(Some(1), Code::Revoked)]);
}

/// The owner's own hop, signed anew: all that hangs below it still has its ids.
#[test]
fn a_revoked_hop_behind_one_that_was_signed_anew() {
    let again = signed_anew(0, alice());
    refused(decided_by(revoking(&[1]), &again), [(Some(1), Code::Revoked)]);
}

/// Presented anew, delegated further: the revoked hop stays in the chain.
#[test]
fn a_revoked_hop_in_the_middle_of_a_longer_chain() {
    let longer = close(to_the_writer(held()), &writer());
    refused(decided_by(revoking(&[1]), &longer), [(Some(1), Code::Revoked)]);
    refused(decided_by(revoking(&[0]), &longer), [(Some(0), Code::Revoked)]);
}

/// The id of a revoked token is not that of its twin, whatever else they share.
#[test]
fn revoking_one_token_does_not_revoke_its_twin() {
    let twin = Forge::mint(owner(), &alice(), first(), now(), [0x71; 16]);
    let twin = close(twin.delegate(&planner(), second(), now()), &researcher());
    assert!(decided_by(revoking(&[0, 1]), &twin).is_allowed());
}

#[test]
fn a_source_of_revocations_that_does_not_answer() {
    refused(
        decided_by(looking_in(Silent), &presented()),
        [(Some(0), Code::RevocationUnknown), (Some(1), Code::RevocationUnknown)],
    );
}

#[test]
fn a_guard_that_does_not_answer() {
    refused(decided_by(guarded_by(Silent), &presented()), [(Some(2), Code::ReplayUnknown)]);
}

#[test]
fn a_guard_without_room() {
    let full = guarded_by(MemoryReplayGuard::for_new_audience(0));
    refused(decided_by(full, &presented()), [(Some(2), Code::ReplayGuardFull)]);
}

/// A flood of good calls: what was used stays used, and new calls are refused rather than it.
#[test]
fn a_guard_flooded_until_it_would_forget() {
    let guard = guarded_by(MemoryReplayGuard::for_new_audience(3).with_share(3));
    let nth = |n: u8| held().present(&researcher(), &request(), now(), WINDOW, [n; 16]);
    assert!((0..3).all(|n| decided_by(guard.clone(), &nth(n)).is_allowed()));
    refused(decided_by(guard.clone(), &nth(3)), [(Some(2), Code::ReplayGuardFull)]);
    for n in 0..3 {
        refused(decided_by(guard.clone(), &nth(n)), [(Some(2), Code::Replayed)]);
    }
}

/// Calls that are refused for other reasons take no room.
#[test]
fn a_guard_flooded_with_calls_that_are_refused() {
    let guard = guarded_by(MemoryReplayGuard::for_new_audience(1));
    for n in 0..10 {
        let stolen = held().present(&thief(), &request(), now(), WINDOW, [n; 16]);
        refused(decided_by(guard.clone(), &stolen), [(Some(2), Code::NotTheHolder)]);
        let wide = asking("crm.read", "accounts/apac/7", r#"{"limit": 5}"#);
        let forge = held().present(&researcher(), &wide, now(), WINDOW, [n; 16]);
        let decision = guard.decide(shown(&forge), wide, now());
        refused(decision, [(Some(1), Code::ResourceNotGranted)]);
    }
    assert!(decided_by(guard, &presented()).is_allowed());
}

#[test]
fn a_call_that_the_service_itself_forbids() {
    let decision = verifier().decide_with_policy(shown(&presented()), request(), now(), |_, _| {
        Err("not on a Monday".to_owned())
    });
    refused(decision, [(None, Code::Policy)]);
}

/// A policy can only refuse: what the chain does not grant it is not even asked about.
#[test]
fn a_policy_that_would_allow_everything() {
    let wide = asking("crm.read", "accounts/apac/7", r#"{"limit": 5}"#);
    let forge = close_over(held(), &researcher(), &wide);
    let decision = verifier().decide_with_policy(shown(&forge), wide, now(), |_, _| Ok(()));
    refused(decision, [(Some(1), Code::ResourceNotGranted)]);
}
