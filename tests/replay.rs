//! One presentation, one call, whatever the clock and however many at once.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use deputize::{MemoryReplayGuard, ReplayGuard, ReplayRefusal};
use time::{Duration, OffsetDateTime, macros::datetime};

const NOW: OffsetDateTime = datetime!(2026-11-23 18:00 UTC);

fn id(number: u8) -> [u8; 32] {
    [number; 32]
}

#[test]
fn of_many_at_once_one_gets_through() {
    let guard = Arc::new(MemoryReplayGuard::new(100));
    let through = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (guard, through) = (Arc::clone(&guard), Arc::clone(&through));
            std::thread::spawn(move || {
                for number in 0..50 {
                    let until = NOW + Duration::seconds(30);
                    if guard.consume(&id(number), until, NOW).is_ok() {
                        through.fetch_add(1, Ordering::SeqCst);
                    }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(through.load(Ordering::SeqCst), 50);
}

#[test]
fn a_full_guard_refuses_until_something_ends() {
    let guard = MemoryReplayGuard::new(2);
    let until = NOW + Duration::seconds(30);
    assert_eq!(guard.consume(&id(1), until, NOW), Ok(()));
    assert_eq!(guard.consume(&id(2), until + Duration::seconds(9), NOW), Ok(()));
    assert_eq!(guard.consume(&id(3), until, NOW), Err(ReplayRefusal::Full));
    assert_eq!(guard.consume(&id(1), until, until), Err(ReplayRefusal::Replayed));
    let later = until + Duration::seconds(1);
    assert_eq!(guard.consume(&id(3), later + Duration::seconds(30), later), Ok(()));
    assert_eq!(guard.consume(&id(2), until, later), Err(ReplayRefusal::Replayed));
}

#[test]
fn what_was_forgotten_stays_used_when_the_clock_goes_back() {
    let guard = MemoryReplayGuard::new(2);
    let until = NOW + Duration::seconds(30);
    assert_eq!(guard.consume(&id(1), until, NOW), Ok(()));
    let later = NOW + Duration::seconds(60);
    assert_eq!(guard.consume(&id(2), later + Duration::seconds(30), later), Ok(()));
    assert!(matches!(guard.consume(&id(1), until, NOW), Err(ReplayRefusal::Unknown(_))));
}

/// What ends at the very instant to which the guard has forgotten was not forgotten.
#[test]
fn what_ends_when_the_forgotten_ended_is_still_known() {
    let guard = MemoryReplayGuard::new(3);
    let until = NOW + Duration::seconds(30);
    assert_eq!(guard.consume(&id(1), NOW, NOW), Ok(()));
    assert_eq!(guard.consume(&id(2), until + Duration::seconds(30), until), Ok(()));
    assert_eq!(guard.consume(&id(3), until, NOW), Ok(()));
    let before = until - Duration::seconds(1);
    assert!(matches!(guard.consume(&id(4), before, NOW), Err(ReplayRefusal::Unknown(_))));
}
