//! The attacker has the root key of an owner who has a new one: the trust anchor names the
//! successor.

use std::sync::Arc;

use deputize::{
    DenyCode, KeyEnd, ListPolicy, MemoryStatementState, RevocationDraft, Signer, SigningKey,
    Statements, Successor, TrustAnchor, VoidSeries,
};
use time::Duration;

use super::{
    DAY, MINUTE, by_lists, call, call_of, empty, minted, officer, power_of, requiring, revoking,
    signed, takes,
};
use crate::common::{alice, anchor, key, key_of, now, owner, planner, thief, token};

fn new_alice() -> SigningKey {
    key_of("new-alice")
}

fn rotated() -> (TrustAnchor, Successor) {
    let statement = Successor::sign(&alice(), &new_alice(), now()).unwrap();
    (anchor().with_successor(statement.clone()).unwrap(), statement)
}

/// The new key's report of the old one.
fn report(statement: &Successor) -> RevocationDraft {
    let mut report = RevocationDraft::own();
    let end = KeyEnd::compromised().with_successor(statement.digest());
    report.revoke_key(alice().public_key(), end, now());
    report
}

fn voiding(own: &SigningKey) -> RevocationDraft {
    let mut draft = RevocationDraft::own();
    draft.void_series(VoidSeries::Own(own.public_key()), 1);
    draft
}

#[test]
fn the_old_key_does_not_void_the_list_of_its_successor() {
    let (anchor, statement) = rotated();
    let mut retired = RevocationDraft::own();
    retired.revoke_key(alice().public_key(), KeyEnd::retired(now() - MINUTE), now());
    for report in [report(&statement), retired] {
        let statements = empty(anchor.clone());
        let by_name = ListPolicy::new(&statements, Duration::HOUR)
            .and_issuer(new_alice().public_key(), Duration::HOUR);
        let verifiers = [by_lists(&statements, anchor.clone()), requiring(by_name, anchor.clone())];
        let stolen = minted(&alice(), owner(), &thief());
        let report = signed(&report, &new_alice(), now());
        takes(&statements, &report, now());
        let mut of_thief = voiding(&new_alice());
        of_thief.void_list(report.digest());
        takes(&statements, &signed(&of_thief, &alice(), now()), now());
        for verifier in verifiers {
            let found = call_of(&verifier, &stolen, &thief(), now());
            assert_eq!(found, [(Some(0), DenyCode::KeyRevoked)]);
        }
    }
}

#[test]
fn a_list_of_the_old_key_does_not_stand_in_for_one_of_its_successor() {
    let (anchor, _) = rotated();
    let statements = empty(anchor.clone());
    let policy = ListPolicy::new(&statements, Duration::minutes(10));
    let verifier = requiring(policy, anchor);
    let first = signed(&RevocationDraft::own(), &alice(), now());
    takes(&statements, &first, now());
    assert_eq!(call(&verifier, now()), [(Some(0), DenyCode::RevocationUnknown)]);
    takes(&statements, &signed(&RevocationDraft::own(), &new_alice(), now()), now());
    assert_eq!(call(&verifier, now()), []);
    // The thief withholds what the new key issues next.
    let late = now() + Duration::minutes(14);
    let stale = [(Some(0), DenyCode::RevocationStale)];
    assert_eq!(call(&verifier, late), stale);
    takes(&statements, &signed(&RevocationDraft::after(&first), &alice(), late), late);
    assert_eq!(call(&verifier, late), stale);
}

#[test]
fn after_a_restart_a_list_of_the_old_key_does_not_suffice() {
    let (anchor, statement) = rotated();
    let state = Arc::new(MemoryStatementState::default());
    let before = Statements::new(anchor.clone(), state.clone()).unwrap();
    let report = signed(&report(&statement), &new_alice(), now());
    takes(&before, &report, now());
    let after = Statements::new(anchor.clone(), state).unwrap();
    takes(&after, &signed(&RevocationDraft::own(), &alice(), now()), now());
    let verifier = by_lists(&after, anchor);
    let stolen = minted(&alice(), owner(), &thief());
    let call = || call_of(&verifier, &stolen, &thief(), now());
    assert_eq!(call(), [(Some(0), DenyCode::RevocationUnknown)]);
    assert_eq!(after.not_held(), [report.series()]);
    takes(&after, &report, now());
    assert_eq!(call(), [(Some(0), DenyCode::KeyRevoked)]);
}

