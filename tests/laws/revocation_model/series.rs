//! One series: all sequences of up to four lists that arrive, whatever their links, against the
//! model.

use super::oracle::{List, Reasons, Required, Scope};
use super::world::{
    A, Both, LATER, ROOT, Verifiers, World, at, list, plan, reasons, request, shown,
};

/// A chain of eight hops, all of them below A: each list of a pool revokes one of them, so
/// that a decision shows which lists count.
pub(super) fn chain(world: &mut World) -> Both {
    let hops: Vec<_> = (0..8).map(|index| (A + index, -1_000 + i64::from(index))).collect();
    world.chain(&plan(&hops))
}

/// Lists of A: the numbers of those before them in the pool, the place, the time, and what they
/// end.
type Of = (Option<usize>, u64, i64, &'static [usize]);

pub(super) fn pool(world: &mut World, chain: &Both, of: &[Of], last_is_final: bool) -> Vec<List> {
    let mut lists: Vec<List> = vec![];
    for (index, (previous, sequence, issued, ends)) in of.iter().enumerate() {
        let digest = |index: &usize| lists[*index].digest;
        let is_last = index + 1 == of.len();
        let end = super::oracle::End::Compromised { good: vec![] };
        let own = List {
            sequence: *sequence,
            issued: *issued,
            next: LATER,
            previous: previous.as_ref().map(digest),
            ends: ends.iter().map(digest).collect(),
            hops: vec![chain.model.hops[index].id],
            keys: if last_is_final && is_last { vec![(A, end)] } else { vec![] },
            ..list(A, Scope::Own)
        };
        let own = world.sign(own, None);
        lists.push(own);
    }
    lists
}

/// Honest lists, forks at the first and the second place, and ends of them.
pub(super) const FORKS: [Of; 8] = [
    (None, 1, -300, &[]),
    (Some(0), 2, -200, &[]),
    (Some(0), 2, -190, &[]),
    (Some(1), 3, -100, &[]),
    (Some(1), 3, -100, &[2]),
    (Some(2), 3, -150, &[]),
    (Some(3), 4, -50, &[5]),
    (None, 1, -299, &[]),
];

/// Lists that skip, that are issued before or after what their place says, and that name each other
/// across places.
pub(super) const TIMES: [Of; 8] = [
    (None, 1, -300, &[]),
    (Some(0), 2, -200, &[]),
    // A later time and an earlier place.
    (None, 1, -100, &[]),
    // An earlier time and a later place.
    (Some(1), 3, -250, &[]),
    // It skips.
    (None, 4, -150, &[]),
    (Some(1), 3, -200, &[2]),
    (Some(4), 4, -120, &[1, 3]),
    // It ends all others, and is directly after the third.
    (None, 4, -90, &[0, 1, 2, 3, 4, 5, 6]),
];

/// Sequences of indices into a pool of this size.
pub(super) fn sequences(pool: usize, length: usize) -> Vec<Vec<usize>> {
    (0..length).fold(vec![vec![]], |shorter, _| {
        let longer = |own: Vec<usize>| (0..pool).map(move |next| [&own[..], &[next]].concat());
        shorter.into_iter().flat_map(longer).collect()
    })
}

const REQUIRED: &[Required] = &[Required::Root, Required::Issuer(A)];

fn try_all(of: &[Of], last_is_final: bool, longest: usize) {
    let mut world = World::new();
    let chain = chain(&mut world);
    let lists = pool(&mut world, &chain, of, last_is_final);
    let root = world.sign(list(ROOT, Scope::Own), None);
    let shown = shown(&chain, 0);
    for length in 1..=longest {
        for order in sequences(lists.len(), length) {
            let mut both = Verifiers::new();
            let _ = both.accept(&world, &root, 0);
            for index in &order {
                let _ = both.accept(&world, &lists[*index], 0);
            }
            let verdict = |both: &Verifiers| -> Reasons {
                let verifier = both.verifier(&world, REQUIRED, 1_000);
                let found = reasons(&verifier.decide(shown.clone(), request(), at(0)));
                let expected = both.model.judge(&chain.model, 0, 0, REQUIRED, 1_000);
                assert_eq!(found, expected, "after {order:?}");
                found
            };
            let before = verdict(&both);
            if length == longest {
                continue;
            }
            // After a restart, one of them is shown first. Nothing that is older than what was seen
            // is fresh.
            for shown_first in 0..lists.len() {
                let mut restarted = both.copy();
                restarted.restart();
                let _ = restarted.accept(&world, &root, 0);
                let effect = restarted.accept(&world, &lists[shown_first], 0);
                let found = verdict(&restarted);
                let is_fresh = |found: &Reasons| {
                    let is_unknown =
                        |code| code == "revocation_stale" || code == "revocation_unknown";
                    !found.iter().any(|(_, code)| is_unknown(*code))
                };
                if is_fresh(&found) && !is_fresh(&before) {
                    assert_eq!(effect, "Current", "{shown_first} after {order:?}");
                    let ended = of[shown_first].3.len() + usize::from(of[shown_first].0.is_some());
                    assert!(ended >= 2, "{shown_first} after {order:?} ended a fork");
                }
            }
        }
    }
}

#[test]
fn all_sequences_of_lists_with_forks_and_their_ends() {
    try_all(&FORKS, false, 4);
}

#[test]
fn all_sequences_of_lists_with_times_in_another_order_than_their_places() {
    try_all(&TIMES, false, 4);
}

#[test]
fn all_sequences_of_lists_one_of_which_is_final() {
    try_all(&FORKS[..7], true, 3);
    try_all(&TIMES[..5], true, 4);
}
