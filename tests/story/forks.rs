//! The operator ends a fork, and the choice lasts.

use std::sync::Arc;

use deputize::limits::MAX_REJECTED_HEADS;
use deputize::{
    Accepted, CodedError, DenyCode, KeyEnd, ListPolicy, MemoryReplayGuard, MemoryStatementState,
    NotAccepted, ReplayPolicy, RevocationDraft, RevocationList, RevocationPolicy, SeriesHead,
    SeriesState, Signer, StateError, StatementDigest, StatementEffect, StatementError,
    StatementKind, StatementScope, StatementState, Statements, Token, Verifier,
};
use time::Duration;

use crate::common::{
    alice, anchor, codes, denied, grant, now, owner, planner, presented, request, researcher,
    shown, thief, token,
};

fn signed(draft: &RevocationDraft, minutes: i64) -> RevocationList {
    let at = now() + Duration::minutes(minutes);
    draft.sign(&alice(), at, at + Duration::DAY).unwrap()
}

/// Alice's first list, and two that claim to follow it: one takes the researcher's hop back, and
/// one does not.
fn fork() -> [RevocationList; 3] {
    let first = signed(&RevocationDraft::own(), -20);
    let (mut one, other) = (RevocationDraft::after(&first), RevocationDraft::after(&first));
    one.revoke_hop(&token().hops()[1], now());
    [signed(&one, -10), signed(&other, -9), first]
}

fn service(state: &Arc<MemoryStatementState>) -> Statements {
    Statements::new(anchor(), Arc::clone(state)).unwrap()
}

fn accepted(
    statements: &Statements,
    list: &RevocationList,
) -> Result<StatementEffect, NotAccepted> {
    statements.accept(list.as_bytes(), now()).map(|accepted| accepted.effect)
}

/// The reasons against the researcher's call.
fn reasons(statements: &Statements) -> Vec<(Option<usize>, DenyCode)> {
    let verifier = Verifier::new(
        anchor(),
        RevocationPolicy::by_lists(ListPolicy::new(statements, Duration::HOUR)),
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(100)),
    );
    match verifier.decide(shown(&presented()), request(), now()) {
        decision if decision.is_allowed() => Vec::new(),
        decision => codes(&denied(decision)),
    }
}

const REVOKED: (Option<usize>, DenyCode) = (Some(1), DenyCode::Revoked);
const STALE: (Option<usize>, DenyCode) = (Some(0), DenyCode::RevocationStale);
const UNKNOWN: (Option<usize>, DenyCode) = (Some(0), DenyCode::RevocationUnknown);

#[test]
fn the_operator_ends_a_fork() {
    let state = Arc::new(MemoryStatementState::default());
    let statements = service(&state);
    let [one, other, first] = fork();
    assert_eq!(accepted(&statements, &first), Ok(StatementEffect::Current));
    assert_eq!(accepted(&statements, &one), Ok(StatementEffect::Current));
    assert!(matches!(accepted(&statements, &other), Ok(StatementEffect::Forked { .. })));
    assert_eq!(reasons(&statements), [REVOKED, STALE]);

    let Accepted { series, sequence, digest, effect, .. } =
        statements.accept_fork(other.digest()).unwrap();
    assert_eq!((series, sequence, digest), (other.series(), 2, other.digest()));
    assert_eq!(effect, StatementEffect::Current);
    // The entries of the other head count no more, nor when it arrives again.
    assert_eq!(reasons(&statements), []);
    assert_eq!(accepted(&statements, &one), Err(NotAccepted::Rejected));
    assert_eq!(accepted(&statements, &other), Ok(StatementEffect::Current));
    assert_eq!(reasons(&statements), []);

    // Nor after a restart.
    let again = service(&state);
    assert_eq!(accepted(&again, &one), Err(NotAccepted::Rejected));
    assert_eq!(reasons(&again), [UNKNOWN]);
    assert_eq!(accepted(&again, &other), Ok(StatementEffect::Current));
    assert_eq!(reasons(&again), []);
    // To decide the same again changes nothing.
    assert_eq!(again.accept_fork(other.digest()).unwrap().effect, StatementEffect::Current);

    // A list that follows the rejected one is a fork again: nobody decided about it.
    let mut next = RevocationDraft::after(&one);
    next.revoke_key(thief().public_key(), KeyEnd::compromised(), now());
    assert!(matches!(accepted(&again, &signed(&next, -5)), Ok(StatementEffect::Forked { .. })));
    assert_eq!(reasons(&again), [REVOKED, STALE]);
}