/// It may be the owner's report, and the successor the thief's. The successor's list answers it.
#[test]
fn a_report_by_the_old_key_is_about_itself_and_counts_until_its_successor_voids_it() {
    let (anchor, statement) = rotated();
    let statements = empty(anchor.clone());
    let verifier = by_lists(&statements, anchor);
    let own = minted(&new_alice(), owner(), &planner());
    let call = || call_of(&verifier, &own, &planner(), now());
    let honest = signed(&report(&statement), &new_alice(), now());
    takes(&statements, &honest, now());
    let mut of_thief = RevocationDraft::own();
    of_thief.revoke_key(new_alice().public_key(), KeyEnd::compromised(), now());
    let first = signed(&of_thief, &alice(), now());
    takes(&statements, &first, now());
    assert_eq!(call(), []);
    let mut of_thief = RevocationDraft::after(&first);
    of_thief.revoke_key(alice().public_key(), KeyEnd::compromised(), now());
    takes(&statements, &signed(&of_thief, &alice(), now()), now());
    assert_eq!(call(), [(Some(0), DenyCode::KeyRevoked)]);
    let mut next = RevocationDraft::after(&honest);
    next.void_series(VoidSeries::Own(alice().public_key()), 1);
    takes(&statements, &signed(&next, &new_alice(), now()), now());
    assert_eq!(call(), []);
}

/// An officer who may report one key could take down all chains of another one.
#[test]
fn a_power_over_one_of_the_keys_does_not_end_the_succession() {
    let (anchor, _) = rotated();
    let statements = empty(anchor.clone());
    let verifier = by_lists(&statements, anchor);
    takes(&statements, &signed(&RevocationDraft::own(), &new_alice(), now()), now());
    let own = minted(&new_alice(), owner(), &planner());
    for (root, reported) in [(alice(), new_alice()), (new_alice(), alice())] {
        let reported = reported.public_key();
        let granted = format!("deputize.revoke key/{}", hex::encode(reported.to_bytes()));
        let power = power_of(&root, owner(), &officer(), &[&granted], DAY);
        let mut draft = RevocationDraft::by_power_of(power);
        draft.revoke_key(reported, KeyEnd::compromised(), now());
        takes(&statements, &signed(&draft, &officer(), now()), now());
        assert_eq!(call_of(&verifier, &own, &planner(), now()), []);
    }
}

#[test]
fn of_several_successors_only_the_last_one_voids_and_is_required() {
    let last = key(62);
    let statement = Successor::sign(&new_alice(), &last, now()).unwrap();
    let anchor = rotated().0.with_successor(statement).unwrap();
    let statements = empty(anchor.clone());
    let verifier = by_lists(&statements, anchor);
    let revoked = revoking(voiding(&last), &token(), 1);
    takes(&statements, &signed(&revoked, &new_alice(), now()), now());
    let found = [(Some(1), DenyCode::Revoked), (Some(0), DenyCode::RevocationUnknown)];
    assert_eq!(call(&verifier, now()), found);
    // Revocations by an earlier key count until the last key voids them.
    let first = signed(&RevocationDraft::own(), &last, now());
    takes(&statements, &first, now());
    assert_eq!(call(&verifier, now()), [(Some(1), DenyCode::Revoked)]);
    let mut next = RevocationDraft::after(&first);
    next.void_series(VoidSeries::Own(new_alice().public_key()), 1);
    takes(&statements, &signed(&next, &last, now()), now());
    assert_eq!(call(&verifier, now()), []);
}
