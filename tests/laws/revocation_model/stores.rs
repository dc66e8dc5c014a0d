//! One series where the state cannot always be stored: at any call, the store fails or says that
//! another process was faster. Nothing is fresh by that, and no entry is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use deputize::{CodedError as _, Signer as _};
use deputize::{
    ListPolicy, MemoryStatementState, OperationPattern, Reason, ReplayPolicy, RevocationList,
    RevocationPolicy, SeriesState, StateError, StatementEffect, StatementState, Statements,
    TrustAnchor, Verifier,
};
use time::Duration;

use super::oracle::{List, Reasons, Scope, Time};
use super::series::{FORKS, TIMES, chain, pool, sequences};
use super::world::{A, ALICE, Both, ROOT, World, at, list, request, shown};
use crate::common::key;

/// A fault of a store.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Fails,
    /// It says truly what is stored, though nobody was faster.
    SaysChanged,
    /// It says that nothing is stored.
    Forgets,
}

/// A store that misbehaves at some calls.
struct Faulty {
    inner: Arc<MemoryStatementState>,
    fault: Fault,
    /// Bit by bit, the calls.
    at: usize,
    calls: AtomicUsize,
}

impl StatementState for Faulty {
    fn load(&self) -> Result<Vec<SeriesState>, StateError> {
        self.inner.load()
    }

    fn replace(&self, before: Option<&SeriesState>, after: &SeriesState) -> Result<(), StateError> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        if self.at >> call & 1 == 0 {
            return self.inner.replace(before, after);
        }
        let mut stored = self.inner.load()?.into_iter().filter(|own| own.series == after.series);
        match self.fault {
            Fault::Fails => Err(StateError::Failed("has no room".to_owned())),
            Fault::SaysChanged => Err(StateError::Changed { stored: stored.next().map(Box::new) }),
            Fault::Forgets => Err(StateError::Changed { stored: None }),
        }
    }
}

/// The model: indices of lists.
#[derive(Debug, Clone, Default)]
struct Model {
    stored: Vec<usize>,
    seen: Vec<usize>,
    held: Vec<usize>,
}

impl Model {
    /// `store` is asked whether what was seen is stored, changed or not.
    fn accept(
        &mut self,
        lists: &[List],
        offered: usize,
        store: &mut dyn FnMut() -> bool,
    ) -> &'static str {
        let own = &lists[offered];
        let of = |index: &usize| &lists[*index];
        let is_older =
            |index: &usize| own.sequence < of(index).sequence && own.issued <= of(index).issued;
        let is_newer =
            |index: &usize| own.sequence > of(index).sequence && own.issued >= of(index).issued;
        let names = |index: &usize| {
            let digest = of(index).digest;
            own.previous == Some(digest) || own.ends.contains(&digest)
        };
        let mut after = self.seen.clone();
        if after.contains(&offered) {
        } else if after.iter().any(is_older) {
            if self.stored.contains(&offered) {
                self.hold(offered, &after);
                return if self.stored.len() == 1 { "Current" } else { "Forked" };
            }
            if !self.held.is_empty() && !self.held.contains(&offered) {
                return "statement_rolled_back";
            }
            self.held = vec![offered];
            return "RolledBack";
        } else if after.iter().all(is_newer) {
            let alone = after.len() == 1;
            after.retain(|head| !(names(head) || alone && own.sequence > of(head).sequence + 1));
            after.push(offered);
        } else {
            after.push(offered);
        }
        if after.len() > 4 {
            return "statement_too_many_heads";
        }
        after.sort_unstable();
        self.hold(offered, &after);
        self.seen = after;
        if store() {
            self.stored = self.seen.clone();
            self.held.retain(|own| self.stored.contains(own));
            return if self.seen.len() == 1 { "Current" } else { "Forked" };
        }
        "NotStored"
    }

    fn hold(&mut self, offered: usize, after: &[usize]) {
        if !self.held.contains(&offered) {
            self.held.push(offered);
        }
        let stored = &self.stored;
        self.held.retain(|own| after.contains(own) || stored.contains(own));
    }

    fn age(&self) -> Option<&'static str> {
        if !self.held.iter().any(|own| self.seen.contains(own)) {
            return Some("revocation_unknown");
        }
        match (self.seen.as_slice(), self.stored.as_slice()) {
            ([_], [head]) if self.held.contains(head) => None,
            ([_], [] | [_]) => Some("revocation_unknown"),
            _ => Some("revocation_stale"),
        }
    }
}

