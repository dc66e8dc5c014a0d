//! Sinks and hooks that panic: no call goes out, no evidence is lost, and no other sink is left out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use deputize::{OutcomeResult, RecordKind, SigningKey};
use deputize_audit::{
    DenialStreak, Event, FolderFiles, Log, LogReader, LogSettings, Monitor, StrikePolicy,
    WatchedLog, WatchedRecord,
};
use tempfile::TempDir;
use time::Duration;

use crate::cast::{Agent, by_expiry, granted, later, not_granted, now, verifier_with};

fn log(folder: &TempDir, monitor: Monitor) -> WatchedLog {
    let settings = LogSettings::new("crm.acme.com", "crm-1");
    let key = SigningKey::from_bytes(&[70; 32]);
    WatchedLog::new(Log::create(folder.path().join("log"), key, settings, now()).unwrap(), monitor)
}

fn kinds(folder: &TempDir) -> Vec<RecordKind> {
    let files = FolderFiles::new(folder.path().join("log"));
    let mut reader = LogReader::new(&files);
    let next = || reader.next_record().unwrap();
    std::iter::from_fn(next).skip(1).map(|record| record.core.kind).collect()
}

fn panics<T>(run: impl FnOnce() -> T) {
    assert!(catch_unwind(AssertUnwindSafe(run)).is_err());
}

#[test]
fn a_refusal_has_its_record_and_a_call_does_not_go_out() {
    let (folder, seen) = (tempfile::tempdir().unwrap(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&seen);
    let monitor = Monitor::default()
        .with_sink(|event: &Event| {
            assert!(!matches!(event, Event::Decision { .. }), "the sink is broken");
        })
        .with_sink(move |_: &Event| {
            count.fetch_add(1, Ordering::Relaxed);
        });
    let log = log(&folder, monitor);
    let (agent, verifier) = (Agent::researcher(), verifier_with(by_expiry()));
    let decide = |call| verifier.decide(agent.presents(&call, now()), call, now());
    panics(|| log.record(decide(not_granted())));
    panics(|| log.decide(|| decide(not_granted())));
    // The other sink has the decision, and that the agent is new.
    assert_eq!(seen.load(Ordering::Relaxed), 3);
    panics(|| log.record(decide(granted())));
    log.close().unwrap();
    let allowed: Vec<_> = kinds(&folder)
        .into_iter()
        .map(|kind| match kind {
            RecordKind::Decision(own) => own.allowed,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(allowed, [false, false]);
}

#[test]
fn an_outcome_is_recorded_before_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let monitor = Monitor::default().with_sink(|event: &Event| {
        assert!(!matches!(event, Event::Outcome { .. }), "the sink is broken");
    });
    let log = log(&folder, monitor);
    let (agent, verifier) = (Agent::researcher(), verifier_with(by_expiry()));
    let decide = || verifier.decide(agent.presents(&granted(), now()), granted(), now());
    let WatchedRecord::Allowed(call) = log.record(decide()).unwrap() else { panic!() };
    panics(|| call.done(None, later(1)));
    // The handler of a call panics, and the sink with it: that would be the end of the process.
    let WatchedRecord::Allowed(call) = log.record(decide()).unwrap() else { panic!() };
    panics(|| {
        let _call = call;
        panic!("the handler is broken");
    });
    log.close().unwrap();
    let results: Vec<_> = kinds(&folder)
        .into_iter()
        .filter_map(|kind| match kind {
            RecordKind::Outcome { of, result } => Some((of, result)),
            _ => None,
        })
        .collect();
    assert_eq!(results, [(1, OutcomeResult::Done), (3, OutcomeResult::Unknown)]);
}

/// What a hook did not do is not taken for done.
#[test]
fn a_hook_that_panics_runs_again() {
    let (folder, told) = (tempfile::tempdir().unwrap(), Arc::new(AtomicUsize::new(0)));
    let (is_broken, runs) = (Arc::new(AtomicBool::new(true)), Arc::new(Mutex::new(Vec::new())));
    let (broken, ran, count) = (Arc::clone(&is_broken), Arc::clone(&runs), Arc::clone(&told));
    let policy = StrikePolicy::new(2, Duration::MINUTE).unwrap();
    let monitor = Monitor::default()
        .with_strikes(policy, move |own: &DenialStreak| {
            assert!(!broken.load(Ordering::Relaxed), "the hook is broken");
            ran.lock().unwrap().extend(own.hops.iter().copied());
        })
        .with_sink(move |event: &Event| {
            count
                .fetch_add(usize::from(matches!(event, Event::DenialStreak(_))), Ordering::Relaxed);
        });
    let log = log(&folder, monitor);
    let (agent, verifier) = (Agent::researcher(), verifier_with(by_expiry()));
    let refuse =
        || log.record(verifier.decide(agent.presents(&not_granted(), now()), not_granted(), now()));
    drop(refuse().unwrap());
    panics(refuse);
    assert_eq!((told.load(Ordering::Relaxed), runs.lock().unwrap().len()), (1, 0));
    is_broken.store(false, Ordering::Relaxed);
    drop(refuse().unwrap());
    drop(refuse().unwrap());
    // Once the hook has done its work, its hops do not count again.
    (0..4).for_each(|_| drop(refuse().unwrap()));
    assert_eq!(
        (told.load(Ordering::Relaxed), &*runs.lock().unwrap()),
        (2, &vec![agent.last_hop()])
    );
    log.close().unwrap();
    assert_eq!(kinds(&folder).len(), 8);
}
