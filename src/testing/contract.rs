//! The rules that every replay guard and every revocation source must keep.

use std::sync::Barrier;
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

pub(super) fn require(
    holds: bool,
    rule: &'static str,
    found: impl FnOnce() -> String,
) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken { rule, found: found() }) }
}

/// Presentations that share a first hop, to fill a guard with. A guard with more room is not
/// filled.
const FLOOD: u16 = 300;

/// Threads that use the same presentations at once, the number of presentations, and the number of
/// attempts. Most runs notice a guard that reads and then writes without a lock.
const THREADS: usize = 8;
const AT_ONCE: u16 = 20;
const TIMES: usize = 10;

/// Checks that replay guards keep the rules of [`ReplayGuard`]: each presentation is used once, at
/// any time and by any number of threads; nothing is forgotten early; a note uses nothing up; and
/// presentations with one first hop cannot fill a guard.
///
/// `make` returns a new guard without entries, for a new audience, with room for at least 100
/// presentations. Several are made. `now` is the time of the calls.
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
/// [`Broken`] with the first rule that does not hold. A guard that passes may still be wrong: two
/// threads may not have met, and a killed process is not tested.
pub fn check_replay_guard<G: ReplayGuard>(
    now: OffsetDateTime,
    make: impl Fn() -> G,
) -> Result<(), Broken> {
    accepts_each(now, &make())?;
    used_once(now, &make())?;
    for _ in 0..TIMES {
        used_once_by_many(now, &make())?;
    }
    clock_goes_back(now, &make())?;
    notes(now, &make())?;
    shared(now, &make())
}

/// A presentation that is made at `at`, with this number and that of its first hop.
fn made(number: u16, first_hop: u16, at: OffsetDateTime) -> Presented {
    let [id, first_hop] = [(number, 1), (first_hop, 2)].map(|(number, last)| {
        let [high, low] = number.to_be_bytes();
        let mut bytes = [last; 32];
        let [first, second, ..] = &mut bytes;
        (*first, *second) = (high, low);
        HopId::from_bytes(bytes)
    });
    let window = Duration::seconds(30);
    let (from, until) = (at.saturating_sub(window), at.saturating_add(window));
    Presented { id, first_hop, from, until, now: at }
}

fn after(now: OffsetDateTime, seconds: i64) -> OffsetDateTime {
    now.saturating_add(Duration::seconds(seconds))
}

/// Each byte of an id counts.
fn accepts_each(now: OffsetDateTime, guard: &impl ReplayGuard) -> Result<(), Broken> {
    let rule = "a guard must accept a presentation that was not used";
    for changed in 0..33 {
        let mut bytes = [0x5e; 32];
        // The last one is the id without a change.
        if let Some(byte) = bytes.get_mut(changed) {
            *byte = 0xa1;
        }
        let id = HopId::from_bytes(bytes);
        let answer = guard.consume(&Presented { id, first_hop: id, ..made(0, 0, now) });
        require(answer.is_ok(), rule, || {
            format!("one of 33 ids that differ in one byte gets {answer:?}")
        })?;
    }
    Ok(())
}

fn used_once(now: OffsetDateTime, guard: &impl ReplayGuard) -> Result<(), Broken> {
    let rule =
        "a guard must refuse a presentation that was used, until the last second of its `until`";
    // Windows differ, and a presenter's clock may be ahead.
    for (number, end) in [(0, 0), (1, 30), (2, 59), (3, 600)] {
        let long = Presented { until: after(now, end), ..made(number, number, now) };
        let answer = guard.consume(&long);
        require(answer.is_ok(), rule, || format!("the first use gets {answer:?}"))?;
        for later in [0, 1, 29, 30, 31, 59, 60, 61, 299, 599, 600] {
            if later <= end {
                let answer = guard.consume(&Presented { now: after(now, later), ..long });
                require(answer == Err(ReplayError::Replayed), rule, || {
                    format!("the answer {later} s later is {answer:?}")
                })?;
            }
        }
    }
    Ok(())
}

