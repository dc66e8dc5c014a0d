//! The rules that every replay guard and every revocation source must keep.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::format::hop_id::HopId;
use crate::verify::replay::{Arrival, Presented, ReplayError, ReplayGuard};
use crate::verify::revocation::{RevocationSource, RevocationStatus};

/// A rule that an implementation breaks.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{rule}, but {found}")]
#[non_exhaustive]
pub struct Broken {
    /// The rule.
    pub rule: &'static str,
    /// The answer that breaks it.
    pub found: String,
}

fn require(holds: bool, rule: &'static str, found: impl FnOnce() -> String) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken { rule, found: found() }) }
}

/// Presentations that share a first hop, to fill a guard with. A guard that has room for more is not
/// filled.
const FLOOD: u16 = 300;

/// Threads that use one presentation at once.
const THREADS: usize = 8;

/// Checks that replay guards keep the rules of [`ReplayGuard`]: each presentation is used once,
/// whatever the clock, by however many threads; a note uses nothing up; and one first hop cannot
/// fill a guard alone.
///
/// `make` returns a new guard that remembers nothing, of an audience that was never called before.
/// Several are made. `now` is the time of the calls.
///
/// ```
/// use deputize::MemoryReplayGuard;
/// use deputize::testing::check_replay_guard;
/// # let now = time::OffsetDateTime::UNIX_EPOCH + time::Duration::days(20_000);
///
/// check_replay_guard(now, || MemoryReplayGuard::for_new_audience(100))?;
/// # Ok::<(), deputize::testing::Broken>(())
/// ```
///
/// # Errors
///
/// [`Broken`] with the first rule that does not hold.
pub fn check_replay_guard<G: ReplayGuard>(
    now: OffsetDateTime,
    make: impl Fn() -> G,
) -> Result<(), Broken> {
    used_once(now, &make())?;
    used_once_by_many(now, &make())?;
    forgotten_in_time(now, &make())?;
    notes(now, &make())?;
    shared(now, &make())
}

/// A presentation that is made at `at`, with this number and that of its first hop.
fn made(number: u16, first_hop: u16, at: OffsetDateTime) -> Presented {
    let id = |number: u16, last: u8| {
        let [high, low] = number.to_be_bytes();
        let mut bytes = [last; 32];
        // The first and the last bytes differ, so that an id cut at either end is noticed.
        let [first, .., end] = &mut bytes;
        (*first, *end) = (high, low);
        HopId::from_bytes(bytes)
    };
    let window = Duration::seconds(30);
    let (from, until) = (at.saturating_sub(window), at.saturating_add(window));
    Presented { id: id(number, 1), first_hop: id(first_hop, 2), from, until, now: at }
}

fn used_once(now: OffsetDateTime, guard: &impl ReplayGuard) -> Result<(), Broken> {
    let rule = "a guard must accept a presentation that was not used";
    // Each of these ids differs from the others in one byte.
    for number in [0x0000, 0x0001, 0x0100, 0x0101] {
        let answer = guard.consume(&made(number, 0, now));
        require(answer.is_ok(), rule, || format!("one of four is refused: {answer:?}"))?;
    }
    let rule =
        "a guard must refuse a presentation that was used, until the last second of its `until`";
    for after in [0, 1, 29, 30] {
        let again =
            Presented { now: now.saturating_add(Duration::seconds(after)), ..made(0, 0, now) };
        let answer = guard.consume(&again);
        require(answer == Err(ReplayError::Replayed), rule, || {
            format!("the answer {after} s later is {answer:?}")
        })?;
    }
    Ok(())
}

