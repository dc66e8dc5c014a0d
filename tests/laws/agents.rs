//! The judgement of delegates by directories, against the rules of docs/STATEMENTS.md §4 written
//! down once more: every state of an entry and of a delegate without one, in chains of one to three
//! hops, and every set of successor statements over three keys of one name.

use std::collections::BTreeSet;

use deputize::{
    Agent, AgentFault, AgentStatus, Capability, Directory, DirectoryDraft, DirectoryRules, Grant,
    Hop, NameOwner, Owner, Parties, Principal, PrincipalKind, PublicKey, Signer, SigningKey,
    Successions, Successor, Token,
};
use time::Duration;

use crate::common::{alice, now, owner};

fn key(nth: usize) -> SigningKey {
    let mut seed = [9; 32];
    seed[..8].copy_from_slice(&nth.to_be_bytes());
    SigningKey::from_bytes(&seed)
}

fn public(nth: usize) -> PublicKey {
    key(nth).public_key()
}

/// A name that looks like no other: a letter for each digit. A capital looks like a small letter.
fn name(nth: usize) -> String {
    let letter = |digit: u8| char::from(digit - b'0' + b'a');
    format!("Agent-{}", nth.to_string().bytes().map(letter).collect::<String>())
}

/// The appearance of a name of this test.
fn look(name: &str) -> String {
    name.to_lowercase().replace('\u{430}', "a")
}

