//! Several lists: those that void others or end their power, in every order, and random ones.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::oracle::{End, List, Reasons, Required, Scope, Time, Void};
use super::single::power;
use super::world::{
    A, ALICE, B, BOB, BOBS, BY_NAME, Both, C, CAROLS_OFFICER, D, LATER, OFFICER, P, Plan, Q, ROOT,
    Verifiers, World, agrees_with_report, at, list, plan, reasons, request, shown,
};

/// Few chains, for many lists.
fn family(world: &mut World) -> Vec<Both> {
    let (a, b, c) = ((A, -1_000), (B, -990), (C, -980));
    let mut plans = vec![
        plan(&[a]),
        plan(&[a, b, c]),
        plan(&[a, b, (A, -980), (D, -970)]),
        plan(&[(Q, -1_000), b]),
    ];
    plans.push(Plan { owner: BOB, root: BOBS, ..plan(&[a, b]) });
    plans.iter().map(|own| world.chain(own)).collect()
}

/// The tokens of two officers: P directly, and P by way of Q; and of B, who is in chains.
fn authorities(world: &mut World) -> Vec<Both> {
    let direct = Plan { grants: vec![BY_NAME], ..plan(&[(P, -1_000)]) };
    let by_q = plan(&[(Q, -1_000), (P, -990)]);
    let short = Plan { expires: 60, ..plan(&[(P, -999)]) };
    let of_b = plan(&[(A, -1_000), (B, -990)]);
    [direct, by_q, short, of_b].iter().map(|own| world.chain(own)).collect()
}

#[track_caller]
pub(super) fn agree(
    world: &World,
    both: &Verifiers,
    chain: &Both,
    (presented, now): (Time, Time),
    (required, max_stale): (&[Required], Time),
) -> Reasons {
    let verifier = both.verifier(world, required, max_stale);
    let decision = verifier.decide(shown(chain, presented), request(), at(now));
    let found = reasons(&decision);
    let expected = both.model.judge(&chain.model, presented, now, required, max_stale);
    assert_eq!(
        found, expected,
        "{:?} at {now}, with {required:?} not older than {max_stale}",
        chain.model
    );
    agrees_with_report(&decision, &found);
    found
}

const POLICIES: [&[Required]; 4] = [
    &[Required::Root],
    &[Required::Issuer(P)],
    &[Required::Root, Required::Issuer(P)],
    &[Required::Root, Required::EveryDelegator],
];

/// Lists that count against somebody, and lists that count against these: each pair in both orders,
/// with the root's list, and after a restart.
#[test]
fn a_list_that_ends_another_does_so_before_and_after_it() {
    let mut world = World::new();
    let chains = family(&mut world);
    let powers = authorities(&mut world);
    let (a_hop, b_hop) = (chains[1].model.hops[0].id, chains[1].model.hops[1].id);
    let mut firsts: Vec<(List, Option<Both>)> = vec![];
    for sequence in [1, 3] {
        for authority in &powers {
            let issuer = authority.model.hops.last().unwrap().delegate;
            let of = List { sequence, hops: vec![b_hop], ..list(issuer, power(authority)) };
            firsts.push((of, Some(authority.clone())));
        }
        let of_a = List { sequence, keys: vec![(B, compromised())], ..list(A, Scope::Own) };
        firsts.push((of_a, None));
        firsts
            .push((List { sequence, hops: vec![a_hop], ..list(OFFICER, Scope::Root(ROOT)) }, None));
    }
    // It takes itself back.
    for authority in &powers {
        let last = authority.model.hops.last().unwrap();
        let own = || list(last.delegate, power(authority));
        let itself = List { hops: vec![last.id, a_hop], ..own() };
        let its_token = List { tokens: vec![1], ..own() };
        let final_one = List { keys: vec![(last.delegate, compromised())], ..own() };
        for own in [itself, its_token, final_one] {
            firsts.push((own, Some(authority.clone())));
        }
    }
    let mut count = 0;
    for (first, authority) in firsts {
        let first = world.sign(first, authority.as_ref());
        let mut seconds = vec![];
        let by_issuer = [(ROOT, Scope::Own), (BOBS, Scope::Own), (A, Scope::Own)];
        for (issuer, scope) in by_issuer {
            if (issuer, &scope) == (first.issuer, &first.scope) {
                continue;
            }
            let of = |voids: Vec<Void>| List { voids, ..list(issuer, scope.clone()) };
            let mut voids = vec![vec![Void::List(first.digest)], vec![Void::List(0)]];
            for from in [1, 2, 4] {
                if issuer != A {
                    voids.push(vec![Void::Own(A, from)]);
                }
                for authority in &powers {
                    voids.push(vec![Void::Power(authority.model.hops.last().unwrap().id, from)]);
                }
            }
            seconds.extend(voids.into_iter().map(of));
        }
        let of_root = || list(ROOT, Scope::Own);
        for authority in &powers {
            for hop in &authority.model.hops {
                seconds.push(List { hops: vec![hop.id], ..of_root() });
            }
        }
        for key in [P, Q, A, ROOT] {
            for end in [End::Retired(-101), End::Retired(-100), compromised()] {
                seconds.push(List { keys: vec![(key, end)], ..of_root() });
            }
        }
        seconds.push(List { owners: vec![ALICE], ..of_root() });
        let of_officer = list(OFFICER, Scope::Root(ROOT));
        if first.issuer != OFFICER {
            seconds.push(List { hops: vec![powers[0].model.hops[0].id], ..of_officer });
        }
        seconds.push(List { owners: vec![ALICE], ..list(CAROLS_OFFICER, Scope::Root(ROOT)) });
        for second in seconds {
            let second = world.sign(second, None);
            for order in [[&first, &second], [&second, &first]] {
                let mut both = Verifiers::new();
                for own in order {
                    let _ = both.accept(&world, own, 0);
                }
                count += 1;
                // All chains, and the policies by turns: they are independent.
                for (index, chain) in chains.iter().enumerate() {
                    let required = POLICIES[(count + index) % POLICIES.len()];
                    agree(&world, &both, chain, (0, 0), (required, 1_000));
                }
            }
        }
        // The first is accepted at a restart, when its power ended, was revoked, or was voided.
        for second in [
            List { hops: vec![powers[0].model.hops[0].id], ..of_root() },
            List { voids: vec![Void::List(first.digest)], ..of_root() },
            of_root(),
        ] {
            let second = world.sign(List { issued: 50, ..second }, None);
            let mut both = Verifiers::new();
            let _ = both.accept(&world, &first, 0);
            let _ = both.accept(&world, &second, 50);
            both.restart();
            for own in [&first, &second, &first] {
                let _ = both.accept(&world, own, 70);
                for chain in &chains {
                    agree(&world, &both, chain, (70, 70), (POLICIES[2], 1_000));
                }
            }
        }
    }
    println!("{count} pairs");
    assert!(count > 1_000, "{count} pairs");
}

