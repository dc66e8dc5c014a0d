//! Replays: one presentation is good for one call, whatever the clock and however many arrive at
//! once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use deputize::{Arrival, HopId, MemoryReplayGuard, Presented, ReplayError, ReplayGuard};
use time::{Duration, OffsetDateTime, macros::datetime};

const NOW: OffsetDateTime = datetime!(2026-11-23 18:00 UTC);
const WINDOW: Duration = Duration::seconds(30);

fn id(number: u8) -> HopId {
    HopId::from_bytes([number; 32])
}

/// A presentation that was made at `issued` for the default window, with the token that has this
/// first hop.
fn made(number: u8, first_hop: u8, issued: OffsetDateTime, now: OffsetDateTime) -> Presented {
    let (from, until) = (issued - WINDOW, issued + WINDOW);
    Presented { id: id(number), first_hop: id(first_hop), from, until, now }
}

/// A presentation whose last second is `until`.
fn ending(number: u8, until: OffsetDateTime, now: OffsetDateTime) -> Presented {
    made(number, 200, until - WINDOW, now)
}

fn guard(capacity: usize) -> MemoryReplayGuard {
    MemoryReplayGuard::for_new_audience(capacity).with_share(capacity)
}

#[test]
fn of_many_at_once_one_is_accepted() {
    let guard = Arc::new(guard(100));
    let through = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (guard, through) = (Arc::clone(&guard), Arc::clone(&through));
            std::thread::spawn(move || {
                for number in 0..50 {
                    if guard.consume(&ending(number, NOW + WINDOW, NOW)).is_ok() {
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
    let guard = guard(2);
    let until = NOW + WINDOW;
    assert_eq!(guard.consume(&ending(1, until, NOW)), Ok(()));
    assert_eq!(guard.consume(&ending(2, until + Duration::seconds(9), NOW)), Ok(()));
    assert_eq!(guard.consume(&ending(3, until, NOW)), Err(ReplayError::ShareFull));
    let of_another = Presented { first_hop: HopId::from_bytes([202; 32]), ..ending(3, until, NOW) };
    assert_eq!(guard.consume(&of_another), Err(ReplayError::Full));
    assert_eq!(guard.consume(&ending(1, until, until)), Err(ReplayError::Replayed));
    let later = until + Duration::seconds(1);
    assert_eq!(guard.consume(&ending(3, later + WINDOW, later)), Ok(()));
    assert_eq!(guard.consume(&ending(2, until, later)), Err(ReplayError::Replayed));
}

#[test]
fn forgotten_presentations_stay_used_when_the_clock_goes_back() {
    let guard = guard(2);
    let until = NOW + WINDOW;
    assert_eq!(guard.consume(&ending(1, until, NOW)), Ok(()));
    let later = NOW + Duration::seconds(60);
    assert_eq!(guard.consume(&ending(2, later + WINDOW, later)), Ok(()));
    let unknown = |number, until| {
        matches!(guard.consume(&ending(number, until, NOW)), Err(ReplayError::Unknown(_)))
    };
    assert!(unknown(1, until));
    // Presentations that ended no later cannot be distinguished from it.
    assert!(unknown(3, until) && unknown(3, until - Duration::seconds(1)));
    assert!(!unknown(3, until + Duration::seconds(1)));
}

/// Otherwise one call with a clock that is a year ahead would make the guard refuse all others for
/// a year.
#[test]
fn a_clock_that_was_ahead_does_not_block_the_guard() {
    let guard = guard(10);
    assert_eq!(guard.consume(&ending(1, NOW + WINDOW, NOW)), Ok(()));
    let ahead = NOW + Duration::days(365);
    assert_eq!(guard.consume(&ending(2, ahead + WINDOW, ahead)), Ok(()));
    let later = NOW + Duration::seconds(31);
    assert_eq!(guard.consume(&ending(3, later + WINDOW, later)), Ok(()));
}

#[test]
fn an_empty_guard_forgets_nothing() {
    let guard = guard(3);
    let later = NOW + Duration::days(1);
    assert_eq!(guard.consume(&ending(2, later + WINDOW, later)), Ok(()));
    assert_eq!(guard.consume(&ending(3, NOW + WINDOW, NOW)), Ok(()));
}

/// A presentation may have been used before the guard began, from the first second on in which it
/// was good.
#[test]
fn a_guard_refuses_presentations_from_before_its_start() {
    let began = NOW;
    let guard = MemoryReplayGuard::new(10, began);
    let used = |number, issued| guard.consume(&made(number, 200, issued, began + WINDOW));
    for issued in [began - Duration::seconds(9), began, began + WINDOW] {
        assert!(matches!(used(1, issued), Err(ReplayError::Unknown(_))), "{issued}");
    }
    assert_eq!(used(1, began + WINDOW + Duration::SECOND), Ok(()));
    assert_eq!(used(1, began + WINDOW + Duration::SECOND), Err(ReplayError::Replayed));
}

/// An agent, and all agents that it delegates to, present as often as they can.
#[test]
fn a_flood_from_one_holder_keeps_nobody_else_out() {
    let guard = MemoryReplayGuard::for_new_audience(8);
    let used = |number, first_hop, now| guard.consume(&made(number, first_hop, now, now));
    assert_eq!((used(1, 201, NOW), used(2, 201, NOW)), (Ok(()), Ok(())));
    for number in 3..100 {
        assert_eq!(used(number, 201, NOW), Err(ReplayError::ShareFull));
    }
    assert_eq!((used(100, 202, NOW), used(101, 203, NOW)), (Ok(()), Ok(())));
    // Presentations that have ended make room in the share, too.
    let later = NOW + Duration::seconds(31);
    assert_eq!((used(102, 201, later), used(103, 201, later)), (Ok(()), Ok(())));
    assert_eq!(used(104, 201, later), Err(ReplayError::ShareFull));
}

#[test]
fn refused_presentations_are_noted_and_not_used_up() {
    let guard = guard(2);
    let own = |number| ending(number, NOW + WINDOW, NOW);
    assert_eq!((guard.note(&own(1)), guard.note(&own(1))), (Arrival::First, Arrival::Again));
    assert_eq!(guard.consume(&own(1)), Ok(()));
    assert_eq!(guard.note(&own(1)), Arrival::Used);
    // Without room, a first arrival cannot be distinguished from a later one.
    assert_eq!((guard.note(&own(2)), guard.note(&own(3))), (Arrival::First, Arrival::ShareFull));
    assert_eq!((guard.note(&own(2)), guard.note(&own(3))), (Arrival::Again, Arrival::ShareFull));
    // Notes take no room from uses.
    assert_eq!(guard.consume(&own(5)), Ok(()));
    let later = ending(6, NOW + WINDOW * 4, NOW + WINDOW * 3);
    assert_eq!((guard.note(&later), guard.note(&own(2))), (Arrival::First, Arrival::Unknown));
    assert_eq!(guard.consume(&own(1)), Err(ReplayError::Replayed));
}

/// A refused presentation that may have been used before is attributed to nobody.
#[test]
fn a_refused_presentation_that_may_have_been_used_before() {
    let (presented, other) = (ending(1, NOW + WINDOW, NOW), ending(2, NOW + WINDOW, NOW));
    assert_eq!(MemoryReplayGuard::new(10, NOW).note(&presented), Arrival::Unknown);
    let guard = guard(10);
    assert_eq!(guard.consume(&presented), Ok(()));
    assert_eq!(guard.consume(&ending(3, NOW + WINDOW * 9, NOW + WINDOW * 8)), Ok(()));
    assert_eq!((guard.note(&presented), guard.note(&other)), (Arrival::Unknown, Arrival::Unknown));
}

/// One agent cannot make the repetition of another's refused call look like its first arrival.
#[test]
fn refused_presentations_of_one_agent_leave_room_for_others() {
    let guard = MemoryReplayGuard::for_new_audience(8);
    let note = |number, first_hop| guard.note(&made(number, first_hop, NOW, NOW));
    assert_eq!(note(1, 201), Arrival::First);
    for number in 2..100 {
        note(number, 202);
    }
    assert_eq!(
        (note(1, 201), note(100, 202), note(101, 203)),
        (Arrival::Again, Arrival::ShareFull, Arrival::First)
    );
}