/// A hop to this delegate. Rules look at the delegates, and at the owner of the first hop.
fn hop_to(delegate: Principal) -> Hop {
    let signer = if delegate.key() == alice().public_key() { key(2000) } else { alice() };
    let read = Capability::new("crm.read", "**").unwrap();
    let grant = Grant::new(delegate, [read], now() + Duration::HOUR, "a test").unwrap();
    Token::mint(owner(), &signer, grant, now()).unwrap().hops()[0].clone()
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum When {
    InTime,
    TooEarly,
    Ended,
    Overdue,
}

/// A delegate, with an entry or without.
#[derive(Debug, Clone)]
struct Case {
    delegate: Principal,
    entry: Option<Agent>,
    is_outside: bool,
    /// The faults of the delegate by its entry alone, in words.
    faults: BTreeSet<&'static str>,
}

fn listed() -> Vec<Case> {
    use AgentStatus::{Active, Retired, Suspended};
    use When::{Ended, InTime, Overdue, TooEarly};
    let mut cases = Vec::new();
    for (status, status_fault) in
        [(Active, None), (Suspended, Some("suspended")), (Retired, Some("retired"))]
    {
        for (when, when_fault) in [
            (InTime, None),
            (TooEarly, Some("early")),
            (Ended, Some("ended")),
            (Overdue, Some("overdue")),
        ] {
            for flags in 0..8 {
                let nth = cases.len();
                let [is_name, is_kind, may_spawn] = [1, 2, 4].map(|bit| flags & bit != 0);
                let named = Principal::agent(name(nth), public(nth)).unwrap();
                let by = Owner::human(format!("Boss {}", name(nth))).unwrap();
                let own = Agent::new(format!("urn:acme:{}", name(nth)), named, by).unwrap();
                let own = own.with_status(status).with_may_spawn(may_spawn);
                let second = now() + Duration::SECOND;
                let own = match when {
                    // The first and the last second.
                    InTime => {
                        own.with_valid_from(now()).with_valid_until(second).with_next_review(second)
                    }
                    TooEarly => own.with_valid_from(second),
                    Ended => own.with_valid_until(now()),
                    Overdue => own.with_next_review(now()),
                };
                let stated = if is_name { name(nth) } else { name(nth) + "'" };
                let kind = if is_kind { PrincipalKind::Agent } else { PrincipalKind::Human };
                let by_flags = [(!is_name).then_some("name"), (!is_kind).then_some("kind")];
                let faults = [status_fault, when_fault].into_iter().chain(by_flags).flatten();
                cases.push(Case {
                    delegate: Principal::new(stated, kind, public(nth)).unwrap(),
                    entry: Some(own),
                    is_outside: false,
                    faults: faults.collect(),
                });
            }
        }
    }
    cases
}

/// Delegates without an entry: each may be named as outside, be of another kind, and have a name
/// that is used for something else.
fn unlisted() -> Vec<Case> {
    let names = [
        "Agent-free".to_owned(),
        name(7).replace('A', "\u{430}"),
        format!("urn:acme:{}", name(3)),
        format!("boss {}", name(5)),
        "Alice@acme.com".to_owned(),
        "agent-TWIN".to_owned(),
        "Agent-twin".to_owned(),
    ];
    let mut cases = Vec::new();
    for name in names {
        for is_outside in [false, true] {
            for kind in [PrincipalKind::Agent, PrincipalKind::Service] {
                let delegate = Principal::new(&name, kind, public(500 + cases.len())).unwrap();
                let faults = BTreeSet::new();
                cases.push(Case { delegate, entry: None, is_outside, faults });
            }
        }
    }
    // A key that has another name already, and the root key.
    let again = Principal::agent("Agent-second", public(500)).unwrap();
    let root = Principal::new(name(7), PrincipalKind::Human, alice().public_key()).unwrap();
    cases.extend([again, root].map(|delegate| Case {
        delegate,
        entry: None,
        is_outside: false,
        faults: BTreeSet::new(),
    }));
    cases
}

/// The names that the entries use for anything, as they look.
fn used(all: &[Case]) -> BTreeSet<String> {
    let entries = all.iter().filter_map(|case| case.entry.as_ref());
    let names = entries
        .flat_map(|entry| [entry.principal().name(), entry.id(), entry.accountable().name()]);
    names.map(look).collect()
}

/// Returns the faults of a chain by the rules.
fn expected(used: &BTreeSet<String>, chain: &[&Case]) -> BTreeSet<(usize, &'static str)> {
    let root = alice().public_key();
    let mut found = BTreeSet::new();
    let mut is_spawned = false;
    for (hop, case) in chain.iter().enumerate() {
        let own = &case.delegate;
        let mut faults = case.faults.clone();
        if own.key() == root {
        } else if let Some(entry) = &case.entry {
            is_spawned |= faults.is_empty() && entry.may_spawn();
        } else {
            let others = chain.iter().map(|other| &other.delegate);
            let of_others = others.clone().filter(|other| other.key() != own.key());
            let mut in_chain = ["alice@acme.com"].into_iter().chain(of_others.map(Principal::name));
            let own_look = look(own.name());
            let is_taken = used.contains(&own_look) || in_chain.any(|name| look(name) == own_look);
            let mut same = others.filter(|other| other.key() == own.key());
            faults.extend((!case.is_outside && !is_spawned).then_some("not listed"));
            faults.extend((own.kind() != PrincipalKind::Agent).then_some("not an agent"));
            faults.extend(same.any(|other| other.name() != own.name()).then_some("two names"));
            faults.extend(is_taken.then_some("looks like"));
        }
        found.extend(faults.into_iter().map(|fault| (hop, fault)));
    }
    found
}

fn word(fault: &AgentFault) -> &'static str {
    match fault {
        AgentFault::NotListed => "not listed",
        AgentFault::Suspended => "suspended",
        AgentFault::Retired => "retired",
        AgentFault::NotYetValid { .. } => "early",
        AgentFault::Ended { .. } => "ended",
        AgentFault::ReviewOverdue { .. } => "overdue",
        AgentFault::NameDiffers { .. } => "name",
        AgentFault::KindDiffers { .. } => "kind",
        AgentFault::NotAnAgent { .. } => "not an agent",
        AgentFault::TwoKeys { .. } => "two keys",
        AgentFault::TwoNames { .. } => "two names",
        AgentFault::LooksLike { .. } => "looks like",
        other => panic!("{other:?}"),
    }
}

fn directory(agents: impl IntoIterator<Item = Agent>) -> Directory {
    let mut draft = DirectoryDraft::named();
    for agent in agents {
        draft.add(agent).unwrap();
    }
    draft.sign(&key(1000), now(), now() + Duration::DAY).unwrap()
}

