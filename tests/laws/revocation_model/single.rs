//! Every kind of entry, by every issuer, against every chain.

use super::oracle::{End, Grant, List, On, Required, Scope};
use super::world::{
    A, ALICE, B, BOB, BOBS, BY_NAME, Both, C, CAROL, CAROLS_OFFICER, D, LIKE_ALICE, OFFICER, P,
    Plan, Q, ROOT, STRANGER, Verifiers, World, agrees_with_report, at, list, plan, reasons,
    request, shown,
};

/// Chains of one to four hops, with everything that is near them.
pub(super) fn family(world: &mut World) -> Vec<Both> {
    let (a, b, c, d) = ((A, -1_000), (B, -990), (C, -980), (D, -970));
    let mut plans: Vec<Plan> = [
        // Each chain has all shorter ones as parents.
        &[a][..],
        &[a, b],
        &[a, b, c],
        &[a, b, c, d],
        // A sibling of B, in the same second.
        &[a, (D, -990)],
        // The same grants again, a second later.
        &[a, (B, -989)],
        &[a, (B, -989), c],
        &[(A, -999), b],
        // Loops.
        &[a, b, (A, -980)],
        &[a, b, (A, -980), (C, -970)],
        // A delegate whose key is also a root.
        &[a, (BOBS, -990), c],
        // The root key as a delegate.
        &[a, (ROOT, -990), (B, -980)],
        // Revokers as delegates.
        &[(OFFICER, -1_000), b],
    ]
    .into_iter()
    .map(plan)
    .collect();
    // The same grant in another token.
    plans.push(Plan { token: 2, ..plan(&[a, b]) });
    plans.push(Plan { token: 3, owner: CAROL, ..plan(&[a, b]) });
    plans.push(Plan { token: 4, owner: BOB, root: BOBS, ..plan(&[a, b]) });
    // Bob is so careless as to use Alice's token id.
    plans.push(Plan { owner: BOB, root: BOBS, ..plan(&[a]) });
    plans.iter().map(|own| world.chain(own)).collect()
}

/// An issuer, and the token that gives it power.
pub(super) type Issuer = (List, Option<Both>);

pub(super) fn issuers(world: &mut World, chains: &[Both]) -> Vec<Issuer> {
    let own = [ROOT, A, B, C, D, STRANGER, BOBS, OFFICER, P].map(|key| (key, Scope::Own));
    let named = [(OFFICER, ROOT), (CAROLS_OFFICER, ROOT), (STRANGER, ROOT), (OFFICER, BOBS)];
    let named = named.map(|(key, root)| (key, Scope::Root(root)));
    let plain = own.into_iter().chain(named).map(|(key, scope)| (list(key, scope), None));
    let mut all: Vec<Issuer> = plain.collect();
    for authority in powers(world, chains) {
        let holder = authority.model.hops.last().unwrap().delegate;
        all.push((list(holder, power(&authority)), Some(authority)));
    }
    // Somebody else signs.
    let (of_p, authority) = all.last().unwrap().clone();
    all.push((List { issuer: Q, ..of_p }, authority));
    all
}

pub(super) fn power(authority: &Both) -> Scope {
    Scope::Power(Box::new(authority.model.clone()))
}

pub(super) fn powers(world: &mut World, chains: &[Both]) -> Vec<Both> {
    let of_p = |grants: &[Grant]| Plan { grants: grants.to_vec(), ..plan(&[(P, -1_000)]) };
    let on = |on: On| Grant { on, ..BY_NAME };
    let first = chains[1].model.hops[0].id;
    let second = chains[1].model.hops[1].id;
    let wild = Grant { is_by_name: false, ..BY_NAME };
    let mut plans = vec![
        of_p(&[BY_NAME]),
        of_p(&[on(On::AllHops)]),
        of_p(&[on(On::Hop(first)), on(On::Hop(second))]),
        of_p(&[on(On::AllTokens), on(On::Owner(ALICE))]),
        of_p(&[on(On::Token(1)), on(On::AllOwners)]),
        of_p(&[on(On::AllKeys)]),
        of_p(&[on(On::Key(B)), wild]),
        of_p(&[wild]),
        of_p(&[Grant { names_arguments: true, ..BY_NAME }]),
    ];
    plans.push(Plan { is_limited_to_services: true, ..of_p(&[BY_NAME]) });
    plans.push(Plan { root: BOBS, owner: BOB, token: 9, ..of_p(&[BY_NAME]) });
    plans.push(Plan { root: STRANGER, ..of_p(&[BY_NAME]) });
    // It ended before the list was issued, between then and now, and ends now.
    for expires in [-200, -50, 0] {
        plans.push(Plan { expires, ..of_p(&[BY_NAME]) });
    }
    // Its time has not come.
    plans.push(Plan { hops: vec![(P, 31)], ..of_p(&[BY_NAME]) });
    // By way of another, whose hop is none of a chain here.
    plans.push(Plan { hops: vec![(Q, -1_000), (P, -990)], ..of_p(&[BY_NAME]) });
    let made: Vec<_> = plans.iter().map(|own| world.chain(own)).collect();
    // The chains of one to four hops give power themselves.
    made.into_iter().chain(chains[..4].iter().cloned()).collect()
}