fn compromised() -> End {
    End::Compromised { good: vec![] }
}

/// A list of a random step, by small numbers, so that they shrink.
#[derive(Debug, Clone)]
struct Random {
    issuer: usize,
    sequence: u64,
    issued: usize,
    next: usize,
    previous: Option<usize>,
    ends: Vec<usize>,
    entries: Vec<(usize, usize)>,
    /// The time between its arrival and that of the one before it.
    after: usize,
    restart: bool,
}

prop_compose! {
    fn random()(
        issuer in 0..12_usize,
        sequence in 1..5_u64,
        issued in 0..7_usize,
        next in 0..3_usize,
        previous in prop::option::of(0..8_usize),
        ends in prop::collection::vec(0..8_usize, 0..3),
        entries in prop::collection::vec((0..7_usize, 0..12_usize), 0..4),
        after in 0..4_usize,
        restart in prop::bool::weighted(0.1),
    ) -> Random {
        Random { issuer, sequence, issued, next, previous, ends, entries, after, restart }
    }
}

/// A world from which each case starts: signing is most of the work.
#[derive(Clone)]
struct Shared {
    world: World,
    chains: Vec<Both>,
    powers: Vec<Both>,
}

static SHARED: LazyLock<Shared> = LazyLock::new(Shared::new);

impl Shared {
    fn new() -> Self {
        let mut world = World::new();
        let chains = family(&mut world);
        let powers = authorities(&mut world);
        Self { world, chains, powers }
    }

