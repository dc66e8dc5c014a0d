//! What is not the holder's doing: nothing happens to it, however often it is done.

use deputize::{
    HopId, OperationPattern, ReplayPolicy, RevocationPolicy, RevocationSource, RevocationStatus,
    Signer, Token, Verifier,
};
use deputize_audit::Event;

use crate::cast::{
    Agent, Watch, alice, anchors, by_expiry, call, granted, key, later, mallory, minted,
    not_granted, now, planners, spawned, verifier_with,
};

fn is_stale(event: &Event) -> bool {
    matches!(event, Event::StaleStatement { .. })
}

#[test]
fn one_refused_presentation_a_thousand_times_is_one_strike() {
    let (watch, agent) = (Watch::of(2, verifier_with(by_expiry())), Agent::researcher());
    let captured = agent.presents(&not_granted(), now());
    for _ in 0..1000 {
        assert!(!watch.decide(&captured, &not_granted(), now()).is_allowed());
    }
    assert_eq!((watch.hooked(), watch.strikes()), (vec![], 1));
    assert_eq!(watch.count(|event| matches!(event, Event::Decision { caller: None, .. })), 999);
}

/// Two verifiers of a service, each with a guard of its own: both say that they see it for the first time.
#[test]
fn one_presentation_at_two_verifiers_is_one_strike() {
    let (watch, agent) = (Watch::of(2, verifier_with(by_expiry())), Agent::researcher());
    let captured = agent.presents(&not_granted(), now());
    for _ in 0..5 {
        let other = verifier_with(by_expiry());
        watch.monitor.decided(&other.decide(captured.clone(), not_granted(), now()), None);
    }
    assert_eq!((watch.hooked(), watch.strikes()), (vec![], 1));
}

/// Two strikes of the holder, and whoever captured them.
#[test]
fn a_stranger_who_repeats_refused_calls_adds_nothing() {
    let (watch, agent) = (Watch::new(), Agent::researcher());
    let captured = [1, 2].map(|_| agent.presents(&not_granted(), now()));
    for own in &captured {
        let _ = watch.decide(own, &not_granted(), now());
    }
    for own in captured.iter().cycle().take(1000) {
        let _ = watch.decide(own, &not_granted(), later(5));
        // … or with another call, or in another minute.
        let _ = watch.decide(own, &call("crm.read", 51), later(5));
        let _ = watch.decide(own, &not_granted(), later(100));
    }
    assert_eq!((watch.hooked(), watch.strikes()), (vec![], 2));
    // The third is the holder's own.
    watch.refuses(&agent, later(6));
    assert_eq!(watch.hooked().len(), 1);
}

/// A service that accepts repeated reads cannot tell who repeats them.
#[test]
fn where_no_guard_is_asked_nobody_is_charged() {
    let replays = ReplayPolicy::accepted_for([OperationPattern::Any]);
    let watch = Watch::of(3, Verifier::new(anchors(), by_expiry(), replays));
    let agent = Agent::researcher();
    for _ in 0..10 {
        watch.refuses(&agent, now());
    }
    assert_eq!((watch.hooked(), watch.strikes()), (vec![], 0));
}

/// A revocation source that nobody can reach.
struct Unreachable;

impl RevocationSource for Unreachable {
    fn status(&self, _: &HopId) -> RevocationStatus {
        RevocationStatus::Unknown
    }
}

#[test]
fn a_list_that_cannot_be_read_for_a_thousand_calls_is_told_once_and_charged_to_nobody() {
    let agent = Agent::researcher();
    let source = RevocationPolicy::checked_with(Unreachable);
    let watch = Watch::of(2, verifier_with(source));
    for number in 0..1000 {
        // Some of them would be refused in any case.
        let call = if number % 2 == 0 { granted() } else { not_granted() };
        assert!(!watch.calls(&agent, &call, later(number / 100)));
    }
    assert_eq!((watch.hooked(), watch.strikes()), (vec![], 0));
    assert_eq!(watch.count(is_stale), 1);
    // The list is back, and goes away again.
    let good = verifier_with(by_expiry());
    for _ in 0..3 {
        let allowed = good.decide(agent.presents(&granted(), now()), granted(), now());
        watch.monitor.decided(&allowed, None);
    }
    assert_eq!(watch.count(|event| matches!(event, Event::GoodStatement { .. })), 1);
    watch.calls(&agent, &granted(), later(20));
    assert_eq!(watch.count(is_stale), 2);
}

