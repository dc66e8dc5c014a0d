//! The rules that every store of seen statements must keep.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use time::OffsetDateTime;

use crate::format::hop_id::HopId;
use crate::instant::UnixTime;
use crate::key::{Signer as _, SigningKey};
use crate::statement::digest::StatementDigest;
use crate::statement::kind::StatementKind;
use crate::statement::series::{SeriesId, StatementScope};
use crate::statement::state::{SeriesHead, SeriesState, StateError, StatementState};
use crate::testing::contract::{Broken, require};

/// Threads that replace the same state at once, and the number of attempts. Most runs notice a
/// store that reads and then writes without a lock.
const THREADS: u64 = 8;
const TIMES: u64 = 10;

/// Checks that stores keep the rules of [`StatementState`]: every handle reads the stored states; a
/// state is replaced only in place of the state that it was compared with, and only by one of many
/// threads; no state is replaced by an older one, except by `reset`; and series are separate.
///
/// `open` returns a handle of the same store each time. The store is empty at first. Several
/// handles are opened.
///
/// ```
/// use std::sync::Arc;
///
/// use deputize::MemoryStatementState;
/// use deputize::testing::check_statement_state;
///
/// let store = Arc::new(MemoryStatementState::default());
/// check_statement_state(|| store.clone())?;
/// # Ok::<(), deputize::testing::Broken>(())
/// ```
///
/// # Errors
///
/// [`Broken`] with the first rule that does not hold. A store that passes may still be wrong: two
/// threads may not have met, and a killed process is not tested.
pub fn check_statement_state<S: StatementState>(open: impl Fn() -> S) -> Result<(), Broken> {
    let store = open();
    let loaded = store.load();
    require(loaded == Ok(Vec::new()), "a new store must have nothing", || format!("{loaded:?}"))?;
    compares_and_replaces(&store, &open())?;
    forgets_nothing_but_by_reset(&store)?;
    keeps_everything(&store, &open())?;
    replaced_once_by_many(&open)
}

/// The series of a key with this seed.
fn series(seed: u8, kind: StatementKind, scope: StatementScope) -> SeriesId {
    let issuer = SigningKey::from_bytes(&[seed; 32]).public_key();
    SeriesId { kind, issuer, scope }
}

fn own(seed: u8) -> SeriesId {
    series(seed, StatementKind::Revocations, StatementScope::Own)
}

fn head(sequence: u64) -> SeriesHead {
    let digest = StatementDigest::of(&sequence.to_be_bytes());
    let issued = UnixTime::from(OffsetDateTime::UNIX_EPOCH).plus(sequence.saturating_mul(1_000));
    SeriesHead { sequence, digest, issued: issued.to_datetime() }
}

fn state(series: SeriesId, sequences: &[u64]) -> SeriesState {
    let heads = sequences.iter().map(|sequence| head(*sequence)).collect();
    SeriesState { series, heads, rejected: Vec::new(), is_final: false }
}

fn changed(stored: Option<&SeriesState>) -> Result<(), StateError> {
    Err(StateError::Changed { stored: stored.cloned().map(Box::new) })
}

fn compares_and_replaces(
    one: &impl StatementState,
    other: &impl StatementState,
) -> Result<(), Broken> {
    let rule = "a store must replace exactly the state that it was given as stored, and otherwise return the stored one";
    let [first, second, third] = [1, 2, 3].map(|sequence| state(own(1), &[sequence]));
    for (step, found, expected) in [
        (
            "in place of a state that is not stored",
            one.replace(Some(&first), &second),
            changed(None),
        ),
        ("the first state", one.replace(None, &first), Ok(())),
        (
            "in place of nothing, by another handle",
            other.replace(None, &second),
            changed(Some(&first)),
        ),
        (
            "in place of the stored one, by another handle",
            other.replace(Some(&first), &second),
            Ok(()),
        ),
        ("in place of an older one", one.replace(Some(&first), &third), changed(Some(&second))),
        ("no change of an older one", one.replace(Some(&first), &first), changed(Some(&second))),
        ("no change", one.replace(Some(&second), &second), Ok(())),
        (
            "a reset in place of an older one",
            one.reset(Some(&first), &third),
            changed(Some(&second)),
        ),
    ] {
        require(found == expected, rule, || format!("{step}: {found:?}, not {expected:?}"))?;
    }
    Ok(())
}