fn used_once_by_many(now: OffsetDateTime, guard: &impl ReplayGuard) -> Result<(), Broken> {
    for number in 0..20 {
        let accepted = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    if guard.consume(&made(number, 0, now)).is_ok() {
                        accepted.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        let accepted = accepted.into_inner();
        let rule = "of several threads that use one presentation, a guard must accept exactly one";
        require(accepted == 1, rule, || format!("{accepted} of {THREADS} were accepted"))?;
    }
    Ok(())
}

fn forgotten_in_time(now: OffsetDateTime, guard: &impl ReplayGuard) -> Result<(), Broken> {
    let rule = "a guard must accept presentations at any later time";
    let answers = [made(1, 0, now), made(2, 0, now.saturating_add(Duration::DAY))]
        .map(|own| guard.consume(&own));
    require(answers == [Ok(()), Ok(())], rule, || format!("the answers are {answers:?}"))?;
    let rule = "a guard must not accept a used presentation again when the clock goes back";
    let answer = guard.consume(&made(1, 0, now));
    require(answer.is_err(), rule, || format!("the answer is {answer:?}"))
}

fn notes(now: OffsetDateTime, guard: &impl ReplayGuard) -> Result<(), Broken> {
    let presented = made(1, 0, now);
    let first = guard.note(&presented);
    let rule = "a note about a presentation that was not used must not say that it was";
    require(first != Arrival::Used, rule, || format!("it says {first:?}"))?;
    let rule = "a note must not use a presentation up";
    let answer = guard.consume(&presented);
    require(answer.is_ok(), rule, || format!("the answer is then {answer:?}"))?;
    let rule =
        "a note about a used presentation must be `Used`, or `Unknown` if the guard cannot tell";
    let used = guard.note(&presented);
    let is_right = matches!(used, Arrival::Used | Arrival::Unknown);
    require(is_right, rule, || format!("it is {used:?}"))
}

fn shared(now: OffsetDateTime, guard: &impl ReplayGuard) -> Result<(), Broken> {
    for number in 0..FLOOD {
        match guard.consume(&made(number, 1, now)) {
            Ok(()) => {}
            Err(ReplayError::Full) => break,
            Err(other) => {
                let rule =
                    "a guard that refuses a new presentation for lack of room must say `Full`";
                return require(false, rule, || format!("the answer is {other:?}"));
            }
        }
    }
    let rule = "presentations that share a first hop must not take the room of all others";
    let answer = guard.consume(&made(FLOOD, 2, now));
    require(answer.is_ok(), rule, || format!("one with another first hop gets {answer:?}"))
}

/// Checks that a revocation source keeps the rules of [`RevocationSource`]: a hop is good until it is
/// revoked, and revoked from then on, in every thread.
///
/// The source must know nothing about the hops whose ids begin with `0x5e`. `revoke` revokes one of
/// them, and returns when the source must know it.
///
/// ```
/// use deputize::RevokedHops;
/// use deputize::testing::check_revocation_source;
///
/// let source = RevokedHops::default();
/// check_revocation_source(&source, |hop| drop(source.revoke(hop)))?;
/// # Ok::<(), deputize::testing::Broken>(())
/// ```
///
/// # Errors
///
/// [`Broken`] with the first rule that does not hold.
pub fn check_revocation_source(
    source: &impl RevocationSource,
    revoke: impl FnOnce(HopId),
) -> Result<(), Broken> {
    let id = |second: u8, sixteenth: u8| {
        let mut bytes = [0x5e; 32];
        // A source may compare sixteen bytes, and no fewer.
        let [_, a, _, _, _, _, _, _, _, _, _, _, _, _, _, b, ..] = &mut bytes;
        (*a, *b) = (second, sixteenth);
        HopId::from_bytes(bytes)
    };
    let (revoked, others) = (id(0, 0), [id(1, 0), id(0, 1), id(1, 1)]);
    let rule = "a hop that is not revoked must be `Good`";
    for hop in others.iter().chain([&revoked]) {
        let status = source.status(hop);
        require(status == RevocationStatus::Good, rule, || format!("{hop} is {status:?}"))?;
    }
    revoke(revoked);
    for hop in &others {
        let status = source.status(hop);
        require(status == RevocationStatus::Good, rule, || {
            format!("{hop} is {status:?} after {revoked} was revoked")
        })?;
    }
    let rule = "a revoked hop must be `Revoked`, in every thread and whenever it is asked about";
    let answers = thread::scope(|scope| {
        let threads = [(); THREADS].map(|()| scope.spawn(|| source.status(&revoked)));
        threads.map(|thread| thread.join().unwrap_or(RevocationStatus::Unknown))
    });
    let is_right = answers.iter().all(|status| *status == RevocationStatus::Revoked);
    require(is_right, rule, || format!("the answers are {answers:?}"))
}