/// The end of an agent must not be held against it.
#[test]
fn a_revoked_agent_that_goes_on_is_not_struck() {
    let agent = Agent::researcher();
    let revoked = deputize::RevokedHops::from_iter([agent.last_hop()]);
    let watch = Watch::of(2, verifier_with(RevocationPolicy::checked_with(revoked)));
    for _ in 0..100 {
        watch.refuses(&agent, now());
    }
    assert_eq!((watch.hooked(), watch.strikes()), (vec![], 0));
}

#[test]
fn the_policy_of_the_service_charges_nobody() {
    let (watch, agent) = (Watch::of(2, verifier_with(by_expiry())), Agent::researcher());
    for _ in 0..10 {
        let presentation = agent.presents(&granted(), now());
        let closed = || {
            let no = |_: &_, _: &_| Err("the office is closed".to_owned());
            watch.verifier.decide_with_policy(presentation, granted(), now(), no)
        };
        assert!(!watch.monitor.decide(closed).is_allowed());
    }
    assert_eq!(watch.strikes(), 0);
}

/// A rival wants the researcher to be struck.
fn is_unharmed(agent: &Agent, watch: &Watch) {
    watch.refuses(agent, later(1));
    watch.refuses(agent, later(1));
    let struck = watch.hooked();
    assert!(struck.iter().all(|own| !own.hops.contains(&agent.last_hop())), "{struck:?}");
    assert!(watch.calls(agent, &granted(), later(1)));
    watch.refuses(agent, later(1));
    assert_eq!(watch.hooked().len(), struck.len() + 1);
}

#[test]
fn a_rivals_name_under_a_foreign_root_does_nothing() {
    let watch = Watch::new();
    let token = minted("alice@acme.com", &key(67), ("researcher", &key(68)));
    let rival = Agent { key: key(68), token };
    (0..100).for_each(|_| watch.refuses(&rival, now()));
    assert_eq!((watch.hooked(), watch.strikes()), (vec![], 0));
    assert_eq!(watch.count(|event| matches!(event, Event::NewAgent { .. })), 0);
    is_unharmed(&Agent::researcher(), &watch);
}

#[test]
fn a_rivals_name_under_another_trusted_root_strikes_the_rival() {
    let watch = Watch::new();
    let token = minted("mallory@acme.com", &mallory(), ("researcher", &key(68)));
    let rival = Agent { key: key(68), token };
    (0..100).for_each(|_| watch.refuses(&rival, now()));
    let [streak] = watch.hooked().try_into().unwrap();
    assert_eq!(
        (streak.caller.holder.key(), streak.caller.root),
        (rival.id(), mallory().public_key())
    );
    is_unharmed(&Agent::researcher(), &watch);
}

#[test]
fn a_rivals_name_under_ones_own_hop_strikes_the_rival() {
    let (watch, planners) = (Watch::new(), planners());
    let rival = Agent { key: key(68), token: spawned(&planners, "researcher", &key(68)) };
    (0..100).for_each(|_| watch.refuses(&rival, now()));
    let [streak] = watch.hooked().try_into().unwrap();
    assert_eq!((streak.caller.holder.key(), streak.hops), (rival.id(), vec![rival.last_hop()]));
    is_unharmed(&Agent::below(&planners), &watch);
}

/// Mallory delegates something useless to the researcher, who tries it.
#[test]
fn a_bait_ends_no_other_delegation() {
    let (watch, agent) = (Watch::new(), Agent::researcher());
    let bait: Token = minted("mallory@acme.com", &mallory(), ("researcher", &agent.key));
    let baited = Agent { key: key(3), token: bait };
    for _ in 0..2 {
        watch.refuses(&baited, now());
        watch.refuses(&agent, now());
    }
    assert_eq!(watch.hooked(), []);
    watch.refuses(&baited, now());
    let [streak] = watch.hooked().try_into().unwrap();
    assert_eq!(streak.hops, [baited.last_hop()]);
    assert_eq!(alice().public_key(), agent.token.root_key());
    assert!(watch.calls(&agent, &granted(), now()));
}