fn found(rules: &DirectoryRules, hops: &[Hop], parties: &Parties) -> Vec<(usize, &'static str)> {
    rules.judge(hops, parties, now()).iter().map(|own| (own.hop, word(&own.fault))).collect()
}

#[test]
fn every_state_is_judged_by_the_rules_in_chains_of_three_hops() {
    let all: Vec<_> = listed().into_iter().chain(unlisted()).collect();
    assert_eq!(all.len(), 96 + 28 + 2);
    let outside = all.iter().filter(|case| case.is_outside).map(|case| case.delegate.key());
    let rules = DirectoryRules::new([directory(all.iter().filter_map(|case| case.entry.clone()))]);
    let rules = rules.with_outside(outside);
    let hops: Vec<_> = all.iter().map(|case| hop_to(case.delegate.clone())).collect();
    let used = used(&all);
    let (mut judged, mut passed) = (0, 0);
    let mut judge = |chain: &[usize], hops: &[Hop]| {
        let cases: Vec<_> = chain.iter().map(|nth| &all[*nth]).collect();
        let expected: Vec<_> = expected(&used, &cases).into_iter().collect();
        let mut found = found(&rules, hops, &Parties::default());
        found.sort_unstable();
        assert_eq!(found, expected, "{cases:?}");
        judged += 1;
        passed += usize::from(found.is_empty());
    };
    // The owner is that of the first hop, so no chain begins with a hop to the root key.
    let last = all.len() - 1;
    for one in 0..last {
        judge(&[one], &hops[one..=one]);
        for two in 0..all.len() {
            let mut chain = vec![hops[one].clone(), hops[two].clone()];
            judge(&[one, two], &chain);
            // Behind a hop that may spawn, one that may not, some of the refused, and those without
            // an entry; what follows is some of each.
            let is_first = one < 8 || one % 13 == 0 || one >= 96;
            let third = (0..96).step_by(48).chain((96..last).step_by(5)).chain([last - 1, last]);
            for three in third.filter(|_| is_first) {
                chain.truncate(2);
                chain.push(hops[three].clone());
                judge(&[one, two, three], &chain);
            }
        }
    }
    assert!(judged > 60_000 && passed > 100, "{passed} of {judged}");
}

/// Three entries of one name: each is refused that is not one party with every other.
#[test]
fn keys_of_one_name_stand_where_successors_link_them() {
    let twin = |nth: usize, name: &str| {
        let named = Principal::agent(name, public(nth)).unwrap();
        Agent::new("urn:acme:planner", named, Owner::human("alice").unwrap()).unwrap()
    };
    let links = [(0, 1), (1, 2), (2, 0), (0, 2)];
    for entries in 1..8_usize {
        let listed: Vec<_> = (0..3).filter(|nth| entries & (1 << nth) != 0).collect();
        for stated in 0..16_usize {
            let mut known = Successions::new();
            let used: Vec<_> =
                (0..4).filter(|bit| stated & (1 << bit) != 0).map(|bit| links[bit]).collect();
            for (old, new) in &used {
                known.add(Successor::sign(&key(*old), &key(*new), now()).unwrap()).unwrap();
            }
            let parties = known.resolve(|_| false);
            // All have one name, or the last has one that only looks like it.
            for last in ["planner", "p1anner"] {
                let named = |nth: usize| if nth == 2 { last } else { "planner" };
                let own = directory(listed.iter().map(|nth| twin(*nth, named(*nth))));
                let rules = DirectoryRules::new([own]);
                for nth in 0..3 {
                    let hop = hop_to(Principal::agent(named(nth), public(nth)).unwrap());
                    let is_other = |other: &usize| {
                        named(*other) != named(nth)
                            || !parties.are_one_party(&public(nth), &public(*other))
                    };
                    let expected: &[_] = match listed.contains(&nth) {
                        false => &[(0, "not listed"), (0, "looks like")],
                        true if listed.iter().any(is_other) => &[(0, "two keys")],
                        true => &[],
                    };
                    let hops = std::slice::from_ref(&hop);
                    assert_eq!(
                        found(&rules, hops, &parties),
                        expected,
                        "{listed:?} {used:?} {nth}"
                    );
                    if let [own] = &rules.judge(hops, &parties, now())[..]
                        && let AgentFault::TwoKeys { listed, other, key, .. } = &own.fault
                    {
                        assert_eq!(listed, named(nth));
                        assert!(other != listed || !parties.are_one_party(key, &public(nth)));
                    }
                }
            }
        }
    }
}

