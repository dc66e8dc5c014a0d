//! A sink that is slow, behind a queue.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex};

use deputize_audit::{Event, Monitor, QueuedSink};

use crate::cast::{Agent, by_expiry, granted, now, verifier_with};

/// The calls of an agent, whose first has three events, and each other one has one.
fn calls(monitor: &Monitor, number: usize) {
    let (agent, verifier) = (Agent::researcher(), verifier_with(by_expiry()));
    for _ in 0..number {
        let presentation = agent.presents(&granted(), now());
        assert!(monitor.decide(|| verifier.decide(presentation, granted(), now())).is_allowed());
    }
}

#[test]
fn a_slow_sink_delays_no_call_and_learns_how_many_events_it_lost() {
    let (let_go, waits) = sync_channel::<()>(0);
    let told = Arc::new(Mutex::new((0, 0)));
    let (counted, waits) = (Arc::clone(&told), Mutex::new(Some(waits)));
    let slow = move |event: &Event| {
        // It hangs at its first event, until the calls are over.
        if let Some(waits) = waits.lock().unwrap().take() {
            waits.recv().unwrap();
        }
        let mut counted = counted.lock().unwrap();
        match event {
            Event::Lost { at, count, .. } => {
                assert_eq!(*at, now());
                counted.1 += count;
            }
            _ => counted.0 += 1,
        }
    };
    let monitor = Monitor::default().with_sink(QueuedSink::new(slow, 10).unwrap());
    calls(&monitor, 100);
    let_go.send(()).unwrap();
    // What waits is told.
    drop(monitor);
    let (got, lost) = *told.lock().unwrap();
    assert_eq!(got + lost, 102);
    assert!((10..=11).contains(&got), "{got}");
}

#[test]
fn a_queued_sink_that_panics_stops_nothing() {
    let (is_broken, told) = (Arc::new(AtomicBool::new(true)), Arc::new(Mutex::new(Vec::new())));
    let (broken, counted) = (Arc::clone(&is_broken), Arc::clone(&told));
    let sink = move |event: &Event| {
        assert!(!broken.swap(false, Ordering::Relaxed), "the sink is broken");
        counted.lock().unwrap().push(event.clone());
    };
    let monitor = Monitor::default().with_sink(QueuedSink::new(sink, 100).unwrap());
    calls(&monitor, 2);
    drop(monitor);
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 4, "{told:?}");
    assert!(matches!(told[0], Event::Lost { count: 1, .. }), "{told:?}");
}