fn statements(store: impl StatementState + 'static) -> Statements {
    let anchor = TrustAnchor::new(key(ROOT).public_key(), ALICE);
    Statements::new(anchor, store).unwrap()
}

/// The hops that are refused, and why the list is not fresh, by a verifier that needs A's list.
fn judged(statements: &Statements, chain: &Both) -> (Vec<usize>, Option<&'static str>) {
    judged_at(0, statements, chain)
}

fn judged_at(
    time: Time,
    statements: &Statements,
    chain: &Both,
) -> (Vec<usize>, Option<&'static str>) {
    let anchor = TrustAnchor::new(key(ROOT).public_key(), ALICE);
    // The lists of the root and of the other delegators are needed, too, and nobody has them.
    let policy = ListPolicy::new(statements, Duration::DAY).and_every_delegator(Duration::DAY);
    let often = ReplayPolicy::accepted_for([OperationPattern::Any]);
    let verifier = Verifier::new(anchor, RevocationPolicy::by_lists(policy), often);
    let decision = verifier.decide(shown(chain, time), request(), at(time)).into_result();
    let of_a = key(A).public_key().fingerprint();
    let is_of_a = |own: &&Reason| {
        own.message.contains(&of_a) || own.message.contains("the clock was set back")
    };
    let denial = decision.unwrap_err();
    let found: Vec<_> = denial.reasons().iter().filter(is_of_a).collect();
    let found: Reasons =
        found.into_iter().map(|own| (own.hop.unwrap(), own.code.as_str())).collect();
    let revoked = found.iter().filter(|(_, code)| *code == "revoked").map(|(hop, _)| *hop);
    let age = found.iter().map(|(_, code)| *code).find(|code| code.starts_with("revocation"));
    (revoked.collect(), age)
}

#[test]
fn a_store_that_fails_makes_nothing_fresh_and_loses_no_entry() {
    for of in [FORKS, TIMES] {
        let mut world = World::new();
        let chain = chain(&mut world);
        let lists = pool(&mut world, &chain, &of, false);
        let signed: Vec<RevocationList> = lists.iter().map(|own| world.list(own)).collect();
        // Each list takes back the hop with its number.
        let hop_of = |id: usize| chain.model.hops.iter().position(|hop| hop.id == id).unwrap();
        assert!(lists.iter().enumerate().all(|(index, own)| hop_of(own.hops[0]) == index));
        for order in sequences(lists.len(), 3) {
            // Some calls fail: any of the first three, and each of them after another.
            for (fault, at_calls) in [
                (Fault::Fails, 0b001),
                (Fault::Fails, 0b010),
                (Fault::Fails, 0b011),
                (Fault::Fails, 0b110),
                (Fault::SaysChanged, 0b011),
                (Fault::Forgets, 0b101),
            ] {
                let inner = Arc::new(MemoryStatementState::default());
                let calls = AtomicUsize::new(0);
                let store = Faulty { inner: Arc::clone(&inner), fault, at: at_calls, calls };
                let statements = statements(store);
                let (mut model, mut calls) = (Model::default(), 0);
                let mut store = || {
                    calls += 1;
                    // A store that says that another process was faster is called again.
                    fault != Fault::Fails || at_calls >> (calls - 1) & 1 == 0
                };
                // Each is accepted once more at the end, when the store works again.
                let again = order.iter().copied();
                for offered in order.iter().copied().chain(again) {
                    let accepted = statements.accept_list(signed[offered].clone(), at(0));
                    let found = match &accepted {
                        Err(why) => why.code(),
                        Ok(accepted) => match accepted.effect {
                            StatementEffect::Current => "Current",
                            StatementEffect::Forked { .. } => "Forked",
                            StatementEffect::RolledBack { .. } => "RolledBack",
                            StatementEffect::NotStored { .. } => "NotStored",
                            _ => "another",
                        },
                    };
                    let expected = model.accept(&lists, offered, &mut store);
                    let case = format!("{offered} of {order:?}, {fault:?} at {at_calls:b}");
                    assert_eq!(found, expected, "{case}: {model:?}");
                }
                let mut held = model.held.clone();
                held.sort_unstable();
                let case = format!("{order:?}, {fault:?} at {at_calls:b}: {model:?}");
                assert_eq!(judged(&statements, &chain), (held, model.age()), "{case}");
                is_stored_as_seen(&inner, &model, &lists, &world, &case);
            }
        }
    }
}

