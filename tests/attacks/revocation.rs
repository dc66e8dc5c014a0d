//! Attacks on revocation: old lists, contradictory lists, lists of others, powers that were not
//! given, and clocks.

use deputize::{
    Capability, DenyCode, Grant, KeyEnd, ListPolicy, MemoryStatementState, NotAccepted, Principal,
    ReplayPolicy, RevocationDraft, RevocationList, RevocationPolicy, Signer, SigningKey,
    StatementEffect, Statements, Token, TrustAnchor, Verifier, VoidSeries,
};
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

use crate::common::{agent, alice, now, owner, planner, request, researcher, thief, token};

const DAY: Duration = Duration::DAY;

fn anchor() -> TrustAnchor {
    TrustAnchor::new(alice().public_key(), owner().name())
}

fn statements() -> Statements {
    Statements::new(anchor(), MemoryStatementState::default()).unwrap()
}

fn verifier(statements: &Statements) -> Verifier {
    let policy = ListPolicy::new(statements, Duration::hours(1));
    let replays = ReplayPolicy::accepted_for(["*".parse().unwrap()]);
    Verifier::new(anchor(), RevocationPolicy::by_lists(policy), replays)
}

fn signed(draft: &RevocationDraft, key: &SigningKey, at: OffsetDateTime) -> RevocationList {
    draft.sign(key, at, at + DAY).unwrap()
}

/// A list of the owner in which nothing is revoked, held since now.
fn with_empty_list() -> (Statements, RevocationList) {
    let statements = statements();
    let list = signed(&RevocationDraft::own(), &alice(), now());
    taken(&statements, &list);
    (statements, list)
}

#[track_caller]
fn taken(statements: &Statements, list: &RevocationList) {
    let accepted = statements.accept_list(list.clone(), list.issued()).unwrap();
    assert_eq!(accepted.effect, StatementEffect::Current);
}

fn refused_list(statements: &Statements, list: &RevocationList) -> NotAccepted {
    statements.accept_list(list.clone(), list.issued()).unwrap_err()
}

/// The researcher's call at this time: the hops and codes of the denial.
fn call_at(statements: &Statements, at: OffsetDateTime) -> Vec<(Option<usize>, DenyCode)> {
    let presentation = token().present(&researcher(), &request(), at).unwrap();
    match verifier(statements).decide(presentation, request(), at).into_result() {
        Ok(_) => Vec::new(),
        Err(denial) => denial.reasons().iter().map(|reason| (reason.hop, reason.code)).collect(),
    }
}

fn call(statements: &Statements) -> Vec<(Option<usize>, DenyCode)> {
    call_at(statements, now())
}

/// A draft of this issuer that revokes a hop of the token.
fn revoking(mut draft: RevocationDraft, hop: usize) -> RevocationDraft {
    assert!(draft.revoke_hop(&token().hops()[hop], now()));
    draft
}

#[test]
fn an_older_list_is_rolled_back() {
    let (statements, first) = with_empty_list();
    let second = signed(&revoking(RevocationDraft::after(&first), 0), &alice(), now());
    taken(&statements, &second);
    let error = refused_list(&statements, &first);
    assert_eq!(error, NotAccepted::RolledBack { seen: 2, offered: 1 });
    assert_eq!(call(&statements), [(Some(0), DenyCode::Revoked)]);
}

#[test]
fn after_a_restart_an_older_list_leaves_everything_unknown() {
    let state = Arc::new(MemoryStatementState::default());
    let before = Statements::new(anchor(), state.clone()).unwrap();
    let first = signed(&RevocationDraft::own(), &alice(), now());
    taken(&before, &first);
    let second = signed(&revoking(RevocationDraft::after(&first), 0), &alice(), now());
    taken(&before, &second);
    let after = Statements::new(anchor(), state).unwrap();
    let accepted = after.accept_list(first, now()).unwrap();
    assert!(matches!(accepted.effect, StatementEffect::RolledBack { seen: 2, .. }));
    assert_eq!(call(&after), [(Some(0), DenyCode::RevocationUnknown)]);
    taken(&after, &second);
    assert_eq!(call(&after), [(Some(0), DenyCode::Revoked)]);
}