fn forgets_nothing_but_by_reset(store: &impl StatementState) -> Result<(), Broken> {
    let rule = "a store must not replace a state by one that forgets what was seen";
    let newest = state(own(2), &[5]);
    let fork = state(own(2), &[5, 6]);
    let rejecting = SeriesState { rejected: vec![head(6)], ..newest.clone() };
    let last = SeriesState { is_final: true, ..state(own(2), &[9]) };
    require(store.replace(None, &newest) == Ok(()), rule, || "the first is not stored".to_owned())?;
    let older = [("an older head", newest.clone(), state(own(2), &[4]))];
    let of_fork = [("one head of a fork", fork.clone(), newest.clone())];
    let of_decision = [("what was rejected", rejecting.clone(), newest.clone())];
    let of_final = [
        ("what follows the last", last.clone(), state(own(2), &[10])),
        ("that it was the last", last.clone(), SeriesState { is_final: false, ..last.clone() }),
    ];
    let cases = older.into_iter().chain(of_fork).chain(of_decision).chain(of_final);
    let mut stored = newest;
    for (what, before, after) in cases {
        let set = store.reset(Some(&stored), &before);
        require(set == Ok(()), "a reset must store any state", || format!("{set:?}"))?;
        let found = store.replace(Some(&before), &after);
        let is_refused = matches!(found, Err(StateError::Failed(_)));
        require(is_refused, rule, || format!("{what} is replaced: {found:?}"))?;
        stored = before;
    }
    let older = state(own(2), &[1]);
    let found = store.reset(Some(&stored), &older);
    require(found == Ok(()), "a reset must store an older state", || format!("{found:?}"))
}

/// Each member of a state and of a series counts.
fn keeps_everything(one: &impl StatementState, other: &impl StatementState) -> Result<(), Broken> {
    let root = SigningKey::from_bytes(&[9; 32]).public_key();
    let hop = HopId::from_bytes([7; 32]);
    let mut expected = one.load().unwrap_or_default();
    for id in [
        series(3, StatementKind::Revocations, StatementScope::Root(root)),
        series(3, StatementKind::Revocations, StatementScope::Power(hop)),
        series(3, StatementKind::Agents, StatementScope::Power(hop)),
        series(3, StatementKind::Agents, StatementScope::Named),
        own(3),
    ] {
        let rejected = vec![head(1), head(2)];
        let whole = SeriesState { rejected, is_final: true, ..state(id, &[3, 4, 8]) };
        let stored = one.replace(None, &whole);
        require(stored == Ok(()), "a store must store every series", || format!("{stored:?}"))?;
        expected.push(whole);
    }
    let sorted = |mut all: Vec<SeriesState>| {
        all.sort_by_key(|state| state.series);
        all
    };
    let expected = Ok(sorted(expected));
    let found = other.load().map(sorted);
    require(found == expected, "a store must return all that was stored, as it was stored", || {
        format!("it returns {found:?}, not {expected:?}")
    })
}

fn replaced_once_by_many<S: StatementState>(open: &impl Fn() -> S) -> Result<(), Broken> {
    let rule = "of several that replace one state at the same time, one must succeed";
    for time in 1..=TIMES {
        let before = (time > 1).then(|| open().load().unwrap_or_default());
        let before =
            before.and_then(|all| all.into_iter().find(|own_state| own_state.series == own(4)));
        let stores: Vec<S> = (0..THREADS).map(|_| open()).collect();
        let (start, accepted) = (Barrier::new(stores.len()), AtomicUsize::new(0));
        thread::scope(|scope| {
            for (nth, store) in (0..THREADS).zip(&stores) {
                let (before, start, accepted) = (before.as_ref(), &start, &accepted);
                let after = state(own(4), &[time.saturating_mul(100).saturating_add(nth)]);
                scope.spawn(move || {
                    start.wait();
                    if store.replace(before, &after).is_ok() {
                        accepted.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        let found = accepted.into_inner();
        require(found == 1, rule, || format!("{found} of {THREADS} do"))?;
    }
    Ok(())
}