/// Asserts that the store has the state of the model.
fn is_stored_as_seen(
    inner: &MemoryStatementState,
    model: &Model,
    lists: &[List],
    world: &World,
    case: &str,
) {
    let stored = inner.load().unwrap();
    let mut found: Vec<_> =
        stored.iter().flat_map(|own| &own.heads).map(|head| head.digest).collect();
    let of = |index: &usize| world.list(&lists[*index]).digest();
    let mut expected: Vec<_> = model.stored.iter().map(of).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{case}");
}

/// While nothing can be stored, what is newest counts, and an older one does not come back.
#[test]
fn newer_lists_go_on_to_count_while_nothing_can_be_stored() {
    let mut world = World::new();
    let chain = chain(&mut world);
    let mut lists = vec![];
    for index in 0..8 {
        let own = List {
            sequence: index as u64 + 1,
            issued: -500 + index as i64,
            previous: lists.last().map(|before: &List| before.digest),
            hops: vec![chain.model.hops[index].id],
            ..list(A, Scope::Own)
        };
        let own = world.sign(own, None);
        lists.push(own);
    }
    let inner = Arc::new(MemoryStatementState::default());
    let (calls, at_calls) = (AtomicUsize::new(0), 0b1_1111_1110);
    let store = Faulty { inner, fault: Fault::Fails, at: at_calls, calls };
    let statements = statements(store);
    for (index, own) in lists.iter().enumerate() {
        let accepted = statements.accept_list(world.list(own), at(0)).unwrap();
        let is_stored = accepted.effect == StatementEffect::Current;
        assert_eq!(is_stored, index == 0);
        // That of the first, which is judged for freshness, and the newest.
        let expected = if index == 0 { vec![0] } else { vec![0, index] };
        assert_eq!(judged(&statements, &chain), (expected.clone(), None));
        for before in &lists[1..index.max(1)] {
            let why = statements.accept_list(world.list(before), at(0)).unwrap_err();
            assert_eq!(why.code(), "statement_rolled_back");
        }
        // The one that is stored may come again.
        let _ = statements.accept_list(world.list(&lists[0]), at(0)).unwrap();
        assert_eq!(judged(&statements, &chain), (expected, None));
    }
    // The store works again.
    let accepted = statements.accept_list(world.list(&lists[7]), at(0)).unwrap();
    assert_eq!(accepted.effect, StatementEffect::Current);
    assert_eq!(judged(&statements, &chain), (vec![7], None));
}

/// Two processes share a store. What one has seen, the other does not take for fresh.
#[test]
fn a_process_that_learns_of_a_newer_list_does_not_go_on_with_its_own() {
    let mut world = World::new();
    let chain = chain(&mut world);
    let lists = pool(&mut world, &chain, &FORKS, false);
    let store = Arc::new(MemoryStatementState::default());
    let [one, other] = [(); 2].map(|()| statements(Arc::clone(&store)));
    let accept = |to: &Statements, index: usize| {
        to.accept_list(world.list(&lists[index]), at(0)).map(|own| own.effect)
    };
    for to in [&one, &other] {
        assert_eq!(accept(to, 0), Ok(StatementEffect::Current));
    }
    for index in [1, 3] {
        assert_eq!(accept(&one, index), Ok(StatementEffect::Current));
    }
    assert_eq!(judged(&one, &chain), (vec![3], None));
    assert_eq!(judged(&other, &chain), (vec![0], None));
    // The second list is not the newest, says the store.
    assert_eq!(accept(&other, 1).unwrap_err().code(), "statement_rolled_back");
    assert_eq!(judged(&other, &chain), (vec![0], Some("revocation_unknown")));
    assert_eq!(accept(&other, 3), Ok(StatementEffect::Current));
    assert_eq!(judged(&other, &chain), (vec![3], None));
    // A fork that one process has seen is one for the other, too, as soon as it stores.
    assert!(matches!(accept(&one, 5), Ok(StatementEffect::Forked { .. })));
    assert!(
        matches!(accept(&other, 4), Ok(StatementEffect::Forked { heads, .. }) if heads.len() == 3)
    );
    assert_eq!(judged(&other, &chain), (vec![3, 4], Some("revocation_stale")));
}