#[test]
fn of_two_lists_that_contradict_each_other_both_refuse_and_none_is_fresh() {
    let (statements, first) = with_empty_list();
    let one = signed(&revoking(RevocationDraft::after(&first), 0), &alice(), now());
    let other = signed(&revoking(RevocationDraft::after(&first), 1), &alice(), now());
    taken(&statements, &one);
    let accepted = statements.accept_list(other.clone(), now()).unwrap();
    assert!(matches!(accepted.effect, StatementEffect::Forked { .. }));
    let codes = call(&statements);
    for expected in [
        (Some(0), DenyCode::Revoked),
        (Some(1), DenyCode::Revoked),
        (Some(0), DenyCode::RevocationStale),
    ] {
        assert!(codes.contains(&expected), "{codes:?}");
    }
    // An issuer that has not seen the fork does not end it.
    let unaware = signed(&RevocationDraft::after(&one), &alice(), now());
    let accepted = statements.accept_list(unaware, now()).unwrap();
    assert!(matches!(accepted.effect, StatementEffect::Forked { .. }));
    let (one, other) = (statements.list(&one.series()).unwrap(), other);
    taken(&statements, &signed(&RevocationDraft::ending_fork(&one, &other), &alice(), now()));
}

#[test]
fn a_list_of_a_stranger_or_of_another_root_has_no_effect() {
    let (statements, _) = with_empty_list();
    for draft in [revoking(RevocationDraft::own(), 0), revoking(RevocationDraft::own(), 1)] {
        let statements = statements.clone();
        let mut draft = draft;
        draft.revoke_token(token().token_id(), now());
        draft.revoke_key(planner().public_key(), KeyEnd::compromised(), now());
        let _ = statements.accept_list(signed(&draft, &thief(), now()), now());
        assert_eq!(call(&statements), []);
    }
}

#[test]
fn nobody_takes_back_what_was_given_to_those_above() {
    let (statements, _) = with_empty_list();
    // The researcher, over its delegator's hop.
    taken(&statements, &signed(&revoking(RevocationDraft::own(), 0), &researcher(), now()));
    assert_eq!(call(&statements), []);
    // Over its own: it gives it up.
    let own = statements.list(&signed(&RevocationDraft::own(), &researcher(), now()).series());
    let draft = revoking(RevocationDraft::after(&own.unwrap()), 1);
    taken(&statements, &signed(&draft, &researcher(), now()));
    assert_eq!(call(&statements), [(Some(1), DenyCode::Revoked)]);
}

#[test]
fn a_list_is_stale_from_the_very_second() {
    let (statements, _) = with_empty_list();
    let last = now() + Duration::minutes(14) + Duration::seconds(59);
    assert_eq!(call_at(&statements, last), []);
    // The next update, before the greatest age.
    let statements = self::statements();
    let list = RevocationDraft::own().sign(&alice(), now(), now() + Duration::MINUTE).unwrap();
    taken(&statements, &list);
    assert_eq!(call_at(&statements, now() + Duration::seconds(59)), []);
    let stale = call_at(&statements, now() + Duration::MINUTE);
    assert_eq!(stale, [(Some(0), DenyCode::RevocationStale)]);
}

#[test]
fn a_clock_that_was_set_back_knows_nothing() {
    let statements = statements();
    let later = now() + Duration::seconds(31);
    taken(&statements, &signed(&RevocationDraft::own(), &alice(), later));
    assert_eq!(call(&statements), [(Some(0), DenyCode::RevocationUnknown)]);
    assert_eq!(call_at(&statements, now() + Duration::SECOND), []);
    // And a list from the future is refused.
    let ahead = signed(&RevocationDraft::own(), &alice(), now() + Duration::minutes(10));
    let error = statements.accept_list(ahead, now()).unwrap_err();
    assert!(matches!(error, NotAccepted::IssuedAhead { .. }));
}

#[test]
fn a_compromised_key_is_refused_whatever_date_it_states() {
    let (statements, first) = with_empty_list();
    let mut draft = RevocationDraft::after(&first);
    draft.revoke_key(planner().public_key(), KeyEnd::compromised(), now());
    let second = signed(&draft, &alice(), now());
    taken(&statements, &second);
    assert_eq!(call(&statements), [(Some(1), DenyCode::KeyRevoked)]);
    // The researcher's presentations are refused where its own key is reported, and no exception
    // for a hop lifts that.
    let mut draft = RevocationDraft::after(&second);
    let id = token().hops()[1].id();
    draft.revoke_key(planner().public_key(), KeyEnd::compromised().with_good(id), now());
    let third = signed(&draft, &alice(), now());
    taken(&statements, &third);
    assert_eq!(call(&statements), []);
    let mut draft = RevocationDraft::after(&third);
    let end = KeyEnd::compromised().with_good(id);
    draft.revoke_key(researcher().public_key(), end, now());
    taken(&statements, &signed(&draft, &alice(), now()));
    assert_eq!(call(&statements), [(Some(2), DenyCode::KeyRevoked)]);
}

