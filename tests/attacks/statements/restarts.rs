//! The attacker waits until a service is started again, or finds one of several processes that has
//! not seen what the others have.

use std::sync::Arc;

use deputize::limits::{MAX_HELD_SERIES, MAX_POWERS_OF_ROOT};
use deputize::{
    DenyCode, MemoryStatementState, RevocationDraft, SeriesHead, SeriesState, Signer,
    StatementEffect, StatementState, Statements,
};
use time::Duration;

use super::{
    DAY, HOPS, MINUTE, by_lists, call, effect, numbered, officer, power, powers_of_one, refuses,
    restoring, revoking, signed, takes, why_no_power,
};
use crate::common::{alice, anchor, now, researcher, token};

#[test]
fn a_process_that_has_not_looked_takes_no_list_that_is_dated_back() {
    let state = Arc::new(MemoryStatementState::default());
    let [one, other] = [(); 2].map(|()| Statements::new(anchor(), state.clone()).unwrap());
    let own = power(&officer(), HOPS, 10 * MINUTE);
    let honest = revoking(RevocationDraft::by_power_of(own), &token(), 1);
    let honest = signed(&honest, &officer(), now());
    takes(&one, &honest, now());
    let of_thief = signed(&restoring(&honest), &officer(), now() + MINUTE);
    let at = now() + Duration::minutes(11);
    // So does a process that starts now, whichever list it gets first.
    let third = Statements::new(anchor(), state).unwrap();
    let root = signed(&RevocationDraft::own(), &alice(), at);
    for statements in [one, other, third] {
        let error = refuses(&statements, &of_thief, at);
        assert_eq!(why_no_power(&error), [(Some(0), DenyCode::Expired)]);
        assert_eq!(effect(&statements, &honest, at), StatementEffect::PowerEnded);
        takes(&statements, &root, at);
        let found = call(&by_lists(&statements, anchor()), at);
        assert_eq!(found, [(Some(1), DenyCode::Revoked)]);
    }
}

/// A state that others share, or that strangers have filled before, has more series than one
/// process holds.
#[test]
fn series_that_are_remembered_take_no_room() {
    let state = Arc::new(MemoryStatementState::default());
    let before = Statements::new(anchor(), state.clone()).unwrap();
    let stranger = signed(&RevocationDraft::own(), &numbered(0), now());
    takes(&before, &stranger, now());
    let head = SeriesHead { sequence: 1, digest: stranger.digest(), issued: stranger.issued() };
    for number in 1..=u32::try_from(MAX_HELD_SERIES).unwrap() {
        let mut series = stranger.series();
        series.issuer = numbered(number).public_key();
        let seen = SeriesState { series, heads: vec![head], rejected: vec![], is_final: false };
        state.replace(None, &seen).unwrap();
    }
    let after = Statements::new(anchor(), state).unwrap();
    takes(&after, &signed(&RevocationDraft::own(), &alice(), now()), now());
    let draft = revoking(RevocationDraft::own(), &token(), 1);
    takes(&after, &signed(&draft, &researcher(), now()), now());
    assert_eq!(call(&by_lists(&after, anchor()), now()), [(Some(1), DenyCode::Revoked)]);
}

#[test]
fn what_was_held_before_a_restart_fits_after_it() {
    let state = Arc::new(MemoryStatementState::default());
    let [one, other] = [(); 2].map(|()| Statements::new(anchor(), state.clone()).unwrap());
    let root = signed(&RevocationDraft::own(), &alice(), now());
    let own = power(&officer(), HOPS, DAY);
    let list = signed(&revoking(RevocationDraft::by_power_of(own), &token(), 1), &officer(), now());
    for own in [&root, &list] {
        takes(&one, own, now());
    }
    let others = powers_of_one(&numbered(0), HOPS, MAX_POWERS_OF_ROOT);
    let others = others.into_iter().map(RevocationDraft::by_power_of);
    let others: Vec<_> = others.map(|draft| signed(&draft, &numbered(0), now())).collect();
    for own in &others {
        takes(&other, own, now());
    }
    let after = Statements::new(anchor(), state).unwrap();
    for own in others.iter().chain([&root, &list]) {
        takes(&after, own, now());
    }
    assert_eq!(call(&by_lists(&after, anchor()), now()), [(Some(1), DenyCode::Revoked)]);
}
