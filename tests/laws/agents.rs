//! The judgement of delegates by directories, against the rules of docs/STATEMENTS.md §4 written
//! down once more: every state of an entry in chains of one to three hops, and every set of
//! successor statements over three keys of one name.

use std::collections::BTreeSet;

use deputize::{
    Agent, AgentFault, AgentStatus, Capability, Directory, DirectoryDraft, DirectoryRules, Grant,
    Hop, Owner, Parties, Principal, PrincipalKind, PublicKey, Signer, SigningKey, Successions,
    Successor, Token,
};
use time::{Duration, OffsetDateTime};

use crate::common::{alice, now, owner};

fn key(nth: usize) -> SigningKey {
    let mut seed = [9; 32];
    seed[..8].copy_from_slice(&nth.to_be_bytes());
    SigningKey::from_bytes(&seed)
}

fn public(nth: usize) -> PublicKey {
    key(nth).public_key()
}

/// A name that looks like no other: a letter for each digit.
fn name(nth: usize) -> String {
    let letter = |digit: u8| char::from(digit - b'0' + b'a');
    format!("agent-{}", nth.to_string().bytes().map(letter).collect::<String>())
}

/// A hop to this delegate. Rules look at nothing else.
fn hop_to(delegate: Principal) -> Hop {
    let read = Capability::new("crm.read", "**").unwrap();
    let grant = Grant::new(delegate, [read], now() + Duration::HOUR, "a test").unwrap();
    Token::mint(owner(), &alice(), grant, now()).unwrap().hops()[0].clone()
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum When {
    InTime,
    TooEarly,
    Ended,
    Overdue,
}

#[derive(Debug, Clone, Copy)]
enum State {
    Listed { status: AgentStatus, when: When, is_name: bool, is_kind: bool, may_spawn: bool },
    Unlisted { is_outside: bool, is_alike: bool },
}

fn states() -> Vec<State> {
    use AgentStatus::{Active, Retired, Suspended};
    use When::{Ended, InTime, Overdue, TooEarly};
    let mut states = Vec::new();
    for is_outside in [false, true] {
        states.extend([false, true].map(|is_alike| State::Unlisted { is_outside, is_alike }));
    }
    for status in [Active, Suspended, Retired] {
        for when in [InTime, TooEarly, Ended, Overdue] {
            for flags in 0..8 {
                let [is_name, is_kind, may_spawn] = [1, 2, 4].map(|bit| flags & bit != 0);
                states.push(State::Listed { status, when, is_name, is_kind, may_spawn });
            }
        }
    }
    states
}

impl State {
    fn entry(self, nth: usize) -> Option<Agent> {
        let Self::Listed { status, when, may_spawn, .. } = self else { return None };
        let named = Principal::agent(name(nth), public(nth)).unwrap();
        let own = Agent::new(format!("urn:acme:{nth}"), named, Owner::human("alice").unwrap());
        let own = own.unwrap().with_status(status).with_may_spawn(may_spawn);
        let second = now() + Duration::SECOND;
        Some(match when {
            // The first and the last second.
            When::InTime => {
                own.with_valid_from(now()).with_valid_until(second).with_next_review(second)
            }
            When::TooEarly => own.with_valid_from(second),
            When::Ended => own.with_valid_until(now()),
            When::Overdue => own.with_next_review(now()),
        })
    }

    fn delegate(self, nth: usize) -> Principal {
        let (name, kind) = match self {
            Self::Listed { is_name, is_kind, .. } => (
                if is_name { name(nth) } else { name(nth) + "'" },
                if is_kind { PrincipalKind::Agent } else { PrincipalKind::Human },
            ),
            // The last state is listed. A Cyrillic letter looks like its own.
            Self::Unlisted { is_alike: true, is_outside } => (
                if is_outside { name(99) } else { name(99).replace('a', "\u{430}") },
                PrincipalKind::Agent,
            ),
            Self::Unlisted { is_alike: false, .. } => (name(nth), PrincipalKind::Agent),
        };
        Principal::new(name, kind, public(nth)).unwrap()
    }

    /// What speaks against this delegate, in words, with or without a spawner before it.
    fn faults(self, is_spawned: bool) -> BTreeSet<&'static str> {
        let mut faults = BTreeSet::new();
        match self {
            Self::Listed { status, when, is_name, is_kind, .. } => {
                faults.extend(match status {
                    AgentStatus::Active => None,
                    AgentStatus::Suspended => Some("suspended"),
                    AgentStatus::Retired => Some("retired"),
                });
                faults.extend(match when {
                    When::InTime => None,
                    When::TooEarly => Some("early"),
                    When::Ended => Some("ended"),
                    When::Overdue => Some("overdue"),
                });
                faults.extend((!is_name).then_some("name"));
                faults.extend((!is_kind).then_some("kind"));
            }
            Self::Unlisted { is_outside, is_alike } => {
                faults.extend((!is_outside && !is_spawned).then_some("not listed"));
                faults.extend(is_alike.then_some("looks like"));
            }
        }
        faults
    }

    fn spawns(self) -> bool {
        matches!(self, Self::Listed { may_spawn: true, .. }) && self.faults(false).is_empty()
    }
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
        AgentFault::TwoKeys { .. } => "two keys",
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

fn found(rules: &DirectoryRules, hops: &[Hop], at: OffsetDateTime) -> Vec<(usize, &'static str)> {
    rules.judge(hops, at).iter().map(|own| (own.hop, word(&own.fault))).collect()
}

#[test]
fn every_state_is_judged_by_the_rules_in_chains_of_three_hops() {
    let all: Vec<_> = states().into_iter().enumerate().collect();
    assert_eq!(all.len(), 100);
    let listed = directory(all.iter().filter_map(|(nth, state)| state.entry(*nth)));
    let outside = all.iter().filter_map(|(nth, state)| match state {
        State::Unlisted { is_outside: true, .. } => Some(public(*nth)),
        _ => None,
    });
    let rules = DirectoryRules::new([listed], Parties::default()).with_outside(outside);
    let hops: Vec<_> = all.iter().map(|(nth, state)| hop_to(state.delegate(*nth))).collect();
    let (mut judged, mut passed) = (0, 0);
    let mut judge = |chain: &[usize], hops: &[Hop]| {
        let (mut expected, mut is_spawned) = (BTreeSet::new(), false);
        for (hop, nth) in chain.iter().enumerate() {
            let state = all[*nth].1;
            expected.extend(state.faults(is_spawned).into_iter().map(|fault| (hop, fault)));
            is_spawned |= state.spawns();
        }
        let found = found(&rules, hops, now());
        assert_eq!(BTreeSet::from_iter(found.iter().copied()), expected, "{chain:?}");
        assert_eq!(found.len(), expected.len(), "{chain:?}");
        judged += 1;
        passed += usize::from(found.is_empty());
    };
    for one in 0..100 {
        judge(&[one], &hops[one..=one]);
        for two in 0..100 {
            let mut chain = vec![hops[one].clone(), hops[two].clone()];
            judge(&[one, two], &chain);
            // What stands before a hop matters only by its spawning.
            for three in (0..4).chain((4..100).step_by(19)) {
                chain.truncate(2);
                chain.push(hops[three].clone());
                judge(&[one, two, three], &chain);
            }
        }
    }
    assert!(judged > 100_000 && passed > 20, "{passed} of {judged}");
}

/// Three entries of one name: each is refused that is not one party with every other.
#[test]
fn keys_of_one_name_stand_where_successors_link_them() {
    let twins = |nth: usize| {
        let named = Principal::agent("planner", public(nth)).unwrap();
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
            let one = directory(listed.iter().map(|nth| twins(*nth)));
            // All in one directory, or the first in another than the rest.
            let split = [
                directory(listed.iter().take(1).map(|nth| twins(*nth))),
                directory(listed.iter().skip(1).map(|nth| twins(*nth))),
            ];
            for directories in [vec![one], split.to_vec()] {
                let rules = DirectoryRules::new(directories, parties.clone());
                for nth in 0..3 {
                    let hop = hop_to(Principal::agent("planner", public(nth)).unwrap());
                    let is_split =
                        |other: &usize| !parties.are_one_party(&public(nth), &public(*other));
                    let expected: &[_] = match listed.contains(&nth) {
                        false => &[(0, "not listed"), (0, "looks like")],
                        true if listed.iter().any(is_split) => &[(0, "two keys")],
                        true => &[],
                    };
                    let hops = std::slice::from_ref(&hop);
                    assert_eq!(found(&rules, hops, now()), expected, "{listed:?} {used:?} {nth}");
                    if let [own] = &rules.judge(hops, now())[..]
                        && let AgentFault::TwoKeys { other } = &own.fault
                    {
                        assert!(!parties.are_one_party(other, &public(nth)));
                    }
                }
            }
        }
    }
}

