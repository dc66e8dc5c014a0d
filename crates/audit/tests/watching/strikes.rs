//! A key that asks again and again for what it was not granted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use deputize::testing::Scene;
use deputize::{CodedError, Request};
use deputize_audit::{DenialStreak, Event, MAX_STRIKES, Monitor, StrikePolicy, StrikePolicyError};
use time::Duration;

use crate::cast::{Agent, Watch, granted, key, later, not_granted, now, planners, spawned};

#[test]
fn the_hook_runs_once_and_names_the_key_and_its_hops() {
    let (watch, agent) = (Watch::new(), Agent::researcher());
    watch.refuses(&agent, now());
    assert!(watch.calls(&agent, &granted(), later(1)));
    watch.refuses(&agent, later(2));
    assert_eq!(watch.hooked(), []);
    watch.refuses(&agent, later(60));
    let [streak] = watch.hooked().try_into().unwrap();
    assert_eq!(streak.caller.holder.key(), agent.id());
    assert_eq!(streak.hops, [agent.last_hop()]);
    assert_eq!((streak.since, streak.at, streak.strikes), (now(), later(60), 3));
    for seconds in 61..120 {
        watch.refuses(&agent, later(seconds));
    }
    assert_eq!(watch.hooked().len(), 1);
    assert_eq!(watch.strikes(), 3);
    assert_eq!(watch.count(|event| matches!(event, Event::DenialStreak(_))), 1);
}

#[test]
fn a_pardoned_key_begins_anew() {
    let (watch, agent) = (Watch::new(), Agent::researcher());
    assert!(!watch.monitor.pardon(&agent.id()));
    for _ in 0..3 {
        watch.refuses(&agent, now());
    }
    assert!(watch.monitor.pardon(&agent.id()));
    watch.refuses(&agent, later(1));
    watch.refuses(&agent, later(1));
    assert_eq!(watch.hooked().len(), 1);
    watch.refuses(&agent, later(1));
    assert_eq!(watch.hooked().len(), 2);
}

/// All hops of the key are named, since it may hold several.
#[test]
fn strikes_under_two_hops_of_one_key_are_those_of_one_key() {
    let (watch, agent, planners) = (Watch::new(), Agent::researcher(), planners());
    let agents = ["researcher", "reader"]
        .map(|name| Agent { key: key(3), token: spawned(&planners, name, &agent.key) });
    watch.refuses(&agents[0], now());
    watch.refuses(&agents[1], now());
    watch.refuses(&agents[0], now());
    let [streak] = watch.hooked().try_into().unwrap();
    let mut hops = agents.map(|own| own.last_hop());
    hops.sort_unstable();
    assert_eq!(streak.hops, hops);
}

/// The hook ends the hops of a streak. What else the key holds below the first hop is watched on.
#[test]
fn a_key_that_is_noticed_under_one_hop_is_noticed_under_another() {
    let (watch, planners) = (Watch::new(), planners());
    let [first, second, third] = ["researcher", "reader", "writer"]
        .map(|name| Agent { key: key(3), token: spawned(&planners, name, &key(3)) });
    watch.refuses(&second, now());
    (0..3).for_each(|_| watch.refuses(&first, later(100)));
    let hops = |watch: &Watch| watch.hooked().into_iter().map(|own| own.hops).collect::<Vec<_>>();
    assert_eq!(hops(&watch), [[first.last_hop()]]);
    // Under the first hop nothing counts again, and the strike that was too old is not forgotten.
    (0..5).for_each(|_| watch.refuses(&first, later(1)));
    watch.refuses(&second, later(1));
    assert_eq!(watch.hooked().len(), 1);
    watch.refuses(&second, later(1));
    assert_eq!(hops(&watch), [[first.last_hop()], [second.last_hop()]]);
    for agent in [&first, &second] {
        (0..5).for_each(|_| watch.refuses(agent, later(2)));
    }
    assert_eq!(watch.hooked().len(), 2);
    (0..3).for_each(|_| watch.refuses(&third, later(3)));
    assert_eq!(watch.hooked().len(), 3);
    assert!(watch.monitor.pardon(&third.id()));
    (0..3).for_each(|_| watch.refuses(&first, later(4)));
    assert_eq!(watch.hooked().len(), 4);
}