    fn sign(&mut self, made: &[List], own: &Random) -> List {
        let issuers = [(ROOT, Scope::Own), (A, Scope::Own), (B, Scope::Own), (BOBS, Scope::Own)];
        let named = [(OFFICER, Scope::Root(ROOT))];
        let plain = issuers.into_iter().chain(named).map(|own| (own, None));
        let by_power = self.powers.iter().map(|authority| {
            let holder = authority.model.hops.last().unwrap().delegate;
            ((holder, power(authority)), Some(authority.clone()))
        });
        let all: Vec<_> = plain.chain(by_power).collect();
        let ((issuer, scope), authority) = all[own.issuer % all.len()].clone();
        let issued = [-300, -200, -100, -50, 0, 25, 40][own.issued];
        let next = [60, 90, LATER][own.next];
        let digest = |index: &usize| made.get(*index).map(|list| list.digest);
        let previous = own.previous.as_ref().and_then(digest);
        let mut ends: Vec<_> = own.ends.iter().filter_map(digest).collect();
        ends.sort_unstable();
        ends.dedup();
        let next = next.max(issued + 1);
        let mut list = List {
            sequence: own.sequence,
            issued,
            next,
            previous,
            ends,
            ..list(issuer, scope.clone())
        };
        let ids: Vec<_> =
            self.chains.iter().chain(&self.powers).flat_map(|own| &own.model.hops).collect();
        for (kind, which) in own.entries.iter().copied() {
            let key = [ROOT, A, B, C, D, BOBS, P, Q, OFFICER][which % 9];
            match kind {
                0 | 1 => list.hops.push(ids[which * 5 % ids.len()].id),
                2 => list.tokens.push([1, 2][which % 2]),
                3 => list.owners.push([ALICE, BOB][which % 2]),
                4 => list.keys.push((key, End::Retired([-995, -985, -150, -1, 70][which % 5]))),
                5 => list.keys.push((key, compromised())),
                _ if scope == Scope::Own => {
                    let hop = self.powers[which % self.powers.len()].model.hops.last().unwrap().id;
                    list.voids.push(match which % 3 {
                        0 if issuer != A => Void::Own(A, which as u64 / 3 + 1),
                        1 => Void::Power(hop, which as u64 / 4 + 1),
                        _ => Void::List(digest(&(which / 2)).unwrap_or_default()),
                    });
                }
                _ => {}
            }
        }
        list.hops.sort_unstable();
        list.hops.dedup();
        list.tokens.sort_unstable();
        list.tokens.dedup();
        list.owners.sort_unstable();
        list.owners.dedup();
        list.keys.sort_by_key(|(key, _)| *key);
        list.keys.dedup_by_key(|(key, _)| *key);
        list.voids.dedup();
        let is_repeated = |one: &Void, other: &Void| match (one, other) {
            (Void::Own(one, _), Void::Own(other, _)) => one == other,
            (Void::Power(one, _), Void::Power(other, _)) => one == other,
            _ => one == other,
        };
        let mut voids: Vec<Void> = vec![];
        for void in list.voids {
            if !voids.iter().any(|own| is_repeated(own, &void)) {
                voids.push(void);
            }
        }
        list.voids = voids;
        self.world.sign(list, authority.as_ref())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn any_lists_in_any_order_have_the_result_of_the_model(
        steps in prop::collection::vec(random(), 1..8),
        judged in prop::collection::vec((0..3_usize, 0..5_usize, 0..4_usize), 1..4),
    ) {
        let mut shared = SHARED.clone();
        let mut made = vec![];
        for own in &steps {
            made.push(shared.sign(&made, own));
        }
        let Shared { world, chains, .. } = &shared;
        let (mut both, mut now) = (Verifiers::new(), 0);
        for (own, list) in steps.iter().zip(&made) {
            now += [0, 0, 10, 30][own.after];
            if own.restart {
                both.restart();
            }
            let _ = both.accept(world, list, now);
            for (later, chain, policy) in &judged {
                // The clock may go back, too.
                let time = now + [0, 60, -45][*later];
                let required = POLICIES[*policy];
                agree(world, &both, &chains[*chain], (time, time), (required, 150));
            }
        }
    }
}

/// Honest lists, one after the other in each series, have one result in every order.
#[test]
fn the_order_in_which_honest_lists_arrive_does_not_matter() {
    let mut shared = Shared::new();
    let Shared { world, chains, powers } = &mut shared;
    let hop = |index: usize| chains[1].model.hops[index].id;
    let mut lists = vec![];
    let series = [
        (list(ROOT, Scope::Own), None, 0),
        (list(A, Scope::Own), None, 1),
        (list(P, power(&powers[0])), Some(powers[0].clone()), 2),
    ];
    for (own, authority, entry) in series {
        let first = world.sign(own.clone(), authority.as_ref());
        let second = List {
            sequence: 2,
            issued: -50,
            previous: Some(first.digest),
            hops: vec![hop(entry)],
            ..own
        };
        let second = world.sign(second, authority.as_ref());
        lists.extend([first, second]);
    }
    let mut results = std::collections::BTreeSet::new();
    for order in permutations(lists.len()) {
        let mut both = Verifiers::new();
        for index in order {
            let _ = both.accept(world, &lists[index], 0);
        }
        let of = |chain| agree(world, &both, chain, (0, 0), (POLICIES[2], 1_000));
        results.insert(chains[..3].iter().map(of).collect::<Vec<_>>());
    }
    assert_eq!(results.len(), 1, "{results:?}");
    let revoked = Reasons::from([(0, "revoked"), (1, "revoked"), (2, "revoked")]);
    // The root's list has taken nothing back by which P or A would have lost their power.
    assert_eq!(results.first().unwrap()[1], revoked);
}

fn permutations(count: usize) -> Vec<Vec<usize>> {
    match count {
        0 => vec![vec![]],
        _ => {
            let with = |before: Vec<usize>| {
                (0..count).map(move |at| {
                    let mut own = before.clone();
                    own.insert(at, count - 1);
                    own
                })
            };
            permutations(count - 1).into_iter().flat_map(with).collect()
        }
    }
}
