//! Writing: a call goes out when its record is on the disk.

use std::sync::Arc;
use std::thread;

use deputize::{OutcomeResult, RecordKind};
use deputize_audit::{
    Durability, FolderTiles, InclusionProof, Log, LogError, Recorded, RightEdge, TiledHashes,
    leaf_hash,
};
use std::time::Duration;

use crate::cast::{Place, Service, call, key_of_log, later, lines, log_key, now, settings};

#[test]
fn a_call_is_recorded_before_it_goes_out_and_its_outcome_after() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    assert_eq!(log.origin().key(), &key_of_log());
    let Recorded::Allowed(call) = log.record(service.allowed(42)).unwrap() else { panic!() };
    // The service has the permit only now, and the record is there.
    assert_eq!(place.kinds(), ["log", "allowed"]);
    assert_eq!(call.permit().request().resource().as_str(), "accounts/42");
    assert_eq!(call.index(), 1);
    call.done(Some(b"{\"name\":\"ACME\"}"), later(1)).unwrap().wait().unwrap();
    let cores = place.cores();
    assert_eq!(cores[2].kind, RecordKind::Outcome { of: 1, result: OutcomeResult::Done });
    log.close().unwrap();
    // The last checkpoint covers everything, and the tree is that of the lines.
    let checkpoint = place.checkpoint();
    let mut tree = RightEdge::default();
    for line in lines(&place.file("segments/00000000.jsonl")) {
        tree.push(leaf_hash(line.as_bytes())).unwrap();
    }
    assert_eq!(checkpoint.claimed().head(), &tree.head());
    let tiles = FolderTiles::new(place.path());
    let proof = InclusionProof::prove(1, 3, &mut TiledHashes::new(3, &tiles)).unwrap();
    let line = &lines(&place.file("segments/00000000.jsonl"))[1];
    proof.check(1, leaf_hash(line.as_bytes()), checkpoint.claimed().head()).unwrap();
    assert!(place.cores().iter().zip(place.openings()).all(|(core, open)| {
        open.check(core).all(|(_, state)| matches!(state, deputize::FieldState::Shown(_)))
    }));
}

#[test]
fn a_call_whose_outcome_nobody_tells_is_recorded_as_unknown() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    drop(log.record(service.allowed(1)).unwrap());
    let Recorded::Allowed(call) = log.record(service.allowed(2)).unwrap() else { panic!() };
    call.failed(now()).unwrap().wait().unwrap();
    log.close().unwrap();
    let results: Vec<_> = place
        .cores()
        .into_iter()
        .filter_map(|core| match core.kind {
            RecordKind::Outcome { of, result } => Some((of, result)),
            _ => None,
        })
        .collect();
    assert_eq!(results, [(1, OutcomeResult::Unknown), (3, OutcomeResult::Failed)]);
}

#[test]
fn many_threads_write_one_log() {
    let (place, service) = (Place::new(), Arc::new(Service::new()));
    let log = Arc::new(place.create());
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let (log, service) = (Arc::clone(&log), Arc::clone(&service));
            thread::spawn(move || {
                (0..25).map(|n| call(&log, service.allowed(thread * 100 + n))).collect::<Vec<_>>()
            })
        })
        .collect();
    let mut indexes: Vec<u64> =
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    indexes.sort_unstable();
    indexes.dedup();
    assert_eq!(indexes.len(), 200);
    drop(log);
    let cores = place.cores();
    assert_eq!(cores.len(), 401);
    assert!(cores.iter().enumerate().all(|(place, core)| core.index == place as u64));
    assert_eq!(place.checkpoint().claimed().head().size(), 401);
}

#[test]
fn a_record_is_a_future() {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Wake, Waker};

    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    let mut future = pin!(log.record_async(service.allowed(1)));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let recorded = loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(recorded) => break recorded.unwrap(),
            Poll::Pending => thread::park_timeout(Duration::from_secs(10)),
        }
    };
    assert!(matches!(recorded, Recorded::Allowed(call) if call.index() == 1));
    assert_eq!(place.kinds()[1], "allowed");
}

#[test]
fn a_checkpoint_follows_within_its_interval() {
    let (place, service) = (Place::new(), Service::new());
    let settings = settings().with_checkpoint_interval(Duration::from_millis(50));
    let log = Log::create(place.path(), log_key(), settings, now()).unwrap();
    let index = call(&log, service.allowed(1));
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    while place.checkpoint().claimed().head().size() <= index {
        assert!(std::time::Instant::now() < deadline);
        thread::sleep(Duration::from_millis(5));
    }
    drop(log);
}

/// With this policy, records count as written before they are synced, and are synced in the end.
#[test]
fn records_can_be_synced_later() {
    let (place, service) = (Place::new(), Service::new());
    let settings = settings().with_durability(Durability::Within(Duration::from_millis(20)));
    let log = Log::create(place.path(), log_key(), settings, now()).unwrap();
    for number in 0..20 {
        call(&log, service.allowed(number));
    }
    log.close().unwrap();
    assert_eq!(place.checkpoint().claimed().head().size(), 41);
}

#[test]
fn a_log_has_one_writer() {
    let place = Place::new();
    let log = place.create();
    assert_eq!(place.open().unwrap_err(), LogError::Locked { path: place.path() });
    let again = Log::create(place.path(), log_key(), settings(), now()).unwrap_err();
    assert_eq!(again, LogError::Locked { path: place.path() });
    drop(log);
    let again = Log::create(place.path(), log_key(), settings(), now()).unwrap_err();
    assert_eq!(again, LogError::Exists { path: place.path() });
    // The file of the lock stays, and locks nobody out.
    assert!(place.file("lock").exists());
    drop(place.open().unwrap());
}

/// A log that cannot be written refuses the calls that it must record, and goes on refusing.
#[test]
fn a_log_that_cannot_be_written_gives_no_permit() {
    let (place, service) = (Place::new(), Service::new());
    let log = place.create();
    call(&log, service.allowed(1));
    // The writer has the files open, and what it writes would be gone.
    std::fs::remove_dir_all(place.path()).unwrap();
    let error = log.record(service.allowed(2)).unwrap_err();
    assert!(matches!(error, LogError::Io { .. }), "{error}");
    assert_eq!(log.record(service.allowed(3)).unwrap_err(), error);
    assert_eq!(log.close().unwrap_err(), error);
    // Another file in the place of one.
    let place = Place::new();
    let log = place.create();
    let cores = place.file("segments/00000000.jsonl");
    std::fs::copy(&cores, place.file("copy")).unwrap();
    std::fs::rename(place.file("copy"), &cores).unwrap();
    let error = log.record(service.allowed(4)).unwrap_err();
    assert!(matches!(error, LogError::Damaged { .. }), "{error}");
}
