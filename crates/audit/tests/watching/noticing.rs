//! What is told of decisions, and what is told once.

use deputize::{Caller, Decision, Denial, DenyCode, Observed, Observer, Signer};
use deputize_audit::{CallVerdict, Event, Monitor};
use time::Duration;

use crate::cast::{
    Agent, Watch, alice, call, granted, later, minted, not_granted, now, planner, planners,
};

#[test]
fn each_decision_is_told_with_its_caller() {
    let (watch, agent) = (Watch::new(), Agent::researcher());
    let presentation = agent.presents(&granted(), now());
    let _ = watch.decide(&presentation, &granted(), now());
    let _ = watch.decide(&presentation, &granted(), now());
    let stranger = Decision::Deny(Denial::not_presented(granted(), now()));
    watch.monitor.decided(&stranger, None);
    let by_policy = Decision::Deny(Denial::by_policy("closed", now()));
    watch.monitor.decided(&by_policy, None);
    let events = watch.events();
    let decisions = events.iter().filter_map(|event| match event {
        Event::Decision { at, verdict, codes, operation, caller, took, .. } => {
            assert_eq!(*at, now());
            let caller = caller.as_ref().map(|own| own.holder.key());
            let operation = operation.as_ref().map(ToString::to_string);
            Some((*verdict, codes.clone(), operation, caller, took.is_some()))
        }
        _ => None,
    });
    let read = || Some("crm.read".to_owned());
    let expected = [
        (CallVerdict::Allow, vec![], read(), Some(agent.id()), true),
        (CallVerdict::Deny, vec![DenyCode::Replayed], read(), None, true),
        (CallVerdict::Deny, vec![DenyCode::NotPresented], read(), None, false),
        (CallVerdict::Deny, vec![DenyCode::PolicyRefused], None, None, false),
    ];
    assert_eq!(decisions.collect::<Vec<_>>(), expected);
}

/// Both hops refuse, with one code.
#[test]
fn a_code_is_told_once_for_each_decision() {
    let (watch, agent) = (Watch::new(), Agent::researcher());
    watch.refuses(&agent, now());
    let is_one = |event: &Event| matches!(event, Event::Decision { codes, .. } if *codes == [DenyCode::ArgumentRefused]);
    assert_eq!(watch.count(is_one), 1);
}

#[test]
fn a_caller_is_the_key_that_signed_and_its_chain() {
    let (watch, agent) = (Watch::new(), Agent::researcher());
    let decision = watch.decide(&agent.presents(&granted(), now()), &granted(), now());
    let caller = Caller::of(&decision).unwrap();
    assert_eq!((caller.root, caller.holder.key()), (alice().public_key(), agent.id()));
    assert_eq!(caller.first_hop, agent.token.hop_ids().next().unwrap());
    assert_eq!((caller.last_hop, caller.expires), (agent.last_hop(), agent.token.expires()));
    assert!(caller.is_first_use);
}

#[test]
fn a_new_agent_is_told_once_below_a_first_hop() {
    let (watch, agent) = (Watch::new(), Agent::researcher());
    for seconds in 0..5 {
        watch.calls(&agent, &granted(), later(seconds));
    }
    let planner = Agent { key: planner(), token: planners() };
    watch.calls(&planner, &granted(), later(5));
    let is_new = |event: &Event| matches!(event, Event::NewAgent { .. });
    // The token of the planner that is used above is another one than the researcher's parent.
    assert_eq!(watch.count(is_new), 2);
    // A party that repeats a call is not new, and not the agent.
    let captured = planner.presents(&not_granted(), now());
    let _ = watch.decide(&captured, &not_granted(), now());
    let _ = watch.decide(&captured, &not_granted(), now());
    assert_eq!(watch.count(is_new), 2);
    // A restart forgets it.
    let after = Watch::new();
    after.calls(&agent, &granted(), later(6));
    assert_eq!(after.count(is_new), 1);
}

#[test]
fn the_first_use_of_each_right_is_told() {
    let (watch, agent) = (Watch::new(), Agent::researcher());
    let used = || {
        let events = watch.events();
        let rights = events.iter().filter_map(|event| match event {
            Event::FirstUse { capability, .. } => Some(capability.operation().to_string()),
            _ => None,
        });
        rights.collect::<Vec<_>>()
    };
    watch.refuses(&agent, now());
    assert!(used().is_empty());
    for limit in 1..10 {
        assert!(watch.calls(&agent, &call("crm.read", limit), now()));
    }
    assert_eq!(used(), ["crm.read"]);
    let note = deputize::Request::new("crm.note", "accounts/7", "crm.acme.com").unwrap();
    assert!(watch.calls(&agent, &note, now()));
    assert!(watch.calls(&agent, &note, now()));
    assert_eq!(used(), ["crm.read", "crm.note"]);
}

#[test]
fn the_end_of_a_chain_is_told_once_before_it() {
    let (watch, agent) = (Watch::new(), Agent::researcher());
    let is_near = |event: &Event| matches!(event, Event::NearExpiry { .. });
    let end = 2 * 3600;
    assert!(watch.calls(&agent, &granted(), later(end - 601)));
    assert_eq!(watch.count(is_near), 0);
    for seconds in [600, 300, 1] {
        assert!(watch.calls(&agent, &granted(), later(end - seconds)));
        assert_eq!(watch.count(is_near), 1, "{seconds}");
    }
    assert!(!watch.calls(&agent, &granted(), later(end)));
    let other = minted("alice@acme.com", &alice(), ("planner", &planner()));
    assert!(watch.calls(&Agent { key: planner(), token: other }, &granted(), later(end - 1)));
    assert_eq!(watch.count(is_near), 2);
    // By default, nothing is told.
    let told = std::sync::Arc::new(std::sync::Mutex::new(0));
    let sink = std::sync::Arc::clone(&told);
    let quiet = Monitor::default().with_sink(move |event: &Event| {
        *sink.lock().unwrap() += u32::from(matches!(event, Event::NearExpiry { .. }));
    });
    let last = later(end - 1);
    quiet.decided(&watch.verifier.decide(agent.presents(&granted(), last), granted(), last), None);
    assert_eq!(*told.lock().unwrap(), 0);
}

#[test]
fn what_is_only_observed_is_told_and_charged_to_nobody() {
    let (watch, agent) =
        (Watch::of(1, crate::cast::verifier_with(crate::cast::by_expiry())), Agent::researcher());
    let observer = Observer::new(now() + Duration::DAY, now(), |_| ()).unwrap();
    for call in [granted(), not_granted()] {
        let decision = watch.verifier.decide(agent.presents(&call, now()), call, now());
        let Observed::Recorded(observation) = observer.observe(decision) else { panic!() };
        watch.monitor.observed(&observation);
    }
    let events = watch.events();
    let [Event::Decision { verdict: first, .. }, Event::Decision { verdict: second, caller, .. }] =
        events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert_eq!((*first, *second), (CallVerdict::WouldAllow, CallVerdict::WouldDeny));
    assert!(caller.is_some());
    assert_eq!(watch.hooked(), []);
}