#[test]
fn the_operator_changes_their_mind() {
    let state = Arc::new(MemoryStatementState::default());
    let statements = service(&state);
    let [one, other, _] = fork();
    for list in [&one, &other] {
        let _ = accepted(&statements, list).unwrap();
    }
    let _ = statements.accept_fork(other.digest()).unwrap();
    let _ = statements.accept_fork(one.digest()).unwrap();
    assert_eq!(accepted(&statements, &other), Err(NotAccepted::Rejected));
    assert_eq!(reasons(&statements), [UNKNOWN]);
    assert_eq!(accepted(&statements, &one), Ok(StatementEffect::Current));
    assert_eq!(reasons(&statements), [REVOKED]);
    // A list older than the head needs no remark.
    let next = signed(&RevocationDraft::after(&one), -5);
    assert_eq!(accepted(&statements, &next), Ok(StatementEffect::Current));
    assert_eq!(state.load().unwrap()[0].rejected, []);
    let old = accepted(&statements, &other);
    assert_eq!(old, Err(NotAccepted::RolledBack { seen: 3, offered: 2 }));
}

#[test]
fn only_a_head_that_was_seen_can_be_accepted() {
    let state = Arc::new(MemoryStatementState::default());
    let statements = service(&state);
    let [one, other, first] = fork();
    for list in [&first, &one, &other] {
        let _ = accepted(&statements, list).unwrap();
    }
    let before = state.load().unwrap();
    for digest in [first.digest(), StatementDigest::from_bytes([7; 32])] {
        let error = statements.accept_fork(digest).unwrap_err();
        assert_eq!(error, NotAccepted::NoSuchHead { digest: digest.to_string() });
        assert_eq!(error.code(), "statement_no_such_head");
    }
    assert_eq!(state.load().unwrap(), before);
    assert_eq!(reasons(&statements), [REVOKED, STALE]);
}

/// Processes that share a state.
#[test]
fn other_processes_notice_the_decision() {
    let state = Arc::new(MemoryStatementState::default());
    let (here, there) = (service(&state), service(&state));
    let [one, other, _] = fork();
    for list in [&one, &other] {
        let _ = accepted(&here, list).unwrap();
        let _ = accepted(&there, list).unwrap();
    }
    let _ = here.accept_fork(other.digest()).unwrap();
    assert_eq!(reasons(&there), [REVOKED, STALE]);
    assert_eq!(accepted(&there, &other), Ok(StatementEffect::Current));
    assert_eq!(reasons(&there), []);
    // One that had not seen the fork can decide about it, too.
    let [state, fresh] = [(); 2].map(|()| Arc::new(MemoryStatementState::default()));
    let (here, there) = (service(&state), service(&state));
    let _ = accepted(&here, &one).unwrap();
    let _ = accepted(&there, &one).unwrap();
    let _ = accepted(&there, &other).unwrap();
    let _ = here.accept_fork(one.digest()).unwrap();
    assert_eq!(accepted(&there, &other), Err(NotAccepted::Rejected));
    assert!(service(&fresh).accept_fork(one.digest()).is_err());
}

/// A thief with the issuer's key cannot be distinguished from the issuer, so a report that the key
/// is compromised is not taken back by choosing another list.
#[test]
fn a_final_series_stays_final() {
    let state = Arc::new(MemoryStatementState::default());
    let statements = service(&state);
    let [_, other, first] = fork();
    let mut last = RevocationDraft::after(&first);
    last.revoke_key(alice().public_key(), KeyEnd::compromised(), now());
    for list in [&other, &signed(&last, -8)] {
        let _ = accepted(&statements, list).unwrap();
    }
    let _ = statements.accept_fork(other.digest()).unwrap();
    assert_eq!(reasons(&statements), []);
    let next = signed(&RevocationDraft::after(&other), -5);
    assert_eq!(accepted(&statements, &next), Err(NotAccepted::SeriesEnded));
}