/// A key that several directories list must pass in each, and spawn by each.
#[test]
fn several_directories_are_as_strict_as_the_strictest() {
    let state = |status, may_spawn| State::Listed {
        status,
        when: When::InTime,
        is_name: true,
        is_kind: true,
        may_spawn,
    };
    let entry = |status, may_spawn| state(status, may_spawn).entry(0).unwrap();
    use AgentStatus::{Active, Suspended};
    let own = hop_to(state(Active, true).delegate(0));
    let chain = [own, hop_to(Principal::agent("helper", public(7)).unwrap())];
    let judged = |entries: &[Agent]| {
        let directories = entries.iter().map(|entry| directory([entry.clone()]));
        found(&DirectoryRules::new(directories, Parties::default()), &chain, now())
    };
    assert_eq!(judged(&[]), [(0, "not listed"), (1, "not listed")]);
    assert_eq!(judged(&[entry(Active, true)]), []);
    assert_eq!(judged(&[entry(Active, true), entry(Active, true)]), []);
    assert_eq!(judged(&[entry(Active, true), entry(Active, false)]), [(1, "not listed")]);
    let suspended = [entry(Active, true), entry(Suspended, true)];
    assert_eq!(judged(&suspended), [(0, "suspended"), (1, "not listed")]);
    let rules = DirectoryRules::new(suspended.map(|entry| directory([entry])), Parties::default());
    assert_eq!(rules.directories().len(), 2);
}
