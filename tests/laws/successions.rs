//! The successor statements that count: every set of at most four statements over four keys,
//! against a model that looks at walks.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use deputize::limits::MAX_SUCCESSORS;
use deputize::{
    Parties, PublicKey, Signer, SigningKey, Successions, Successor, SuccessorError, VoidReason,
};

use crate::common::{key, now};

const KEYS: usize = 4;

/// An old key and a new one, by number.
type Pair = (usize, usize);

fn pairs() -> Vec<Pair> {
    (0..KEYS).flat_map(|old| (0..KEYS).map(move |new| (old, new))).filter(|(a, b)| a != b).collect()
}

fn signer(nth: usize) -> SigningKey {
    key(u8::try_from(nth).unwrap() + 1)
}

fn public(nth: usize) -> PublicKey {
    static ALL: LazyLock<[PublicKey; KEYS]> =
        LazyLock::new(|| std::array::from_fn(|nth| signer(nth).public_key()));
    ALL[nth]
}

fn statement((old, new): Pair) -> Successor {
    Successor::sign(&signer(old), &signer(new), now()).unwrap()
}

fn set<'s>(statements: impl IntoIterator<Item = &'s Successor>) -> Successions {
    let mut set = Successions::new();
    for own in statements {
        set.add(own.clone()).unwrap();
    }
    set
}

/// Returns true if a walk of this many steps starts at `key`.
fn walks(stated: &BTreeSet<Pair>, key: usize, steps: usize, step: fn(&Pair) -> Pair) -> bool {
    let next = || stated.iter().map(step).filter(|(from, _)| *from == key);
    steps == 0 || next().any(|(_, to)| walks(stated, to, steps - 1, step))
}

/// The successions that count, by the definitions: those that differ from no other, and that do not
/// lie on an endless walk.
fn counting(stated: &BTreeSet<Pair>) -> BTreeSet<Pair> {
    let differs = |(old, new): &Pair| stated.iter().any(|(a, b)| (a == old) != (b == new));
    let endless = |(old, new): &Pair| {
        walks(stated, *new, KEYS, |(a, b)| (*a, *b)) && walks(stated, *old, KEYS, |(a, b)| (*b, *a))
    };
    stated.iter().filter(|pair| !differs(pair) && !endless(pair)).copied().collect()
}

fn one_party(counting: &BTreeSet<Pair>, one: usize, other: usize) -> bool {
    let mut party = BTreeSet::from([one]);
    for _ in 0..KEYS {
        let near = counting.iter().filter(|(a, b)| party.contains(a) || party.contains(b));
        party.extend(near.flat_map(|(a, b)| [*a, *b]).collect::<Vec<_>>());
    }
    party.contains(&other)
}

fn assert_agrees(parties: &Parties, stated: &BTreeSet<Pair>, from: &str) {
    let counting = counting(stated);
    for one in 0..KEYS {
        let of = |found: Option<&Pair>, key: fn(&Pair) -> usize| found.map(|own| public(key(own)));
        let next = counting.iter().find(|(old, _)| *old == one);
        let before = counting.iter().find(|(_, new)| *new == one);
        assert_eq!(parties.successor_of(&public(one)), of(next, |own| own.1), "{from}");
        assert_eq!(parties.predecessor_of(&public(one)), of(before, |own| own.0), "{from}");
        for other in 0..KEYS {
            let found = parties.are_one_party(&public(one), &public(other));
            assert_eq!(found, one_party(&counting, one, other), "{one} and {other}, {from}");
        }
    }
}

/// Every set of at most four of these.
fn sets(all: &[Pair]) -> Vec<BTreeSet<Pair>> {
    let mut sets = vec![BTreeSet::new()];
    for pair in all {
        let with = |set: &BTreeSet<Pair>| set.iter().copied().chain([*pair]).collect();
        let more: Vec<_> = sets.iter().filter(|set| set.len() < 4).map(with).collect();
        sets.extend(more);
    }
    sets
}

#[test]
fn every_small_set_is_resolved_as_the_rules_say() {
    let all: Vec<_> = pairs().into_iter().map(|pair| (pair, statement(pair))).collect();
    let (mut compared, mut voided) = (0, 0);
    for stated in sets(&pairs()) {
        let own = || all.iter().filter(|(pair, _)| stated.contains(pair)).map(|(_, own)| own);
        let known = set(own());
        // Nothing is reported, then each key, old or new, but for each of the statements.
        let excepted = || std::iter::once(None).chain(stated.iter().copied().map(Some));
        for reported in std::iter::once(None).chain((0..KEYS).map(Some)) {
            for except in excepted() {
                let is_of = |(old, new): &Pair| reported == Some(*old) || reported == Some(*new);
                let counts = |pair: &Pair| !is_of(pair) || Some(*pair) == except;
                let left = stated.iter().copied().filter(counts).collect();
                let parties = known.resolve(|own| {
                    let is_except = except.is_some_and(|pair| statement_of(&all, pair) == own);
                    let is_of = |key| own.old() == public(key) || own.new_key() == public(key);
                    reported.is_some_and(is_of) && !is_except
                });
                assert_agrees(&parties, &left, &format!("{stated:?}, {reported:?}, {except:?}"));
                assert_all_are_accounted_for(&known, &parties);
                compared += 1;
                voided += usize::from(!parties.voids().is_empty());
            }
        }
        // No statement makes a void one count.
        for more in pairs().into_iter().filter(|pair| !stated.contains(pair)) {
            let wider: BTreeSet<_> = stated.iter().copied().chain([more]).collect();
            let stays = |pair: &Pair| counting(&stated).contains(pair) || *pair == more;
            assert!(counting(&wider).iter().all(stays), "{stated:?} and {more:?}");
        }
    }
    assert!(compared > 15_000 && voided > 10_000 && voided < compared, "{voided} of {compared}");
}