#[test]
fn rejected_heads_have_a_bound() {
    let state = Arc::new(MemoryStatementState::default());
    let statements = service(&state);
    let [one, ..] = fork();
    let _ = accepted(&statements, &one).unwrap();
    for number in 0..MAX_REJECTED_HEADS + 1 {
        let mut other = RevocationDraft::own().with_first_sequence(1_000);
        other.revoke_token([u8::try_from(number).unwrap(); 16], now());
        // Issued earlier, so that it does not replace the head.
        let _ = accepted(&statements, &signed(&other, -15)).unwrap();
        // The operator can always decide. The oldest are forgotten.
        assert!(statements.accept_fork(one.digest()).is_ok(), "{number}");
        let [stored] = &state.load().unwrap()[..] else { panic!() };
        assert_eq!(stored.rejected.len(), MAX_REJECTED_HEADS.min(number + 1));
        assert_eq!(stored.heads.len(), 1);
    }
}

/// The decision is not made if it cannot be stored.
#[test]
fn a_decision_that_cannot_be_stored() {
    struct Broken(Arc<MemoryStatementState>);
    impl StatementState for Broken {
        fn load(&self) -> Result<Vec<SeriesState>, StateError> {
            self.0.load()
        }
        fn replace(
            &self,
            before: Option<&SeriesState>,
            after: &SeriesState,
        ) -> Result<(), StateError> {
            self.0.replace(before, after)
        }
        // As it is without an implementation: the store refuses what is older.
    }
    let state = Arc::new(MemoryStatementState::default());
    let statements = Statements::new(anchor(), Broken(Arc::clone(&state))).unwrap();
    let [one, other, _] = fork();
    for list in [&one, &other] {
        let _ = accepted(&statements, list).unwrap();
    }
    let error = statements.accept_fork(other.digest()).unwrap_err();
    assert_eq!(error.code(), "state_failed");
    assert_eq!(reasons(&statements), [REVOKED, STALE]);
}

/// Heads that the root voids count as never seen, also in a store that never goes back.
#[test]
fn voided_heads_are_replaced_by_an_older_list() {
    let state = Arc::new(MemoryStatementState::default());
    let statements = service(&state);
    let power = "deputize.revoke **".parse().unwrap();
    let power = grant("officer", &planner(), power, Duration::hours(8));
    let power = Token::mint(owner(), &alice(), power, now() - Duration::HOUR).unwrap();
    let by_officer = |draft: RevocationDraft, minutes| {
        let at = now() + Duration::minutes(minutes);
        draft.sign(&planner(), at, at + Duration::DAY).unwrap()
    };
    let high = RevocationDraft::by_power_of(power.clone()).with_first_sequence(1_000);
    let high = by_officer(high, -10);
    let low = by_officer(RevocationDraft::by_power_of(power), -5);
    assert_eq!(accepted(&statements, &high), Ok(StatementEffect::Current));
    let [_, _, first] = fork();
    let mut void = RevocationDraft::after(&first);
    void.void_list(high.digest());
    assert_eq!(accepted(&statements, &signed(&void, -4)), Ok(StatementEffect::Current));
    assert_eq!(accepted(&statements, &low), Ok(StatementEffect::Current));
    let stored = state.load().unwrap();
    let stored = stored.iter().find(|own| own.series == low.series()).unwrap();
    assert_eq!(stored.heads.iter().map(|head| head.sequence).collect::<Vec<_>>(), [1]);
}

fn head(sequence: u64, minutes: i64) -> SeriesHead {
    let digest = StatementDigest::from_bytes([u8::try_from(sequence).unwrap(); 32]);
    SeriesHead { sequence, digest, issued: now() + Duration::minutes(minutes) }
}

