//! A first hop that fills its share of a replay guard.

use std::sync::{Arc, Mutex};

use deputize::{
    Arrival, CodedError as _, Decision, HopId, MemoryReplayGuard, Observed, Observer, Presented,
    ReplayError, ReplayGuard, ReplayPolicy, Signer, Step, Verifier,
};
use deputize_audit::{Event, Monitor};

use crate::cast::{
    Agent, Watch, alice, anchors, by_expiry, granted, later, not_granted, now, planner, planners,
};

/// A service whose guard gives each first hop room for this many presentations of each sort.
fn verifier(share: usize) -> Verifier {
    let guard = MemoryReplayGuard::for_new_audience(1000).with_share(share);
    Verifier::new(anchors(), by_expiry(), ReplayPolicy::refused_by(guard))
}

/// The time, the first hop, and whether the share is that of refused presentations.
fn told(watch: &Watch) -> Vec<(i64, HopId, bool)> {
    let told = |event: Event| match event {
        Event::ShareFull { at, share, .. } => {
            assert_eq!(share.root, alice().public_key());
            assert_eq!(share.delegate.key(), planner().public_key());
            Some(((at - now()).whole_seconds(), share.first_hop, share.is_of_refused))
        }
        _ => None,
    };
    watch.events().into_iter().filter_map(told).collect()
}

/// The service refuses whatever the agent asks, which is no strike.
fn refused_by_policy(watch: &Watch, agent: &Agent, at: i64) {
    let (call, at) = (granted(), later(at));
    let presentation = agent.presents(&call, at);
    let closed = |_: &_, _: &_| Err("it is closed".to_owned());
    let decide = || watch.verifier.decide_with_policy(presentation, call, at, closed);
    assert!(!watch.monitor.decide(decide).is_allowed());
}

/// An agent makes itself immune against strikes, and the operator is told.
#[test]
fn whoever_fills_its_share_of_refused_presentations_has_no_strikes_and_is_told_of() {
    let (watch, planners) = (Watch::of(3, verifier(4)), planners());
    let (agent, other) = (Agent::below(&planners), Agent::researcher());
    (0..4).for_each(|_| refused_by_policy(&watch, &agent, 0));
    assert_eq!(told(&watch), []);
    (0..20).for_each(|_| watch.refuses(&agent, later(1)));
    assert_eq!((watch.strikes(), watch.hooked().len()), (0, 0));
    let first_hop = planners.hop_ids().next().unwrap();
    assert_eq!(told(&watch), [(1, first_hop, true)]);
    // It is allowed what it was granted, and another first hop has strikes of its own.
    assert!(watch.calls(&agent, &granted(), later(1)));
    (0..3).for_each(|_| watch.refuses(&other, later(1)));
    assert_eq!(watch.hooked().len(), 1);
    assert_eq!(watch.hooked()[0].caller.first_hop, other.token.hop_ids().next().unwrap());
    // When some of its presentations have ended, it is struck like anybody.
    (0..3).for_each(|_| watch.refuses(&agent, later(40)));
    assert_eq!(watch.hooked().len(), 2);
    assert_eq!(told(&watch).len(), 1);
}

/// Refused presentations take no room of used ones, and the other way round.
#[test]
fn a_share_of_used_presentations_is_another() {
    let (watch, planners) = (Watch::of(3, verifier(4)), planners());
    let agent = Agent::below(&planners);
    (0..20).for_each(|_| watch.refuses(&agent, now()));
    let first_hop = planners.hop_ids().next().unwrap();
    assert_eq!(told(&watch), [(0, first_hop, true)]);
    (0..4).for_each(|_| assert!(watch.calls(&agent, &granted(), now())));
    assert_eq!(told(&watch).len(), 1);
    (0..4).for_each(|_| assert!(!watch.calls(&agent, &granted(), later(1))));
    assert_eq!(told(&watch), [(0, first_hop, true), (1, first_hop, false)]);
}

#[test]
fn a_full_share_is_told_once_a_minute() {
    let (watch, planners) = (Watch::of(3, verifier(2)), planners());
    let agent = Agent::below(&planners);
    // A presentation is fresh for 30 s, and the share is filled again after that.
    for at in [0, 1, 40, 59, 60, 95, 119, 120, -3600] {
        (0..4).for_each(|_| refused_by_policy(&watch, &agent, at));
    }
    let times: Vec<_> = told(&watch).into_iter().map(|(at, ..)| at).collect();
    assert_eq!(times, [0, 60, 120]);
}