fn statement_of(all: &[(Pair, Successor)], pair: Pair) -> &Successor {
    &all.iter().find(|(own, _)| *own == pair).unwrap().1
}

/// A statement counts or is in the list of the void ones.
fn assert_all_are_accounted_for(known: &Successions, parties: &Parties) {
    let void: BTreeSet<_> = parties.voids().iter().flat_map(|void| &void.statements).collect();
    for own in known.iter() {
        let counts = parties.successor_of(&own.old()) == Some(own.new_key());
        assert_ne!(counts, void.contains(&own.digest()), "{own:?}");
    }
}

#[test]
fn the_order_of_the_statements_does_not_matter() {
    let all: Vec<_> = [(0, 1), (1, 2), (3, 2), (2, 0)].into_iter().map(statement).collect();
    let expected = set(&all).resolve(|_| false);
    for nth in 0..24 {
        let mut order = Vec::new();
        let (mut left, mut nth) = (all.clone(), nth);
        while !left.is_empty() {
            order.push(left.remove(nth % left.len()));
            nth /= left.len() + 1;
        }
        let found = set(&order);
        assert_eq!(found, set(&all));
        assert_eq!(found.resolve(|_| false).voids(), expected.voids());
    }
}

#[test]
fn each_void_says_why_and_names_its_statements() {
    let why = |stated: &[Pair]| {
        let all: Vec<_> = stated.iter().copied().map(statement).collect();
        let named = |void: &deputize::VoidSuccession| {
            let of = |own: &&Successor| void.statements.contains(&own.digest());
            (void.why.clone(), all.iter().filter(of).count())
        };
        set(&all).resolve(|_| false).voids().iter().map(named).collect::<Vec<_>>()
    };
    let of = |key| Box::new(public(key));
    assert_eq!(why(&[(0, 1), (1, 2)]), []);
    assert_eq!(why(&[(0, 1), (0, 2), (2, 3)]), [(VoidReason::TwoSuccessors(of(0)), 2)]);
    assert_eq!(why(&[(0, 2), (1, 2), (2, 3)]), [(VoidReason::TwoPredecessors(of(2)), 2)]);
    assert_eq!(why(&[(0, 1), (1, 2), (2, 0)]), [(VoidReason::Cycle, 3)]);
    assert_eq!(why(&[(0, 1), (1, 0), (2, 3), (3, 2)]), vec![(VoidReason::Cycle, 2); 2]);
    assert_eq!(
        why(&[(0, 1), (1, 2), (2, 1)]),
        [(VoidReason::TwoPredecessors(of(1)), 2), (VoidReason::Cycle, 2)]
    );
    let known = set(&[statement((0, 1)), statement((0, 2))]);
    let parties = known.resolve(|own| own.new_key() == public(2));
    let [void] = parties.voids() else { panic!("{parties:?}") };
    assert_eq!(void.why, VoidReason::Reported);
    assert_eq!(void.statements, [statement((0, 2)).digest()]);
    assert_eq!(known.get(&void.statements[0]), Some(&statement((0, 2))));
    for why in [void.why.clone(), VoidReason::Cycle, VoidReason::TwoPredecessors(of(1))] {
        assert!(!why.to_string().ends_with('.'));
    }
}

/// The same succession can be stated twice, and a report can except one of the two statements.
#[test]
fn one_succession_stated_twice_does_not_differ_from_itself() {
    let again = Successor::sign(&signer(0), &signer(1), now() + time::Duration::DAY).unwrap();
    let known = set(&[statement((0, 1)), again.clone()]);
    assert_eq!(known.iter().count(), 2);
    assert!(known.resolve(|_| false).voids().is_empty());
    let parties = known.resolve(|own| *own != again);
    assert_eq!(parties.successor_of(&public(0)), Some(public(1)));
    assert_eq!(parties.voids()[0].statements, [statement((0, 1)).digest()]);
    assert_eq!(known.resolve(|_| true).successor_of(&public(0)), None);
}

/// As many statements as fit, in one chain and then in one circle.
#[test]
fn long_chains_take_no_stack_and_the_number_is_bounded() {
    let signer = |nth: usize| {
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&nth.to_be_bytes());
        SigningKey::from_bytes(&seed)
    };
    let mut known = Successions::new();
    for nth in 1..MAX_SUCCESSORS {
        known.add(Successor::sign(&signer(nth - 1), &signer(nth), now()).unwrap()).unwrap();
    }
    let [first, last] = [0, MAX_SUCCESSORS - 1].map(|nth| signer(nth).public_key());
    let parties = known.resolve(|_| false);
    assert!(parties.are_one_party(&first, &last));
    known.add(Successor::sign(&signer(MAX_SUCCESSORS - 1), &signer(0), now()).unwrap()).unwrap();
    let parties = known.resolve(|_| false);
    assert!(!parties.are_one_party(&first, &last));
    assert_eq!(parties.voids()[0].statements.len(), MAX_SUCCESSORS);
    let more = statement((0, 1));
    assert_eq!(known.add(more), Err(SuccessorError::TooMany));
    let held = known.iter().next().unwrap().clone();
    assert_eq!(known.add(held), Ok(()));
}