/// Directories that count together must each admit each delegate.
#[test]
fn several_directories_are_as_strict_as_the_strictest() {
    let entry = |status, may_spawn| {
        let own = Principal::agent("planner", public(0)).unwrap();
        let own = Agent::new("urn:acme:planner", own, Owner::human("alice").unwrap()).unwrap();
        own.with_status(status).with_may_spawn(may_spawn)
    };
    use AgentStatus::{Active, Suspended};
    let planner = hop_to(entry(Active, true).principal().clone());
    let chain = [planner, hop_to(Principal::agent("helper", public(7)).unwrap())];
    let judged = |entries: &[Option<Agent>]| {
        let rules = DirectoryRules::new(entries.iter().map(|entry| directory(entry.clone())));
        assert_eq!(rules.directories().len(), entries.len());
        found(&rules, &chain, &Parties::default())
    };
    let spawner = || Some(entry(Active, true));
    assert_eq!(judged(&[]), [(0, "not listed"), (1, "not listed")]);
    assert_eq!(judged(&[None]), judged(&[]));
    assert_eq!(judged(&[spawner()]), []);
    assert_eq!(judged(&[spawner(), spawner()]), []);
    assert_eq!(judged(&[spawner(), None]), judged(&[]));
    assert_eq!(judged(&[spawner(), Some(entry(Active, false))]), [(1, "not listed")]);
    let suspended = || Some(entry(Suspended, true));
    assert_eq!(judged(&[spawner(), suspended()]), [(0, "suspended"), (1, "not listed")]);
    // A fault that both find is reported once.
    assert_eq!(judged(&[suspended(), suspended()]), judged(&[suspended()]));
    assert!(DirectoryRules::new([]).judge(&[], &Parties::default(), now()).is_empty());
}

/// A fault says whose name it is.
#[test]
fn a_name_that_is_taken_is_shown_with_its_owner() {
    let own = Principal::agent("planner", public(0)).unwrap();
    let own = Agent::new("urn:acme:planner", own, Owner::human("bob@acme.com").unwrap()).unwrap();
    let rules = DirectoryRules::new([directory([own])]).with_outside([public(1), public(2)]);
    let of = |name: &str| hop_to(Principal::agent(name, public(1)).unwrap());
    let whose = |chain: &[Hop]| {
        let found = rules.judge(chain, &Parties::default(), now());
        let [own] = &found[..] else { panic!("{found:?}") };
        let AgentFault::LooksLike { whose, .. } = &own.fault else { panic!("{found:?}") };
        assert!(!own.fault.to_string().contains("  "));
        (own.hop, whose.clone())
    };
    let listed = Box::new(public(0));
    assert_eq!(whose(&[of("Planner")]), (0, NameOwner::Agent(listed.clone())));
    assert_eq!(whose(&[of("urn:acme:planner")]), (0, NameOwner::AgentId(listed)));
    assert_eq!(whose(&[of("bob@acme.com")]), (0, NameOwner::Accountable));
    assert_eq!(whose(&[of("alice@acme.com")]), (0, NameOwner::Owner));
    let other = hop_to(Principal::agent("helper", public(2)).unwrap());
    let both = rules.judge(&[of("Helper"), other], &Parties::default(), now());
    let hops: Vec<_> = both.iter().map(|own| (own.hop, word(&own.fault))).collect();
    assert_eq!(hops, [(0, "looks like"), (1, "looks like")]);
    let AgentFault::LooksLike { whose, .. } = &both[0].fault else { panic!("{both:?}") };
    assert_eq!(*whose, NameOwner::Delegate(Box::new(public(2))));
}