/// A stranger who holds a presentation back and sends it later brings about an event that is true, and
/// that does not name its holder.
#[test]
fn a_stranger_cannot_have_a_holder_named() {
    let (watch, planners) = (Watch::of(3, verifier(4)), planners());
    let (agent, innocent) = (Agent::below(&planners), Agent::below(&planners));
    let captured = innocent.presents(&granted(), now());
    (0..4).for_each(|_| assert!(watch.calls(&agent, &granted(), now())));
    assert!(!watch.decide(&captured, &granted(), later(1)).is_allowed());
    let shares: Vec<_> = watch
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::ShareFull { share, .. } => Some(format!("{share:?}")),
            _ => None,
        })
        .collect();
    let [share] = &shares[..] else { panic!("{shares:?}") };
    assert!(share.contains("planner") && !share.contains("researcher"), "{share}");
    // Presentations that are for another call, or whose root key is not trusted, fill nothing.
    let watch = Watch::of(3, verifier(1));
    for _ in 0..4 {
        let other = innocent.presents(&not_granted(), now());
        assert!(!watch.decide(&other, &granted(), now()).is_allowed());
    }
    assert!(watch.calls(&innocent, &granted(), now()));
    assert_eq!(told(&watch), []);
}

/// A guard that is full as a whole is no first hop's doing.
#[test]
fn a_full_guard_is_charged_to_no_first_hop() {
    let guard = MemoryReplayGuard::for_new_audience(2).with_share(2);
    let watch =
        Watch::of(3, Verifier::new(anchors(), by_expiry(), ReplayPolicy::refused_by(guard)));
    for _ in 0..2 {
        assert!(watch.calls(&Agent::researcher(), &granted(), now()));
    }
    assert!(!watch.calls(&Agent::researcher(), &granted(), now()));
    watch.refuses(&Agent::researcher(), now());
    watch.refuses(&Agent::researcher(), now());
    watch.refuses(&Agent::researcher(), now());
    assert_eq!(told(&watch), []);
}

/// The store of a service that decides in two steps says it, too, and so does an observer.
#[test]
fn a_share_is_told_of_in_two_steps_and_while_it_is_observed() {
    let events = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&events);
    let monitor = Monitor::default().with_sink(move |event: &Event| {
        *counted.lock().unwrap() += i32::from(matches!(event, Event::ShareFull { .. }));
    });
    let verifier = Verifier::new(anchors(), by_expiry(), ReplayPolicy::refused_in_two_steps());
    let decide = |agent: &Agent, call: deputize::Request| match verifier.begin(
        agent.presents(&call, now()),
        call,
        now(),
    ) {
        Step::Use(own) => {
            let answer = own.presented().answered(Err(ReplayError::ShareFull));
            own.conclude(answer, now())
        }
        Step::Note(own) => {
            let answer = own.presented().answered(Arrival::ShareFull);
            Decision::Deny(own.conclude(answer))
        }
        Step::Decided(decision) => panic!("{decision:?}"),
    };
    let agent = Agent::researcher();
    monitor.decided(&decide(&agent, granted()), None);
    assert_eq!(*events.lock().unwrap(), 1);
    monitor.decided(&decide(&agent, not_granted()), None);
    assert_eq!(*events.lock().unwrap(), 2);
    let observer = Observer::new(later(60), now(), |_| ()).unwrap();
    let Observed::Recorded(own) = observer.observe(decide(&Agent::researcher(), granted())) else {
        panic!()
    };
    monitor.observed(&own);
    assert_eq!(*events.lock().unwrap(), 3);
}

/// The code of the refusal is that of a full guard.
#[test]
fn a_guard_says_which_of_the_two_is_full() {
    let presented = |id, first_hop| Presented {
        id: HopId::from_bytes([id; 32]),
        first_hop: HopId::from_bytes([first_hop; 32]),
        from: now(),
        until: later(30),
        now: now(),
    };
    let guard = MemoryReplayGuard::for_new_audience(2).with_share(1);
    assert_eq!(guard.consume(&presented(1, 101)), Ok(()));
    assert_eq!(guard.consume(&presented(2, 101)), Err(ReplayError::ShareFull));
    assert_eq!(guard.consume(&presented(3, 102)), Ok(()));
    assert_eq!(guard.consume(&presented(4, 103)), Err(ReplayError::Full));
    assert_eq!(ReplayError::ShareFull.code(), "replay_guard_full");
    assert_eq!(guard.note(&presented(5, 101)), Arrival::First);
    assert_eq!(guard.note(&presented(6, 101)), Arrival::ShareFull);
    assert_eq!(guard.note(&presented(7, 102)), Arrival::First);
    assert_eq!(guard.note(&presented(8, 103)), Arrival::Unknown);
}