/// A store refuses to replace its state by an older one.
#[test]
fn a_store_does_not_forget() {
    let [one, ..] = fork();
    let state = |heads: &[SeriesHead], rejected: &[SeriesHead], is_final| SeriesState {
        series: one.series(),
        heads: heads.to_vec(),
        rejected: rejected.to_vec(),
        is_final,
    };
    let before = state(&[head(5, 0), head(6, -1)], &[head(9, -2)], false);
    for (after, is_kept) in [
        (before.clone(), true),
        (state(&[head(5, 0), head(6, -1), head(7, -3)], &[head(9, -2)], false), true),
        (state(&[head(7, 0)], &[head(9, -2)], false), true),
        (state(&[head(10, 0)], &[], true), true),
        // It names no newer head, or one that was issued earlier.
        (state(&[head(5, 0), head(6, -1), head(10, 0)], &[], false), true),
        (state(&[head(5, 0)], &[head(9, -2)], false), false),
        (state(&[head(6, -1)], &[head(9, -2)], false), false),
        (state(&[head(4, 5)], &[head(9, -2)], false), false),
        (state(&[head(7, -1)], &[head(9, -2)], false), false),
        (state(&[], &[head(9, -2)], false), false),
        (state(&[head(7, 0)], &[], false), false),
        (state(&[head(7, 0), head(8, -3)], &[head(8, -2)], false), false),
    ] {
        assert_eq!(after.forgets_nothing_of(&before), is_kept, "{after:?}");
        let store = MemoryStatementState::default();
        store.replace(None, &before).unwrap();
        assert_eq!(store.replace(Some(&before), &after).is_ok(), is_kept, "{after:?}");
        store.reset(Some(&store.load().unwrap()[0]), &after).unwrap();
        assert_eq!(store.load().unwrap(), [after]);
    }
    // A head that is older than another is a head still: the other did not name it.
    let fork = state(&[head(5, 0), head(6, 0)], &[], false);
    assert!(!state(&[head(6, 0)], &[], false).forgets_nothing_of(&fork));
    // Nothing follows a final statement.
    let last = state(&[head(5, 0)], &[], true);
    assert!(last.forgets_nothing_of(&last));
    for after in [state(&[head(5, 0)], &[], false), state(&[head(6, 0)], &[], true)] {
        assert!(!after.forgets_nothing_of(&last));
    }
}

#[test]
fn a_kind_and_a_scope_have_one_spelling() {
    for kind in [StatementKind::Revocations, StatementKind::Agents, StatementKind::Successor] {
        assert_eq!(kind.to_string().parse(), Ok(kind));
    }
    let hop = token().hops()[0].id();
    let key = researcher().public_key();
    let scopes = [
        StatementScope::Own,
        StatementScope::Named,
        StatementScope::Root(key),
        StatementScope::Power(hop),
    ];
    for scope in scopes {
        assert_eq!(scope.to_string().parse(), Ok(scope));
    }
    for text in ["", "Own", "own ", "root", "root own", "power", "named own"] {
        let error = text.parse::<StatementScope>().unwrap_err();
        assert_eq!(error.code(), "not_a_statement_scope", "{text:?}");
    }
    let loud = StatementScope::Power(hop).to_string().to_uppercase().replace("POWER", "power");
    assert!(matches!(loud.parse::<StatementScope>(), Err(StatementError::NotAScope { .. })));
    for text in ["", "revocation", "Agents", "successor\n"] {
        assert_eq!(text.parse::<StatementKind>().unwrap_err().code(), "not_a_statement_kind");
    }
}

/// A head that could not be stored is one that the operator decides about all the same.
#[test]
fn a_head_that_could_not_be_stored() {
    struct Full(Arc<MemoryStatementState>, std::sync::atomic::AtomicBool);
    impl StatementState for Full {
        fn load(&self) -> Result<Vec<SeriesState>, StateError> {
            self.0.load()
        }
        fn replace(
            &self,
            before: Option<&SeriesState>,
            after: &SeriesState,
        ) -> Result<(), StateError> {
            match self.1.load(std::sync::atomic::Ordering::SeqCst) && before != Some(after) {
                true => Err(StateError::Failed("is full".to_owned())),
                false => self.0.replace(before, after),
            }
        }
        fn reset(
            &self,
            before: Option<&SeriesState>,
            after: &SeriesState,
        ) -> Result<(), StateError> {
            self.0.reset(before, after)
        }
    }
    let state = Arc::new(Full(Arc::default(), false.into()));
    let statements = Statements::new(anchor(), Arc::clone(&state)).unwrap();
    let [one, other, _] = fork();
    assert_eq!(accepted(&statements, &other), Ok(StatementEffect::Current));
    state.1.store(true, std::sync::atomic::Ordering::SeqCst);
    assert!(matches!(accepted(&statements, &one), Ok(StatementEffect::NotStored { .. })));
    assert!(reasons(&statements).contains(&REVOKED));
    let _ = statements.accept_fork(other.digest()).unwrap();
    assert_eq!(reasons(&statements), []);
    assert_eq!(accepted(&statements, &one), Err(NotAccepted::Rejected));
}