/// To accept a list again asks the store, which may know more by another process.
#[test]
fn a_process_that_accepts_its_list_again_learns_what_another_has_stored() {
    let mut world = World::new();
    let chain = chain(&mut world);
    let lists = pool(&mut world, &chain, &FORKS, false);
    let store = Arc::new(MemoryStatementState::default());
    let [one, other] = [(); 2].map(|()| statements(Arc::clone(&store)));
    let accept = |to: &Statements, index: usize| {
        to.accept_list(world.list(&lists[index]), at(0)).map(|own| own.effect)
    };
    for to in [&one, &other] {
        assert_eq!(accept(to, 0), Ok(StatementEffect::Current));
    }
    assert_eq!(accept(&one, 1), Ok(StatementEffect::Current));
    // A newer one.
    assert!(matches!(accept(&other, 0), Ok(StatementEffect::RolledBack { seen: 2, .. })));
    assert_eq!(judged(&other, &chain), (vec![0], Some("revocation_unknown")));
    assert_eq!(accept(&other, 1), Ok(StatementEffect::Current));
    assert_eq!(judged(&other, &chain), (vec![1], None));
    // A fork.
    assert!(matches!(accept(&one, 2), Ok(StatementEffect::Forked { .. })));
    assert!(
        matches!(accept(&other, 1), Ok(StatementEffect::Forked { heads, .. }) if heads.len() == 2)
    );
    assert_eq!(judged(&other, &chain), (vec![1], Some("revocation_stale")));
    assert!(matches!(accept(&other, 2), Ok(StatementEffect::Forked { .. })));
    assert_eq!(judged(&other, &chain), (vec![1, 2], Some("revocation_stale")));
    // The operator's decision, and that they changed their mind.
    for (kept, gone) in [(2, 1), (1, 2)] {
        let accepted = one.accept_fork(world.list(&lists[kept]).digest()).unwrap();
        assert_eq!(accepted.effect, StatementEffect::Current);
        assert_eq!(accept(&other, gone).unwrap_err().code(), "statement_rejected");
        let expected = if kept == 2 { vec![2] } else { vec![] };
        let age = if kept == 2 { None } else { Some("revocation_unknown") };
        assert_eq!(judged(&other, &chain), (expected, age));
        assert_eq!(accept(&other, kept), Ok(StatementEffect::Current));
        assert_eq!(judged(&other, &chain), (vec![kept], None));
        let _ = accept(&one, kept).unwrap();
    }
}

/// A store that cannot be asked changes nothing: its last answer counts as before.
#[test]
fn a_list_that_is_stored_stays_fresh_while_the_store_fails() {
    let mut world = World::new();
    let chain = chain(&mut world);
    let lists = pool(&mut world, &chain, &FORKS, false);
    let inner = Arc::new(MemoryStatementState::default());
    let (calls, at_calls) = (AtomicUsize::new(0), 0b010);
    let statements = statements(Faulty { inner, fault: Fault::Fails, at: at_calls, calls });
    let mut standings = [(); 3].map(|()| {
        let accepted = statements.accept_list(world.list(&lists[0]), at(0)).unwrap();
        assert_eq!(judged(&statements, &chain), (vec![0], None));
        accepted.effect
    });
    standings.sort_by_key(|effect| matches!(effect, StatementEffect::NotStored { .. }));
    assert!(matches!(
        standings,
        [StatementEffect::Current, StatementEffect::Current, StatementEffect::NotStored { .. }]
    ));
}

/// A clock that was set back is noticed by the lists of roots, too, that are not required, and that
/// could not be stored.
#[test]
fn the_time_of_a_list_that_is_not_stored_is_known() {
    let mut world = World::new();
    let chain = chain(&mut world);
    let of = |issuer, issued| List { issued, ..list(issuer, Scope::Own) };
    let (of_a, of_root) = (world.sign(of(A, -300), None), world.sign(of(ROOT, 20), None));
    for at_calls in [0b00, 0b10] {
        let inner = Arc::new(MemoryStatementState::default());
        let store = Faulty { inner, fault: Fault::Fails, at: at_calls, calls: AtomicUsize::new(0) };
        let statements = statements(store);
        let _ = statements.accept_list(world.list(&of_a), at(0)).unwrap();
        assert_eq!(judged_at(-11, &statements, &chain), (vec![], None));
        let accepted = statements.accept_list(world.list(&of_root), at(0)).unwrap();
        assert_eq!(accepted.effect == StatementEffect::Current, at_calls == 0);
        assert_eq!(judged_at(-10, &statements, &chain), (vec![], None));
        assert_eq!(judged_at(-11, &statements, &chain), (vec![], Some("revocation_unknown")));
    }
}
