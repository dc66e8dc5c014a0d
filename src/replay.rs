//! One presentation, one call.

use std::collections::{BTreeSet, HashSet};
use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;

use crate::instant::Instant;

/// Remembers which presentations were used, for as long as they could be used again.
///
/// # Security
///
/// `consume` must be atomic: of two calls with the same id, at most one may succeed. All verifiers
/// that answer to one audience must share one guard. A store with its own clock must add what that
/// clock may differ by to `until`.
pub trait ReplayGuard: Send + Sync {
    /// Takes note of a presentation that is about to be used. `id` is 32 bytes that no other
    /// presentation shares; it need not be remembered after `until`.
    ///
    /// # Errors
    ///
    /// [`ReplayRefusal`] where it was used before, or that cannot be told.
    fn consume(
        &self,
        id: &[u8; 32],
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(), ReplayRefusal>;
}

/// Why a presentation may not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplayRefusal {
    /// It was used before.
    Replayed,
    /// There is no room to remember it, so it is not let through.
    Full,
    /// It cannot be told, for this reason.
    Unknown(String),
}

/// Whether a verifier lets a presentation be used twice. It must be said.
#[derive(Clone)]
pub enum Replays {
    /// A presentation may be used again while it is fresh: for calls that only read, where once
    /// more does no harm. The report says so.
    AcceptedForReadOnlyCalls,
    /// This guard refuses them.
    RefusedBy(Arc<dyn ReplayGuard>),
}

impl Replays {
    /// `guard` refuses them.
    pub fn refused_by(guard: impl ReplayGuard + 'static) -> Self {
        Self::RefusedBy(Arc::new(guard))
    }
}

impl Debug for Replays {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AcceptedForReadOnlyCalls => "AcceptedForReadOnlyCalls",
            Self::RefusedBy(_) => "RefusedBy(…)",
        })
    }
}

/// A guard in the memory of one process, which refuses rather than forgets.
///
/// It takes about 100 bytes an entry. An entry lives as long as its presentation is fresh, so a
/// service that answers 1,000 calls a second with the default window needs room for about 60,000.
#[derive(Debug)]
pub struct MemoryReplayGuard {
    capacity: usize,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    ids: HashSet<[u8; 32]>,
    /// The same ids in the order in which they end.
    by_end: BTreeSet<(Instant, [u8; 32])>,
    /// What ended before this is forgotten. A clock that goes back must not revive it.
    forgotten: Option<Instant>,
}

impl Seen {
    fn forget_what_ended_before(&mut self, now: Instant) {
        while let Some((end, id)) = self.by_end.first().copied().filter(|(end, _)| *end < now) {
            self.by_end.remove(&(end, id));
            self.ids.remove(&id);
            self.forgotten = Some(now);
        }
    }
}

impl MemoryReplayGuard {
    /// A guard with room for `capacity` presentations at a time.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, seen: Mutex::default() }
    }
}

impl ReplayGuard for MemoryReplayGuard {
    fn consume(
        &self,
        id: &[u8; 32],
        until: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(), ReplayRefusal> {
        let (until, now) = (Instant::of(until), Instant::of(now));
        // A thread that panicked elsewhere cannot have left half an entry.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forget_what_ended_before(now);
        if seen.ids.contains(id) {
            return Err(ReplayRefusal::Replayed);
        }
        if seen.forgotten.is_some_and(|before| until < before) {
            return Err(ReplayRefusal::Unknown("the clock went back".to_owned()));
        }
        if seen.ids.len() >= self.capacity {
            return Err(ReplayRefusal::Full);
        }
        seen.ids.insert(*id);
        seen.by_end.insert((until, *id));
        Ok(())
    }
}