#[test]
fn a_report_of_the_own_key_cannot_be_withdrawn() {
    let (statements, first) = with_empty_list();
    let mut draft = RevocationDraft::after(&first);
    draft.revoke_key(alice().public_key(), KeyEnd::compromised(), now());
    let last = signed(&draft, &alice(), now());
    taken(&statements, &last);
    assert!(RevocationDraft::after(&last).sign(&alice(), now(), now() + DAY).is_err());
    // A thief does not ask the library.
    let next = RevocationDraft::own().with_first_sequence(4);
    let error = refused_list(&statements, &signed(&next, &alice(), now()));
    assert_eq!(error, NotAccepted::SeriesEnded);
}

/// A token of the owner that grants this to the thief, who is the officer here.
fn power(capability: Capability, expires: OffsetDateTime) -> Token {
    let to = Principal::agent("officer", thief().public_key()).unwrap();
    let grant = Grant::new(to, [capability], expires, "revokes").unwrap();
    Token::mint(owner(), &alice(), grant, now()).unwrap()
}

fn by_power(capability: &str, resource: &str) -> RevocationList {
    let power = power(Capability::new(capability, resource).unwrap(), now() + DAY);
    signed(&revoking(RevocationDraft::by_power_of(power), 0), &thief(), now())
}

#[test]
fn a_power_counts_only_by_its_own_name() {
    let (statements, _) = with_empty_list();
    for wildcard in ["*", "deputize.*"] {
        let error = refused_list(&statements, &by_power(wildcard, "**"));
        assert!(matches!(error, NotAccepted::NotGranted { hop: 0, .. }), "{error}");
    }
    let error = refused_list(&statements, &by_power("deputize.revoke", "key/**"));
    assert!(matches!(error, NotAccepted::NotGranted { hop: 0, .. }), "{error}");
    assert_eq!(call(&statements), []);
    taken(&statements, &by_power("deputize.revoke", "hop/**"));
    assert_eq!(call(&statements), [(Some(0), DenyCode::Revoked)]);
}

#[test]
fn a_revoker_does_not_act_on_the_root_key() {
    let (statements, _) = with_empty_list();
    let power = power(Capability::new("deputize.revoke", "**").unwrap(), now() + DAY);
    let mut draft = RevocationDraft::by_power_of(power);
    draft.revoke_key(alice().public_key(), KeyEnd::compromised(), now());
    let error = refused_list(&statements, &signed(&draft, &thief(), now()));
    assert!(matches!(error, NotAccepted::OverItsPower { .. }), "{error}");
}

#[test]
fn a_power_that_ended_stops_newer_lists_and_not_what_is_held() {
    let (statements, first) = with_empty_list();
    let end = now() + Duration::minutes(10);
    let power = power(Capability::new("deputize.revoke", "hop/**").unwrap(), end);
    let list = signed(&revoking(RevocationDraft::by_power_of(power.clone()), 0), &thief(), now());
    taken(&statements, &list);
    let mut draft = RevocationDraft::after(&list);
    assert!(draft.restore_hop(&token().hops()[0].id()));
    let newer = draft.sign(&thief(), end, end + DAY).unwrap();
    let error = statements.accept_list(newer, end).unwrap_err();
    assert!(matches!(error, NotAccepted::NoPower { .. }), "{error}");
    assert_eq!(call_at(&statements, end), [(Some(0), DenyCode::Revoked)]);
    // By revocation of the power, likewise.
    let mut draft = RevocationDraft::after(&first);
    draft.revoke_hop(&power.hops()[0], now());
    let second = signed(&draft, &alice(), now());
    taken(&statements, &second);
    let next = signed(&RevocationDraft::after(&list), &thief(), now());
    let error = refused_list(&statements, &next);
    assert!(matches!(error, NotAccepted::NoPower { .. }), "{error}");
    assert_eq!(call(&statements), [(Some(0), DenyCode::Revoked)]);
    // Only the root voids what is held.
    let mut draft = RevocationDraft::after(&second);
    draft.void_series(VoidSeries::Power(power.hops()[0].id()), 1);
    taken(&statements, &signed(&draft, &alice(), now()));
    assert_eq!(call(&statements), []);
}