fn used_once_by_many(now: OffsetDateTime, guard: &impl ReplayGuard) -> Result<(), Broken> {
    let (start, accepted) = (Barrier::new(THREADS), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                start.wait();
                for number in 0..AT_ONCE {
                    if guard.consume(&made(number, number, now)).is_ok() {
                        accepted.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    let accepted = accepted.into_inner();
    let rule = "of several threads that use one presentation, a guard must accept exactly one";
    require(accepted == usize::from(AT_ONCE), rule, || {
        format!("{accepted} were accepted for {AT_ONCE} presentations")
    })
}

/// The clock goes forward, so that presentations end and may be forgotten, and then back.
fn clock_goes_back(now: OffsetDateTime, guard: &impl ReplayGuard) -> Result<(), Broken> {
    let mut at = now;
    for (number, forth) in [(0, 31), (1, 61), (2, 90), (3, 150), (4, 400), (5, 86_400)] {
        let used = made(number, number, at);
        let answer = guard.consume(&used);
        let rule = "a guard must accept presentations at any later time";
        require(answer.is_ok(), rule, || format!("the answer is {answer:?}"))?;
        let rule = "a guard must not accept a used presentation again when the clock goes back";
        let later = after(at, forth);
        let other = |more: u16| made(number.saturating_add(more), number, later);
        // A call at the later time may make the guard forget.
        let meanwhile: [&dyn Fn() -> bool; 2] =
            [&|| guard.note(&other(100)) == Arrival::First, &|| guard.consume(&other(200)).is_ok()];
        for act in meanwhile {
            let _ = act();
            let answer = guard.consume(&used);
            require(answer.is_err(), rule, || format!("{forth} s back, the answer is {answer:?}"))?;
        }
        let note = guard.note(&used);
        let rule = "a note about a presentation that may have been used must not be `First`";
        require(note != Arrival::First, rule, || format!("{forth} s back, it is {note:?}"))?;
        at = after(later, 3_600);
    }
    Ok(())
}

fn notes(now: OffsetDateTime, guard: &impl ReplayGuard) -> Result<(), Broken> {
    let presented = made(1, 1, now);
    let [first, second] = [(); 2].map(|()| guard.note(&presented));
    let rule = "a note about a presentation that was not used must not say that it was";
    require(first != Arrival::Used, rule, || format!("it says {first:?}"))?;
    let rule = "a presentation that was noted a moment ago must not be `First`";
    require(second != Arrival::First, rule, || format!("it is {second:?}"))?;
    let rule = "a note must not use a presentation up";
    let answer = guard.consume(&presented);
    require(answer.is_ok(), rule, || format!("the answer is then {answer:?}"))?;
    let rule =
        "a note about a used presentation must be `Used`, or `Unknown` if the guard cannot tell";
    let used = guard.note(&presented);
    let is_right = matches!(used, Arrival::Used | Arrival::Unknown);
    require(is_right, rule, || format!("it is {used:?}"))?;
    let rule = "a note must not make a used presentation new";
    let answer = guard.consume(&presented);
    require(answer.is_err(), rule, || format!("the answer is then {answer:?}"))
}

fn shared(now: OffsetDateTime, guard: &impl ReplayGuard) -> Result<(), Broken> {
    let mut accepted = 0;
    for number in 0..FLOOD {
        match guard.consume(&made(number, 1, now)) {
            Ok(()) => accepted = number.saturating_add(1),
            Err(ReplayError::Full | ReplayError::ShareFull) => break,
            Err(other) => {
                let rule = "a guard that refuses a new presentation for lack of room must say `Full` or `ShareFull`";
                return require(false, rule, || format!("the answer is {other:?}"));
            }
        }
    }
    let rule = "presentations that share a first hop must not take the room of all others";
    let answer = guard.consume(&made(FLOOD, 2, now));
    require(answer.is_ok(), rule, || format!("one with another first hop gets {answer:?}"))?;
    let rule = "a guard must not forget a used presentation before its end";
    for number in 0..accepted {
        let answer = guard.consume(&made(number, 1, now));
        require(answer.is_err(), rule, || format!("the answer is {answer:?}"))?;
    }
    let rule = "a guard must have room again when presentations have ended";
    for day in 1..3_u16 {
        let later = now.saturating_add(Duration::days(day.into()));
        for number in 0..accepted {
            let number = day.saturating_mul(1_000).saturating_add(number);
            let answer = guard.consume(&made(number, 1, later));
            require(answer.is_ok(), rule, || format!("the answer is {answer:?}"))?;
        }
    }
    Ok(())
}

/// Checks that a revocation source keeps the rules of [`RevocationSource`]: a hop is good until it
/// is revoked, and revoked from then on, in every thread.
///
/// The source must have no entry for hops whose ids begin with `0x5e`. `revoke` revokes some of
/// them, one after another, and returns when the source must report the revocation.
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
    mut revoke: impl FnMut(HopId),
) -> Result<(), Broken> {
    // A source may compare the first sixteen bytes, and no fewer.
    let ids = |change: u8| {
        (1..16).map(move |changed| {
            let mut bytes = [0x5e; 32];
            if let Some(byte) = bytes.get_mut(changed) {
                *byte = change;
            }
            HopId::from_bytes(bytes)
        })
    };
    let (mut revoked, mut others) = (Vec::new(), Vec::from_iter(ids(1).chain(ids(2))));
    let all_right = |revoked: &[HopId], others: &[HopId]| {
        let rule = "a hop that is not revoked must be `Good`";
        for hop in others {
            let status = source.status(hop);
            require(status == RevocationStatus::Good, rule, || {
                format!("{hop} is {status:?} after {} others were revoked", revoked.len())
            })?;
        }
        let rule = "a revoked hop must be `Revoked` from then on, in every thread";
        thread::scope(|scope| {
            let ask = || revoked.iter().map(|hop| source.status(hop)).collect::<Vec<_>>();
            let threads = [(); THREADS].map(|()| scope.spawn(ask));
            threads.into_iter().try_for_each(|thread| {
                let answers = thread.join().unwrap_or_default();
                let is_right = answers.len() == revoked.len()
                    && answers.iter().all(|status| *status == RevocationStatus::Revoked);
                require(is_right, rule, || format!("the answers are {answers:?}"))
            })
        })
    };
    all_right(&revoked, &others)?;
    for _ in 0..3 {
        let Some(hop) = others.pop() else { break };
        revoke(hop);
        revoked.push(hop);
        all_right(&revoked, &others)?;
    }
    Ok(())
}
