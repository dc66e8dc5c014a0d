//! Two writers, writers that are gone, and callers that outlive the log.

use std::fs;

use deputize::{PublicKey, RecordKind, Signature, Signer, SignerError};
use deputize_audit::{Log, LogError, Recorded};

use crate::cast::{
    Agent, Place, assert_whole, call, checkpoint, create, in_time, kinds, later, log_key, now,
    open, refused, settings,
};
use crate::service::{Does, Service};

#[test]
fn the_second_process_is_refused_until_the_first_is_gone() {
    let place = Place::written(1);
    let mut first = Service::start(place.path(), Does::Hold, 1);
    assert_eq!([first.answer(), first.answer()], ["open", "other"]);
    let mut second = Service::start(place.path(), Does::Hold, 1);
    let answer = second.answer();
    assert!(answer.contains("is writing this log"), "{answer}");
    second.kill();
    assert_eq!(
        open(place.path(), None).unwrap_err(),
        LogError::Locked { path: place.path().into() }
    );
    first.kill();
    // Its file is still there, and nobody has it.
    assert!(place.path().join("lock").exists());
    let mut second = Service::start(place.path(), Does::Hold, 1);
    assert_eq!(second.answer(), "open");
    second.kill();
    let log = open(place.path(), None).unwrap();
    call(&log, Agent::new(now()).allowed("accounts/2")).unwrap();
    log.close().unwrap();
    assert_whole(place.path(), &[]);
}

/// Somebody takes the lock for a stale one: the writer that had it stops before it writes a record or
/// signs a checkpoint beside those of the next one.
#[test]
fn a_writer_whose_lock_was_removed_stops() {
    let (place, agent) = (Place::written(1), Agent::new(now()));
    let first = open(place.path(), None).unwrap();
    fs::remove_file(place.path().join("lock")).unwrap();
    let second = open(place.path(), None).unwrap();
    let error = first.record(agent.allowed("accounts/7")).unwrap_err();
    assert!(matches!(&error, LogError::Damaged { path, .. } if path.ends_with("lock")), "{error}");
    assert_eq!(first.close().unwrap_err(), error);
    call(&second, agent.allowed("accounts/8")).unwrap();
    second.close().unwrap();
    assert_whole(place.path(), &[]);
    // Nor does one write whose lock is gone and was not made again.
    let third = open(place.path(), None).unwrap();
    fs::remove_file(place.path().join("lock")).unwrap();
    let error = third.record(agent.allowed("accounts/9")).unwrap_err();
    assert!(matches!(&error, LogError::Io { path, .. } if path.ends_with("lock")), "{error}");
    drop(third);
    assert_whole(place.path(), &[]);
}

/// The clock goes back between restarts and within one: times differ, and nothing else.
#[test]
fn the_clock_goes_back_across_restarts() {
    let place = Place::new();
    create(place.path()).unwrap().close().unwrap();
    let mut seen = Vec::new();
    for restart in 1..=4 {
        let at = later(-3600 * restart);
        let log = Log::open(place.path(), log_key(), settings(), seen.last(), at).unwrap();
        call(&log, Agent::new(at).allowed("accounts/1")).unwrap();
        // More than have a record each, in a minute that is before the last one.
        for second in [0, -60] {
            (0..70).for_each(|_| drop(log.record(refused(later(-3600 * restart + second)))));
        }
        log.close().unwrap();
        seen.push(checkpoint(place.path()).unwrap());
        assert_whole(place.path(), &seen);
    }
    // Each refusal has a record, or is counted in one.
    let refused = kinds(place.path()).into_iter().map(|kind| match kind {
        RecordKind::Refusals(own) => own.refused.values().sum(),
        RecordKind::Decision(own) => u64::from(!own.allowed),
        _ => 0,
    });
    assert_eq!(refused.sum::<u64>(), 4 * 140);
}

/// A call that is still running when the log is closed. Its outcome has nowhere to go.
#[test]
fn a_call_outlives_its_log() {
    let (place, agent) = (Place::new(), Agent::new(now()));
    let log = create(place.path()).unwrap();
    let [first, second, third] = ["accounts/1", "accounts/2", "accounts/3"].map(|resource| {
        let Recorded::Allowed(call) = log.record(agent.allowed(resource)).unwrap() else {
            panic!()
        };
        call
    });
    let waits = third.done(None, now()).unwrap();
    log.close().unwrap();
    // Records that were left before the end are written.
    assert_eq!(in_time(move || waits.wait()).unwrap(), 4);
    drop(first);
    assert_eq!(second.done(None, now()).unwrap_err(), LogError::Closed);
    // Nor does it go to the next one, in the same folder.
    let log = open(place.path(), None).unwrap();
    call(&log, agent.allowed("accounts/4")).unwrap();
    log.close().unwrap();
    assert_eq!(kinds(place.path()).len(), 7);
    assert_whole(place.path(), &[]);
}

/// A signer that panics once the log was created.
struct Panics(std::sync::atomic::AtomicBool);

impl Signer for Panics {
    fn public_key(&self) -> PublicKey {
        log_key().public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        assert!(!self.0.swap(true, std::sync::atomic::Ordering::SeqCst), "no more signatures");
        log_key().sign(message)
    }
}

#[test]
fn nobody_waits_for_a_writer_that_panicked() {
    let (place, agent) = (Place::new(), Agent::new(now()));
    let log = Log::create(place.path(), Panics(false.into()), settings(), now()).unwrap();
    let error = in_time(move || {
        loop {
            if let Err(error) = call(&log, agent.allowed("accounts/1")) {
                break error;
            }
        }
    });
    assert_eq!(error, LogError::Panicked);
    // Its lock is gone.
    open(place.path(), None).unwrap().close().unwrap();
    assert_whole(place.path(), &[]);
}
