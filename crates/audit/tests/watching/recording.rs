//! A log that a monitor watches.

use std::fs;
use std::sync::{Arc, Mutex};

use deputize::{
    Observed, Observer, OutcomeResult, ReplayPolicy, Request, Signer, SigningKey, Verifier,
};
use deputize_audit::{
    CallVerdict, DenialStreak, Event, FolderFiles, Log, LogSettings, LogVerifier, Monitor,
    RefusalRecord, StrikePolicy, WatchedLog, WatchedRecord,
};
use tempfile::TempDir;
use time::Duration;

use crate::cast::{Agent, anchors, by_expiry, granted, later, not_granted, now, verifier_with};

/// A log in a folder of its own, and the events of its monitor.
struct Place {
    temporary: TempDir,
    events: Arc<Mutex<Vec<Event>>>,
}

impl Place {
    fn new() -> Self {
        Self { temporary: tempfile::tempdir().unwrap(), events: Arc::default() }
    }

    fn log(&self, monitor: Monitor) -> WatchedLog {
        let folder = self.temporary.path().join("log");
        let settings = LogSettings::new("crm.acme.com", "crm-1");
        let log = Log::create(folder, SigningKey::from_bytes(&[70; 32]), settings, now()).unwrap();
        let events = Arc::clone(&self.events);
        WatchedLog::new(
            log,
            monitor.with_sink(move |event: &Event| {
                // The durations differ from run to run.
                events.lock().unwrap().push(event.clone());
            }),
        )
    }

    /// The kinds of the events, with what the test is about.
    fn kinds(&self) -> Vec<String> {
        let kind = |event: &Event| match event {
            Event::Decision { codes, took, .. } => {
                Some(format!("decision {codes:?} measured: {}", took.is_some()))
            }
            Event::Recorded { index, .. } => Some(format!("recorded {index}")),
            Event::RefusalCounted { code, caller, .. } => Some(format!(
                "counted {code} of {:?}",
                caller.as_ref().map(|own| own.holder.name())
            )),
            Event::NotRecorded { code, .. } => Some(format!("not recorded {code}")),
            Event::Outcome { of, result, caller, .. } => {
                let key = caller.as_ref().map(|own| own.holder.key());
                assert_eq!(key, Some(Agent::researcher().id()));
                Some(format!("outcome of {}: {}", of.unwrap(), result.as_str()))
            }
            _ => None,
        };
        self.events.lock().unwrap().iter().filter_map(kind).collect()
    }
}

fn allowed(record: WatchedRecord) -> Box<deputize_audit::WatchedCall> {
    match record {
        WatchedRecord::Allowed(call) => call,
        WatchedRecord::Refused { denial, .. } => panic!("{denial}"),
    }
}

#[test]
fn decisions_records_and_outcomes_are_told_in_their_order() {
    let (place, agent, verifier) = (Place::new(), Agent::researcher(), verifier_with(by_expiry()));
    let log = place.log(Monitor::default());
    let decide = |call| verifier.decide(agent.presents(&call, now()), call, now());
    let call = allowed(log.decide(|| decide(granted())).unwrap());
    assert_eq!((call.permit().request(), call.index()), (&granted(), 1));
    call.done(Some(b"42"), later(1)).unwrap().wait().unwrap();
    allowed(log.record(decide(granted())).unwrap()).failed(later(1)).unwrap().wait().unwrap();
    // Nobody says what became of it.
    drop(allowed(log.record(decide(granted())).unwrap()));
    assert!(matches!(log.record(decide(not_granted())).unwrap(), WatchedRecord::Refused { .. }));
    log.close().unwrap();
    let expected = [
        "decision [] measured: true",
        "recorded 1",
        "outcome of 1: done",
        "decision [] measured: false",
        "recorded 3",
        "outcome of 3: failed",
        "decision [] measured: false",
        "recorded 5",
        "outcome of 5: unknown",
        "decision [ArgumentRefused] measured: false",
    ];
    assert_eq!(place.kinds(), expected);
    let files = FolderFiles::new(place.temporary.path().join("log"));
    let verdict = LogVerifier::default().verify(&files, |_| ()).unwrap();
    assert!(verdict.is_whole(), "{verdict:?}");
    let at = place.events.lock().unwrap().iter().find_map(|event| match event {
        Event::Outcome { at, result: OutcomeResult::Done, .. } => Some(*at),
        _ => None,
    });
    assert_eq!(at, Some(later(1)));
}

#[test]
fn a_log_that_cannot_be_written_is_told_and_refuses() {
    let (place, agent, verifier) = (Place::new(), Agent::researcher(), verifier_with(by_expiry()));
    let log = place.log(Monitor::default());
    let decide = || verifier.decide(agent.presents(&granted(), now()), granted(), now());
    fs::remove_dir_all(place.temporary.path().join("log")).unwrap();
    assert!(log.decide(decide).is_err());
    assert!(log.record(decide()).is_err());
    let kinds = place.kinds();
    let [first, why, second, again] = kinds.as_slice() else { panic!("{kinds:?}") };
    assert_eq!(
        (first.as_str(), second.as_str()),
        ("decision [] measured: true", "decision [] measured: false")
    );
    assert!(
        why.starts_with("not recorded log_") && again.starts_with("not recorded log_"),
        "{kinds:?}"
    );
}

