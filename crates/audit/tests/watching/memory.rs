//! The tables of a monitor: what is forgotten, whose it is, and that it is told.

use deputize_audit::{Event, MonitorTable};

use crate::cast::{
    Agent, Watch, alice, by_expiry, granted, key, key_of_many, later, mallory, minted, now,
    planners, spawned, verifier_with,
};

/// The events about forgotten entries: the table, and the number that it has forgotten.
fn forgotten(watch: &Watch) -> Vec<(MonitorTable, u64)> {
    let events = watch.events();
    let told = events.iter().filter_map(|event| match event {
        Event::Forgotten { of, total, .. } => Some((*of, *total)),
        _ => None,
    });
    told.collect()
}

/// An agent that spawns keys, each with an allowed call, clears no strikes: neither its own nor others'.
#[test]
fn keys_that_an_agent_spawns_push_out_no_strikes() {
    let (watch, planners) = (Watch::new(), planners());
    let (sibling, other) = (
        Agent { key: key(80), token: spawned(&planners, "sibling", &key(80)) },
        Agent { key: key(81), token: minted("alice@acme.com", &alice(), ("other", &key(81))) },
    );
    for agent in [&sibling, &other] {
        watch.refuses(agent, now());
        watch.refuses(agent, now());
    }
    for number in 0..40 {
        let key = key_of_many(number);
        let token = spawned(&planners, "spawned", &key);
        assert!(watch.calls(&Agent { key, token }, &granted(), now()));
    }
    // With the sibling, there were 41 keys, and the table has room for 32.
    assert_eq!(
        forgotten(&watch),
        [
            (MonitorTable::Keys, 1),
            (MonitorTable::Keys, 2),
            (MonitorTable::Keys, 4),
            (MonitorTable::Keys, 8)
        ]
    );
    watch.refuses(&sibling, later(1));
    assert_eq!(watch.hooked().len(), 1);
    watch.refuses(&other, later(1));
    assert_eq!(watch.hooked().len(), 2);
}

/// If each of them has a strike, the oldest goes, below their first hop alone. That was told before.
#[test]
fn strikes_of_spawned_keys_push_out_those_below_their_first_hop_after_it_is_told() {
    let (watch, planners) = (Watch::new(), planners());
    let (sibling, other) = (
        Agent { key: key(80), token: spawned(&planners, "sibling", &key(80)) },
        Agent { key: key(81), token: minted("alice@acme.com", &alice(), ("other", &key(81))) },
    );
    for agent in [&sibling, &other] {
        watch.refuses(agent, now());
        watch.refuses(agent, now());
    }
    for number in 0..32 {
        assert_eq!(forgotten(&watch), []);
        let key = key_of_many(number);
        let token = spawned(&planners, "spawned", &key);
        watch.refuses(&Agent { key, token }, now());
    }
    assert_eq!(forgotten(&watch), [(MonitorTable::Keys, 1)]);
    assert_eq!(watch.count(|event| matches!(event, Event::DenialsSpread { .. })), 1);
    watch.refuses(&sibling, later(1));
    assert_eq!(watch.hooked(), []);
    watch.refuses(&other, later(1));
    assert_eq!(watch.hooked().len(), 1);
    // Strikes that are too old to count do not keep a key.
    let key = key_of_many(100);
    let token = spawned(&planners, "spawned", &key);
    assert!(watch.calls(&Agent { key, token }, &granted(), later(100)));
    assert_eq!(forgotten(&watch).len(), 2);
}

/// A trusted owner can mint as many first hops as it likes.
#[test]
fn first_hops_that_an_owner_mints_push_out_its_own_only() {
    let watch = Watch::of(3, verifier_with(by_expiry()));
    let agent = Agent::researcher();
    watch.refuses(&agent, now());
    watch.refuses(&agent, now());
    for _ in 0..1100 {
        let token = minted("mallory@acme.com", &mallory(), ("x", &key(82)));
        watch.calls(&Agent { key: key(82), token }, &granted(), now());
    }
    let counts = [1, 2, 4, 8, 16, 32, 64].map(|total| (MonitorTable::FirstHops, total));
    assert_eq!(forgotten(&watch), counts);
    watch.refuses(&agent, later(1));
    assert_eq!(watch.hooked().len(), 1);
}

/// The capabilities and the ends of many hops below one first hop.
#[test]
fn rights_and_ends_are_bounded_below_a_first_hop() {
    let (watch, planners) = (Watch::new(), planners());
    let almost = later(2 * 3600 - 60);
    for number in 0..300 {
        // One key, so that the keys are not what is forgotten.
        let token = spawned(&planners, &format!("hop-{number}"), &key(83));
        assert!(watch.calls(&Agent { key: key(83), token }, &granted(), almost));
    }
    let told = forgotten(&watch);
    let last = |table| told.iter().filter(|(own, _)| *own == table).map(|(_, total)| *total).max();
    assert_eq!(last(MonitorTable::Rights), Some(32));
    assert_eq!(last(MonitorTable::LastHops), Some(128));
    assert_eq!(last(MonitorTable::Keys), None);
}

/// The hook may run again for a key that was forgotten, and must bear it.
#[test]
fn a_noticed_key_that_is_forgotten_can_be_noticed_again() {
    let (watch, planners) = (Watch::new(), planners());
    let agent = Agent { key: key(80), token: spawned(&planners, "agent", &key(80)) };
    (0..5).for_each(|_| watch.refuses(&agent, now()));
    assert_eq!(watch.hooked().len(), 1);
    for number in 0..32 {
        let key = key_of_many(number);
        let token = spawned(&planners, "spawned", &key);
        watch.calls(&Agent { key, token }, &granted(), now());
    }
    (0..5).for_each(|_| watch.refuses(&agent, now()));
    assert_eq!(watch.hooked().len(), 2);
}
