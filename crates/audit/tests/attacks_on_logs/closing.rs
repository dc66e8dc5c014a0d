//! Writers that fail, end or are dropped, in any order: nothing is acknowledged that is not on the disk,
//! and nobody waits for ever.

use std::fs;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use deputize::{PublicKey, Signature, Signer, SignerError, SigningKey};
use deputize_audit::{Log, LogError, Recorded};

use crate::cast::{Place, Service, call, log_key, now, settings};
use crate::forge::{CORES, faults, read, within};

/// A key that does something before each signature after the first.
struct Gated<F> {
    key: SigningKey,
    count: AtomicUsize,
    before: F,
}

impl<F: Fn()> Signer for Gated<F> {
    fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        if self.count.fetch_add(1, Ordering::Relaxed) > 0 {
            (self.before)();
        }
        self.key.sign(message)
    }
}

fn log_signing_after(place: &Place, before: impl Fn() + Send + 'static) -> Log {
    let signer = Gated { key: log_key(), count: AtomicUsize::new(0), before };
    let settings = settings().with_checkpoint_interval(Duration::ZERO);
    Log::create(place.path(), signer, settings, now()).unwrap()
}

/// The last checkpoint cannot be written.
#[test]
fn closing_tells_that_the_last_checkpoint_failed() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    call(&log, service.allowed(1));
    fs::create_dir(place.file("checkpoint.new")).unwrap();
    assert!(log.close().is_err());
}

/// A record waits while the log is closed, and cannot be written.
#[test]
fn who_waits_for_a_record_is_told_that_it_failed() {
    let (place, service) = (Place::new(), Service::new());
    let (release, gate) = channel::<()>();
    let gate: Mutex<Receiver<()>> = Mutex::new(gate);
    let log = log_signing_after(&place, move || {
        let _ = gate.lock().unwrap().recv();
    });
    let Recorded::Allowed(own) = log.record(service.allowed(1)).unwrap() else { panic!() };
    // Until the checkpoint is being signed.
    thread::sleep(Duration::from_millis(200));
    let waits = own.done(None, now()).unwrap();
    fs::remove_file(place.file(CORES)).unwrap();
    let closing = thread::spawn(move || log.close());
    thread::sleep(Duration::from_millis(200));
    drop(release);
    let closed = closing.join().unwrap();
    assert!(matches!(within(10, move || waits.wait()), Some(Err(_))), "waits");
    assert!(closed.is_err());
}

/// The signer is the service's code, and can panic.
#[test]
fn a_signer_that_panics_closes_the_log() {
    let (place, service) = (Place::new(), Service::new());
    let log = log_signing_after(&place, || panic!("the key is gone"));
    let (first, second) = (service.allowed(1), service.allowed(2));
    drop(log.record(first));
    thread::sleep(Duration::from_millis(300));
    let recorded = within(10, move || log.record(second).map(drop));
    assert!(matches!(recorded, Some(Err(_))), "{recorded:?}");
}

/// Calls outlive the log. What they say is refused, and nothing blocks.
#[test]
fn calls_can_outlive_the_log() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    let mut calls = Vec::new();
    for number in 0..3 {
        let Recorded::Allowed(own) = log.record(service.allowed(number)).unwrap() else { panic!() };
        calls.push(own);
    }
    let waits = calls.pop().unwrap().done(None, now()).unwrap();
    drop(log);
    assert_eq!(within(10, move || waits.wait()), Some(Ok(4)));
    assert_eq!(calls.pop().unwrap().done(None, now()).unwrap_err(), LogError::Closed);
    drop(calls);
    assert_eq!(faults(&read(&place.path())), []);
    assert_eq!(place.cores().len(), 5);
}

/// Futures that are dropped while their records wait, among others that are not.
#[test]
fn dropped_futures_disturb_nobody() {
    let (place, service) = (Place::new(), Arc::new(Service::new()));
    let log = Arc::new(place.create());
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let (log, service) = (Arc::clone(&log), Arc::clone(&service));
            thread::spawn(move || {
                for number in 0..50 {
                    let decision = service.allowed(thread * 1000 + number);
                    if number % 2 == 0 {
                        let mut future = Box::pin(log.record_async(decision));
                        let context = &mut Context::from_waker(Waker::noop());
                        let _ = Future::poll(Pin::as_mut(&mut future), context);
                    } else {
                        call(&log, decision);
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    drop(log);
    let files = read(&place.path());
    assert_eq!(faults(&files), []);
    let allowed = place.kinds().into_iter().filter(|kind| *kind == "allowed").count();
    assert_eq!(allowed, 200);
}

/// Many threads write while the folder is taken away: each is told, and none waits.
#[test]
fn a_failure_is_told_to_all() {
    let (place, service) = (Place::new(), Arc::new(Service::new()));
    let log = Arc::new(place.create());
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let (log, service) = (Arc::clone(&log), Arc::clone(&service));
            thread::spawn(move || {
                let mut number = 0;
                while log.record(service.allowed(thread * 1000 + number)).is_ok() {
                    number += 1;
                }
            })
        })
        .collect();
    thread::sleep(Duration::from_millis(100));
    fs::remove_file(place.file(CORES)).unwrap();
    let ended = within(60, move || threads.into_iter().for_each(|own| own.join().unwrap()));
    assert_eq!(ended, Some(()));
}