/// Each deny code, with all that a service can be set to. One strike is enough here.
#[test]
fn a_refusal_is_a_strike_if_its_code_is_beyond_the_grant() {
    let scene = Scene::allowing(["crm.read accounts/**"], now()).unwrap();
    let request = Request::new("crm.read", "accounts/42", "crm.acme.com").unwrap();
    let mut struck = 0;
    for call in scene.every_refusal(&request).unwrap() {
        let watch = Watch::of(1, scene.verifier());
        for _ in 0..2 {
            let decision = call.decide(&watch.verifier, &request, now());
            watch.monitor.decided(&decision, None);
        }
        assert_eq!(watch.hooked().len(), usize::from(call.code.is_beyond_grant()), "{}", call.code);
        struck += watch.hooked().len();
    }
    assert_eq!(struck, 7);
}

#[test]
fn threads_that_decide_at_once_run_the_hook_once() {
    for _ in 0..10 {
        let (watch, agent) = (Watch::new(), Agent::researcher());
        let barrier = Barrier::new(8);
        thread::scope(|threads| {
            for _ in 0..8 {
                threads.spawn(|| {
                    barrier.wait();
                    (0..4).for_each(|_| watch.refuses(&agent, now()));
                });
            }
        });
        assert_eq!(watch.hooked().len(), 1);
    }
}

/// Neither the hook nor a sink can block another thread, or itself.
#[test]
fn the_hook_and_sinks_may_use_the_monitor() {
    let (agent, runs) = (Agent::researcher(), Arc::new(AtomicUsize::new(0)));
    let watch = Watch::new();
    let monitor = Arc::new_cyclic(|own: &std::sync::Weak<Monitor>| {
        let (to_hook, to_sink, runs) = (own.clone(), own.clone(), Arc::clone(&runs));
        let policy = StrikePolicy::new(3, Duration::MINUTE).unwrap();
        let id = agent.id();
        Monitor::default()
            .with_strikes(policy, move |own: &DenialStreak| {
                runs.fetch_add(1, Ordering::Relaxed);
                assert!(to_hook.upgrade().unwrap().pardon(&own.caller.holder.key()));
            })
            .with_sink(move |event: &Event| {
                if matches!(event, Event::NewAgent { .. }) {
                    to_sink.upgrade().unwrap().pardon(&id);
                }
            })
    });
    // The sink takes the first of them back.
    for _ in 0..7 {
        let refused =
            watch.verifier.decide(agent.presents(&not_granted(), now()), not_granted(), now());
        monitor.decided(&refused, None);
    }
    assert_eq!(runs.load(Ordering::Relaxed), 2);
}

/// Keys are cheap for whoever may delegate.
#[test]
fn strikes_that_are_spread_over_spawned_keys_are_told_and_charged_to_nobody_else() {
    let (watch, planners) = (Watch::new(), planners());
    for number in 0..10 {
        let key = key(100 + number);
        let token = spawned(&planners, "researcher", &key);
        watch.refuses(&Agent { key, token }, now());
    }
    assert_eq!(watch.hooked(), []);
    let spread: Vec<_> = watch.events();
    let spread = spread.iter().filter_map(|event| match event {
        Event::DenialsSpread { caller, keys, .. } => Some((caller.first_hop, *keys)),
        _ => None,
    });
    assert_eq!(spread.collect::<Vec<_>>(), [(planners.hop_ids().next().unwrap(), 3)]);
    // An owner may have as many agents as it likes: each has a first hop.
    let watch = Watch::new();
    for number in 0..10 {
        let key = key(100 + number);
        let token = crate::cast::minted("alice@acme.com", &crate::cast::alice(), ("x", &key));
        watch.refuses(&Agent { key, token }, now());
    }
    assert_eq!(watch.count(|event| matches!(event, Event::DenialsSpread { .. })), 0);
}

#[test]
fn a_policy_that_cannot_count_is_refused() {
    let minute = Duration::MINUTE;
    assert!(StrikePolicy::new(MAX_STRIKES, Duration::SECOND).is_ok());
    for found in [0, MAX_STRIKES + 1] {
        let why = StrikePolicy::new(found, minute).unwrap_err();
        assert_eq!(why, StrikePolicyError::Strikes { found });
        assert_eq!(why.code(), "strike_policy_strikes");
    }
    for found in [Duration::ZERO, -minute, Duration::milliseconds(999)] {
        let why = StrikePolicy::new(3, found).unwrap_err();
        assert_eq!(why, StrikePolicyError::Within { found });
        assert_eq!(why.code(), "strike_policy_within");
    }
    let why = StrikePolicy::new(40, minute).unwrap_err().to_string();
    assert_eq!(why, "a policy of 40 strikes was asked for; give 1 to 32");
}
