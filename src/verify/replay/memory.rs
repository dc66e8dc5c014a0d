//! Replay guard in the memory of one process.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use crate::format::hop_id::HopId;
use crate::instant::UnixTime;
use crate::limits::REPLAY_SHARES;
use crate::verify::replay::{Arrival, Presented, ReplayError, ReplayGuard};

/// A replay guard in the memory of one process. When it is full it refuses; it never forgets early.
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
    capacity: usize,
    /// Maximum number of entries for chains with one first hop. An agent can make new keys, but not
    /// new first hops.
    share: usize,
    /// The start of the guard, if presentations may have been used before it.
    began: Option<UnixTime>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The used presentations, each with the first hop of its chain.
    used: HashMap<HopId, HopId>,
    /// The used presentations in the order of their ends.
    by_end: BTreeSet<(UnixTime, HopId)>,
    /// The number of used presentations for each first hop.
    by_first_hop: HashMap<HopId, usize>,
    /// The latest end of a forgotten presentation. A clock that goes back must not revive it.
    forgotten: Option<UnixTime>,
    /// The refused presentations, oldest first.
    noted: VecDeque<HopId>,
    noted_ids: HashSet<HopId>,
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

    /// Creates a guard for an audience that has never been called before, so that there are no
    /// earlier uses.
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
}

impl ReplayGuard for MemoryReplayGuard {
    fn consume(&self, presented: &Presented) -> Result<(), ReplayError> {
        let (id, first_hop) = (presented.id, presented.first_hop);
        let [from, until, now] =
            [presented.from, presented.until, presented.now].map(UnixTime::from);
        let mut seen = self.seen();
        seen.forget_ended_before(now);
        if seen.used.contains_key(&id) {
            return Err(ReplayError::Replayed);
        }
        if let Some(began) = self.began.filter(|began| from <= *began) {
            let why =
                format!("it began at {began}, and the presentation may have been used before that");
            return Err(ReplayError::Unknown(why));
        }
        if seen.forgotten.is_some_and(|end| until <= end) {
            return Err(ReplayError::Unknown("the clock went back".to_owned()));
        }
        let of_first_hop = seen.by_first_hop.get(&first_hop).copied().unwrap_or(0);
        if seen.used.len() >= self.capacity || of_first_hop >= self.share {
            return Err(ReplayError::Full);
        }
        seen.used.insert(id, first_hop);
        seen.by_end.insert((until, id));
        seen.by_first_hop.insert(first_hop, of_first_hop.saturating_add(1));
        Ok(())
    }

    fn note(&self, presented: &Presented) -> Arrival {
        let mut seen = self.seen();
        if seen.used.contains_key(&presented.id) {
            return Arrival::Used;
        }
        if !seen.noted_ids.insert(presented.id) {
            return Arrival::Again;
        }
        seen.noted.push_back(presented.id);
        if seen.noted.len() > self.capacity
            && let Some(oldest) = seen.noted.pop_front()
        {
            seen.noted_ids.remove(&oldest);
        }
        Arrival::First
    }
}

impl Seen {
    fn forget_ended_before(&mut self, now: UnixTime) {
        while let Some((end, id)) = self.by_end.first().copied().filter(|(end, _)| *end < now) {
            self.by_end.remove(&(end, id));
            self.forgotten = self.forgotten.max(Some(end));
            let Some(first_hop) = self.used.remove(&id) else { continue };
            let left = self.by_first_hop.get(&first_hop).copied().unwrap_or(0).saturating_sub(1);
            if left == 0 {
                self.by_first_hop.remove(&first_hop);
            } else {
                self.by_first_hop.insert(first_hop, left);
            }
        }
    }
}
