//! Replay guard in the memory of one process.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use crate::format::hop_id::HopId;
use crate::instant::UnixTime;
use crate::limits::REPLAY_SHARES;
use crate::verify::replay::{Arrival, Presented, ReplayError, ReplayGuard};

/// A replay guard in the memory of one process. When it is full, it refuses; it never forgets
/// early.
///
/// An entry takes about 200 bytes, and lives as long as its presentation is fresh. So a service
/// that answers 1,000 calls a second with the default window needs room for about 60,000 entries.
/// If most calls are made with one token, it needs four times as many, because the presentations of
/// chains with one first hop share a quarter of the room.
///
/// ```
/// use deputize::{MemoryReplayGuard, ReplayPolicy};
/// use time::OffsetDateTime;
///
/// let replays = ReplayPolicy::refused_by(MemoryReplayGuard::new(60_000, OffsetDateTime::now_utc()));
/// ```
#[derive(Debug)]
pub struct MemoryReplayGuard {
    /// Maximum number of used presentations, and of noted ones.
    capacity: usize,
    /// Maximum number of either for chains with one first hop. An agent can make new keys, but not
    /// new first hops.
    share: usize,
    /// The start of the guard, if presentations may have been used before it.
    began: Option<UnixTime>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    used: Remembered,
    /// The presentations of refused calls.
    noted: Remembered,
}

/// The room for one more presentation with a first hop.
enum Room {
    Free,
    /// The first hop has no more.
    ShareFull,
    /// No first hop has any.
    Full,
}

/// Presentations until they end.
#[derive(Debug, Default)]
struct Remembered {
    /// Each with the first hop of its chain.
    first_hops: HashMap<HopId, HopId>,
    /// In the order of their ends.
    by_end: BTreeSet<(UnixTime, HopId)>,
    /// The number for each first hop.
    by_first_hop: HashMap<HopId, usize>,
    /// The latest end of a forgotten presentation. A clock that goes back must not revive it.
    forgotten: Option<UnixTime>,
}

impl MemoryReplayGuard {
    /// Creates a guard with room for `capacity` presentations, which starts at `now` (such as the
    /// start of the process) and has no record of earlier uses.
    ///
    /// A presentation that could have been used before `now` is refused as
    /// [`ReplayUnknown`](crate::DenyCode::ReplayUnknown). With the default window, that is every
    /// presentation in the first 30 seconds.
    pub fn new(capacity: usize, now: OffsetDateTime) -> Self {
        Self { began: Some(UnixTime::from(now)), ..Self::for_new_audience(capacity) }
    }

    /// Creates a guard for an audience that has never been called before, so it has no earlier
    /// uses.
    pub fn for_new_audience(capacity: usize) -> Self {
        let share = capacity.div_ceil(REPLAY_SHARES);
        Self { capacity, share, began: None, seen: Mutex::default() }
    }

    /// Sets the maximum number of entries for chains with one first hop, instead of a quarter of
    /// the capacity.
    pub fn with_share(self, entries: usize) -> Self {
        Self { share: entries, ..self }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // A thread that panicked elsewhere cannot have left half an entry.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn room(&self, remembered: &Remembered, first_hop: &HopId) -> Room {
        match () {
            () if remembered.of_first_hop(first_hop) >= self.share => Room::ShareFull,
            () if remembered.first_hops.len() >= self.capacity => Room::Full,
            () => Room::Free,
        }
    }
}

impl ReplayGuard for MemoryReplayGuard {
    fn consume(&self, presented: &Presented) -> Result<(), ReplayError> {
        let [from, until, now] =
            [presented.from, presented.until, presented.now].map(UnixTime::from);
        let used = &mut self.seen().used;
        used.forget_ended_before(now);
        if used.first_hops.contains_key(&presented.id) {
            return Err(ReplayError::Replayed);
        }
        if let Some(began) = self.began.filter(|began| from <= *began) {
            let why =
                format!("it began at {began}, and the presentation may have been used before that");
            return Err(ReplayError::Unknown(why));
        }
        if used.may_have_forgotten(until) {
            return Err(ReplayError::Unknown("the clock went back".to_owned()));
        }
        match self.room(used, &presented.first_hop) {
            Room::ShareFull => return Err(ReplayError::ShareFull),
            Room::Full => return Err(ReplayError::Full),
            Room::Free => used.add(presented.id, presented.first_hop, until),
        }
        Ok(())
    }

    fn note(&self, presented: &Presented) -> Arrival {
        let [from, until, now] =
            [presented.from, presented.until, presented.now].map(UnixTime::from);
        let Seen { used, noted } = &mut *self.seen();
        if used.first_hops.contains_key(&presented.id) {
            return Arrival::Used;
        }
        noted.forget_ended_before(now);
        if noted.first_hops.contains_key(&presented.id) {
            return Arrival::Again;
        }
        let is_unknown = self.began.is_some_and(|began| from <= began)
            || used.may_have_forgotten(until)
            || noted.may_have_forgotten(until);
        if is_unknown {
            return Arrival::Unknown;
        }
        match self.room(noted, &presented.first_hop) {
            Room::ShareFull => return Arrival::ShareFull,
            Room::Full => return Arrival::Unknown,
            Room::Free => noted.add(presented.id, presented.first_hop, until),
        }
        Arrival::First
    }
}

impl Remembered {
    fn of_first_hop(&self, first_hop: &HopId) -> usize {
        self.by_first_hop.get(first_hop).copied().unwrap_or(0)
    }

    fn may_have_forgotten(&self, until: UnixTime) -> bool {
        self.forgotten.is_some_and(|end| until <= end)
    }

    fn add(&mut self, id: HopId, first_hop: HopId, until: UnixTime) {
        self.first_hops.insert(id, first_hop);
        self.by_end.insert((until, id));
        let count = self.of_first_hop(&first_hop).saturating_add(1);
        self.by_first_hop.insert(first_hop, count);
    }

    fn forget_ended_before(&mut self, now: UnixTime) {
        while let Some((end, id)) = self.by_end.first().copied().filter(|(end, _)| *end < now) {
            self.by_end.remove(&(end, id));
            self.forgotten = self.forgotten.max(Some(end));
            let Some(first_hop) = self.first_hops.remove(&id) else { continue };
            match self.of_first_hop(&first_hop).saturating_sub(1) {
                0 => self.by_first_hop.remove(&first_hop),
                left => self.by_first_hop.insert(first_hop, left),
            };
        }
    }
}