#[test]
fn after_the_end_of_a_power_no_list_that_is_dated_back_follows_what_was_seen() {
    let state = Arc::new(MemoryStatementState::default());
    let before = Statements::new(anchor(), state.clone()).unwrap();
    taken(&before, &signed(&RevocationDraft::own(), &alice(), now()));
    let end = now() + Duration::minutes(10);
    let power = power(Capability::new("deputize.revoke", "hop/**").unwrap(), end);
    let list = signed(&revoking(RevocationDraft::by_power_of(power), 0), &thief(), now());
    taken(&before, &list);
    let mut draft = RevocationDraft::after(&list);
    assert!(draft.restore_hop(&token().hops()[0].id()));
    let dated_back = signed(&draft, &thief(), now() + Duration::MINUTE);
    // A service that starts anew has seen the list, and does not hold it yet.
    let after = Statements::new(anchor(), state).unwrap();
    let error = after.accept_list(dated_back.clone(), end).unwrap_err();
    assert!(matches!(error, NotAccepted::NoPower { .. }), "{error}");
    let accepted = after.accept_list(list, end).unwrap();
    assert_eq!(accepted.effect, StatementEffect::PowerEnded);
    let error = after.accept_list(dated_back, end).unwrap_err();
    assert!(matches!(error, NotAccepted::NoPower { .. }), "{error}");
}

#[test]
fn the_list_of_a_delegate_does_not_stand_in_for_that_of_an_officer() {
    let statements = statements();
    let policy = ListPolicy::of_issuers(&statements, [planner().public_key()], Duration::hours(1));
    let replays = ReplayPolicy::accepted_for(["*".parse().unwrap()]);
    let verifier = Verifier::new(anchor(), RevocationPolicy::by_lists(policy), replays);
    let codes = || {
        let presentation = token().present(&researcher(), &request(), now()).unwrap();
        let decision = verifier.decide(presentation, request(), now()).into_result();
        let found = decision.map_or_else(|denial| denial.reasons().to_vec(), |_| Vec::new());
        found.iter().map(|reason| (reason.hop, reason.code)).collect::<Vec<_>>()
    };
    // The planner is an officer, and a delegate of this chain. Its list as an officer is withheld.
    taken(&statements, &signed(&RevocationDraft::own(), &planner(), now()));
    assert_eq!(codes(), [(Some(0), DenyCode::RevocationUnknown)]);
    let capability = Capability::new("deputize.revoke", "hop/**").unwrap();
    let grant = Grant::new(agent("planner", &planner()), [capability], now() + DAY, "revokes");
    let power = Token::mint(owner(), &alice(), grant.unwrap(), now()).unwrap();
    taken(&statements, &signed(&RevocationDraft::by_power_of(power), &planner(), now()));
    assert_eq!(codes(), []);
}

#[test]
fn a_delta_has_the_age_of_its_result_and_applies_to_what_is_held() {
    let (statements, first) = with_empty_list();
    let minute = Duration::MINUTE;
    // The next list, which is stale when its delta arrives.
    let draft = revoking(RevocationDraft::after(&first), 1);
    let second = draft.sign(&alice(), now() + minute, now() + 2 * minute).unwrap();
    let delta = second.delta_from(&first);
    let late = now() + 3 * minute;
    let accepted = statements.accept(delta.clone(), late).unwrap();
    assert_eq!((accepted.sequence, accepted.effect), (2, StatementEffect::Current));
    let found = [(Some(1), DenyCode::Revoked), (Some(0), DenyCode::RevocationStale)];
    assert_eq!(call_at(&statements, late), found);
    // Its base is not held any more, and was never held by another service.
    for statements in [statements, with_empty_list_of_another_time()] {
        let error = statements.accept(delta.clone(), late).unwrap_err();
        assert_eq!(error, NotAccepted::NoBase { base: first.digest().to_string() });
    }
}

/// A service with another first list.
fn with_empty_list_of_another_time() -> Statements {
    let statements = statements();
    taken(&statements, &signed(&RevocationDraft::own(), &alice(), now() + Duration::SECOND));
    statements
}

#[test]
fn a_sequence_cannot_run_ahead_of_the_clock() {
    let ahead = RevocationDraft::own().with_first_sequence(u64::MAX);
    assert!(ahead.sign(&alice(), now(), now() + DAY).is_err());
}

#[test]
fn a_job_learns_that_its_authority_ended() {
    let (statements, first) = with_empty_list();
    let presentation = token().present(&researcher(), &request(), now()).unwrap();
    let decision = verifier(&statements).decide(presentation, request(), now());
    let permit = decision.into_result().unwrap();
    // Long after its presentation was fresh.
    let later = now() + Duration::minutes(10);
    assert_eq!(permit.recheck(later), Ok(()));
    taken(&statements, &signed(&revoking(RevocationDraft::after(&first), 0), &alice(), later));
    assert!(permit.recheck(later).unwrap_err().has(DenyCode::Revoked));
}