/// Lists with one entry each.
pub(super) fn entries(chains: &[Both]) -> Vec<List> {
    let empty = || list(ROOT, Scope::Own);
    let mut ids: Vec<_> =
        chains.iter().flat_map(|own| own.model.hops.iter().map(|hop| hop.id)).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut all = vec![empty()];
    all.extend(ids.into_iter().map(|id| List { hops: vec![id], ..empty() }));
    all.extend([1, 2, 4, 8].map(|id| List { tokens: vec![id], ..empty() }));
    let owners = [ALICE, LIKE_ALICE, CAROL, BOB, "somebody else"];
    all.extend(owners.map(|name| List { owners: vec![name], ..empty() }));
    for key in [ROOT, A, B, C, D, STRANGER, BOBS, OFFICER, P] {
        // The second before B's hop, and that of it; before the presentation, and when it is made.
        let retired = [-991, -990, -1, 0].map(End::Retired);
        let signed = chains.iter().flat_map(|own| &own.model.hops).filter(|hop| hop.signer == key);
        let signed: Vec<_> = signed.map(|hop| hop.id).collect();
        let good = |good: &[usize]| {
            let mut good = good.to_vec();
            good.sort_unstable();
            good.dedup();
            End::Compromised { good }
        };
        let one = signed.first().copied().into_iter().collect::<Vec<_>>();
        let compromised = [good(&[]), good(&one), good(&signed)];
        let ends = retired.into_iter().chain(compromised);
        all.extend(ends.map(|end| List { keys: vec![(key, end)], ..empty() }));
    }
    all
}

pub(super) fn filled(own: &List, entries: &List) -> List {
    let List { hops, tokens, owners, keys, voids, .. } = entries.clone();
    List { hops, tokens, owners, keys, voids, ..own.clone() }
}

#[test]
fn each_entry_of_each_issuer_counts_against_the_chains_that_the_specification_says() {
    let mut world = World::new();
    let chains = family(&mut world);
    let issuers = issuers(&mut world, &chains);
    let entries = entries(&chains);
    let shown: Vec<_> = chains.iter().map(|own| shown(own, 0)).collect();
    let of_bob = world.sign(list(BOBS, Scope::Own), None);
    let of_root = world.sign(list(ROOT, Scope::Own), None);
    let (mut taken, mut refused, mut denied, mut allowed) = (0, 0, 0, 0);
    for (own, authority) in &issuers {
        for entry in &entries {
            let list = world.sign(filled(own, entry), authority.as_ref());
            let mut both = Verifiers::new();
            for root in [&of_root, &of_bob] {
                if root.issuer != list.issuer || root.scope != list.scope {
                    let _ = both.accept(&world, root, 0);
                }
            }
            // Nothing counts of what is not accepted.
            match both.accept(&world, &list, 0).contains('_') {
                true => refused += 1,
                false => taken += 1,
            }
            let verifier = both.verifier(&world, &[Required::Root], 1_000);
            for (chain, shown) in chains.iter().zip(&shown) {
                let decision = verifier.decide(shown.clone(), request(), at(0));
                let (found, model) = (reasons(&decision), &chain.model);
                let expected = both.model.judge(model, 0, 0, &[Required::Root], 1_000);
                assert_eq!(found, expected, "{list:?}\nagainst {model:?}");
                if (allowed + denied) % 7 == 0 {
                    agrees_with_report(&decision, &found);
                }
                if found.is_empty() { allowed += 1 } else { denied += 1 }
            }
        }
    }
    println!("{taken} lists taken, {refused} refused; {allowed} calls allowed, {denied} refused");
    assert!(taken > 1_000 && refused > 500, "{taken} taken, {refused} refused");
    assert!(denied > 2_000 && allowed > 10_000, "{denied} denied, {allowed} allowed");
}
