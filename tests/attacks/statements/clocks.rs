//! The attacker sets the clock of a service, or signs with a date that others take for the time.

use deputize::{
    DenyCode, DirectoryDraft, DirectoryPolicy, MemoryStatementState, NotAccepted, RevocationDraft,
    Signer, Statements,
};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

use super::{
    DAY, HOPS, MINUTE, both, by_lists, call, call_of, directory, empty, hr, mallory, minted,
    officer, power, refuses, restoring, revoking, signed, takes, two_roots, why_no_power,
};
use crate::common::{alice, anchor, now, planner, request, researcher, thief, token};

/// A service has seen a list of seven o'clock. Its clock is set back to ten past six, and a power that
/// ended at half past six would be valid again.
#[test]
fn while_the_clock_is_set_back_no_list_of_an_ended_power_follows() {
    let statements = empty(anchor());
    let own = power(&officer(), HOPS, 30 * MINUTE);
    let honest = revoking(RevocationDraft::by_power_of(own), &token(), 1);
    let honest = signed(&honest, &officer(), now());
    takes(&statements, &honest, now());
    let [back, seven] = [10, 60].map(|minutes| now() + Duration::minutes(minutes));
    takes(&statements, &signed(&RevocationDraft::own(), &alice(), seven), seven);
    let of_thief = signed(&restoring(&honest), &officer(), back);
    for at in [seven, back] {
        let error = refuses(&statements, &of_thief, at);
        assert_eq!(why_no_power(&error), [(Some(0), DenyCode::Expired)]);
    }
    let found = [(Some(1), DenyCode::Revoked), (Some(0), DenyCode::RevocationUnknown)];
    assert_eq!(call(&by_lists(&statements, anchor()), back), found);
}

/// A list may be issued half a minute ahead, whatever tolerance a verifier has.
#[test]
fn a_root_that_is_ahead_stops_no_chain() {
    let statements = empty(two_roots());
    let verifier = by_lists(&statements, two_roots()).with_clock_tolerance(Duration::ZERO).unwrap();
    takes(&statements, &signed(&RevocationDraft::own(), &alice(), now()), now());
    let ahead = Duration::seconds(30);
    let mut list = signed(&RevocationDraft::own(), &thief(), now() + ahead);
    takes(&statements, &list, now());
    let own = minted(&thief(), mallory(), &planner());
    for second in 1..=3 {
        let at = now() + Duration::seconds(second);
        list = signed(&RevocationDraft::after(&list), &thief(), at + ahead);
        takes(&statements, &list, at);
        assert_eq!(call(&verifier, at), []);
        assert_eq!(call_of(&verifier, &own, &planner(), at), []);
    }
    // A second before, the clock of the last list has not come.
    let before = now() + Duration::seconds(2);
    assert_eq!(call(&verifier, before), []);
    let found = call_of(&verifier, &own, &planner(), before);
    assert_eq!(found, [(Some(0), DenyCode::RevocationUnknown)]);
}

/// The clock was a year ahead for a moment, and one of the tenants used it.
#[test]
fn a_list_that_was_taken_while_the_clock_was_ahead_stops_only_its_own_root() {
    let state = Arc::new(MemoryStatementState::default());
    let before = Statements::new(two_roots(), state.clone()).unwrap();
    let year = now() + 365 * DAY;
    takes(&before, &signed(&RevocationDraft::own(), &thief(), year), year);
    let after = Statements::new(two_roots(), state).unwrap();
    let root = signed(&RevocationDraft::own(), &alice(), now());
    let own = minted(&thief(), mallory(), &planner());
    for statements in [before, after] {
        takes(&statements, &root, now());
        let verifier = by_lists(&statements, two_roots());
        assert_eq!(call(&verifier, now()), []);
        let found = call_of(&verifier, &own, &planner(), now());
        assert!(found.contains(&(Some(0), DenyCode::RevocationUnknown)), "{found:?}");
    }
}

#[test]
fn no_time_is_too_early_or_too_late_for_an_answer() {
    let root = signed(&RevocationDraft::own(), &alice(), now());
    let own = directory(DirectoryDraft::named(), both(), &hr(), now());
    let first = OffsetDateTime::from_unix_timestamp(-377_705_116_800).unwrap();
    let last = OffsetDateTime::from_unix_timestamp(253_402_300_799).unwrap();
    for at in
        [first, OffsetDateTime::UNIX_EPOCH - Duration::SECOND, OffsetDateTime::UNIX_EPOCH, last]
    {
        let statements = empty(anchor());
        let policy = DirectoryPolicy::issued_by(&statements, hr().public_key(), Duration::MAX);
        let taken = [
            statements.accept_list(root.clone(), at),
            statements.accept_directory(own.clone(), at),
        ];
        for taken in taken {
            let is_ahead = matches!(taken, Err(NotAccepted::IssuedAhead { .. }));
            assert_eq!(is_ahead, at != last, "{at}");
        }
        let verifier = by_lists(&statements, anchor()).with_directory(policy);
        let presentation = token().present(&researcher(), &request(), now()).unwrap();
        let denial = verifier.decide(presentation, request(), at).into_result().unwrap_err();
        let [lists, directory] = match at == last {
            true => [DenyCode::RevocationStale, DenyCode::DirectoryStale],
            false => [DenyCode::RevocationUnknown, DenyCode::DirectoryUnknown],
        };
        assert!(denial.has(lists) && denial.has(directory), "{denial}");
    }
}