/// The hook has run when the refusal comes back, so the next call is judged by what it did.
#[test]
fn the_hook_runs_before_the_last_refusal_is_answered() {
    let (place, agent, verifier) = (Place::new(), Agent::researcher(), verifier_with(by_expiry()));
    let struck = Arc::new(Mutex::new(Vec::new()));
    let to_struck = Arc::clone(&struck);
    let policy = StrikePolicy::new(2, Duration::MINUTE).unwrap();
    let log = place.log(Monitor::default().with_strikes(policy, move |own: &DenialStreak| {
        to_struck.lock().unwrap().extend(own.hops.iter().copied());
    }));
    for count in [0, 1] {
        let decision = verifier.decide(agent.presents(&not_granted(), now()), not_granted(), now());
        let _ = log.record(decision).unwrap();
        assert_eq!(struck.lock().unwrap().len(), count);
    }
    assert_eq!(*struck.lock().unwrap(), [agent.last_hop()]);
    assert!(!log.monitor().pardon(&agent.token.root_key()));
    assert!(log.monitor().pardon(&agent.key.public_key()));
}

#[test]
fn an_observed_decision_is_told_and_recorded() {
    let (place, agent, verifier) = (Place::new(), Agent::researcher(), verifier_with(by_expiry()));
    let log = place.log(Monitor::default());
    let observer = Observer::new(later(60), now(), |_| ()).unwrap();
    let decision = verifier.decide(agent.presents(&not_granted(), now()), not_granted(), now());
    let Observed::Recorded(observation) = observer.observe(decision) else { panic!() };
    let call = log.record_observation(observation).unwrap();
    assert_eq!((call.index(), call.observation().would_allow()), (Some(1), false));
    call.done(Some(b"42"), later(1)).unwrap().unwrap().wait().unwrap();
    let decision = verifier.decide(agent.presents(&granted(), now()), granted(), now());
    let Observed::Recorded(observation) = observer.observe(decision) else { panic!() };
    drop(wait(log.record_observation_async(observation)).unwrap());
    log.close().unwrap();
    let expected = [
        "decision [ArgumentRefused] measured: false",
        "recorded 1",
        "outcome of 1: done",
        "decision [] measured: false",
        "recorded 3",
        "outcome of 3: unknown",
    ];
    assert_eq!(place.kinds(), expected);
    let verdicts: Vec<_> = place
        .events
        .lock()
        .unwrap()
        .iter()
        .filter_map(|event| match event {
            Event::Outcome { at, verdict, .. } => Some((*at, *verdict)),
            _ => None,
        })
        .collect();
    assert_eq!(verdicts, [(later(1), CallVerdict::WouldDeny), (now(), CallVerdict::WouldAllow)]);
    let files = FolderFiles::new(place.temporary.path().join("log"));
    let verdict = LogVerifier::default().verify(&files, |_| ()).unwrap();
    assert!(verdict.is_whole(), "{verdict:?}");
}

/// A refusal that has no record is told, and of whom, unless anybody can have repeated it.
#[test]
fn refusals_that_are_only_counted_are_told() {
    let (agent, guarded) = (Agent::researcher(), verifier_with(by_expiry()));
    let repeatable = ReplayPolicy::accepted_for(["crm.read".parse().unwrap()]);
    let repeatable = Verifier::new(anchors(), by_expiry(), repeatable);
    let told = |verifier: &Verifier, call: &Request, own: usize, is_repeated: bool| {
        let (place, captured) = (Place::new(), agent.presents(call, now()));
        let log = place.log(Monitor::default());
        let mut counted = 0;
        for _ in 0..100 {
            let presentation =
                if is_repeated { captured.clone() } else { agent.presents(call, now()) };
            let decision = verifier.decide(presentation, call.clone(), now());
            let WatchedRecord::Refused { record, .. } = log.record(decision).unwrap() else {
                panic!("it is not granted");
            };
            counted += usize::from(record == RefusalRecord::Counted);
        }
        assert_eq!(counted, 100 - own);
        let name = if is_repeated { "None" } else { "Some(\"researcher\")" };
        let expected = format!("counted argument_refused of {name}");
        assert_eq!(place.kinds().iter().filter(|own| **own == expected).count(), counted);
    };
    told(&guarded, &not_granted(), 15, false);
    told(&repeatable, &not_granted(), 60, true);
}

#[test]
fn a_service_that_waits_for_its_disk_without_a_thread_is_watched_too() {
    let (place, agent, verifier) = (Place::new(), Agent::researcher(), verifier_with(by_expiry()));
    let log = place.log(Monitor::default());
    let decision = verifier.decide(agent.presents(&granted(), now()), granted(), now());
    let call = allowed(wait(log.record_async(decision)).unwrap());
    assert_eq!(place.kinds(), ["decision [] measured: false", "recorded 1"]);
    drop(call);
}

/// Runs a future on this thread.
fn wait<F: Future>(future: F) -> F::Output {
    use std::task::{Context, Poll, Wake, Waker};
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
