//! Bounds on the records of refused calls: neither strangers nor agents can fill a disk, or push out
//! the evidence about others.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use deputize::{ChargedTo, DenyCode, HopId, PublicKey, RefusalsCore};
use time::OffsetDateTime;

use crate::limits::{
    COUNTED_FIRST_HOPS, COUNTED_TOGETHER, REFUSALS_OF_FIRST_HOP, REFUSALS_OF_LAST_HOP,
    REFUSALS_OF_NOBODY, REFUSALS_OF_ROOT,
};

/// The refused calls of the current minute.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    minute: i64,
    roots: HashMap<PublicKey, OfRoot>,
    of_nobody: usize,
    /// Refusals that have no record each, by first hop.
    counted: BTreeMap<Option<HopId>, Counted>,
    /// When the first of them was counted.
    since: Option<Instant>,
    /// Another minute has begun since.
    is_over: bool,
}

/// The records below one root key.
#[derive(Debug, Default)]
struct OfRoot {
    recorded: usize,
    first_hops: HashMap<HopId, OfFirstHop>,
}

/// The records below one first hop.
#[derive(Debug, Default)]
struct OfFirstHop {
    recorded: usize,
    /// Those that were the first of their last hop and code, beyond the others.
    first_of_kind: usize,
    last_hops: HashMap<HopId, usize>,
    seen: HashSet<(HopId, DenyCode)>,
}

#[derive(Debug)]
struct Counted {
    refused: BTreeMap<&'static str, u64>,
    from: OffsetDateTime,
    until: OffsetDateTime,
}

impl Refusals {
    /// Begins another minute, if this is a later one, or the clock was set back. Threads that decide
    /// around the end of a minute do not begin it again.
    pub(super) fn begin(&mut self, at: OffsetDateTime) {
        let minute = at.unix_timestamp().checked_div_euclid(60).unwrap_or_default();
        if minute > self.minute || minute < self.minute.saturating_sub(1) {
            (self.minute, self.of_nobody) = (minute, 0);
            self.is_over = !self.counted.is_empty();
            self.roots.clear();
        }
    }

    /// Returns the time after which what is counted has a record: when its minute is over, by the clock
    /// of the calls or by that of the writer. `None` if nothing is counted.
    pub(super) fn due_in(&self) -> Option<Duration> {
        let left = |since: Instant| COUNTED_TOGETHER.saturating_sub(since.elapsed());
        self.since.map(left).map(|left| if self.is_over { Duration::ZERO } else { left })
    }

    /// Returns what was counted, and begins again.
    pub(super) fn take(&mut self) -> Vec<(RefusalsCore, OffsetDateTime)> {
        (self.since, self.is_over) = (None, false);
        let core = |(first_hop, own): (Option<HopId>, Counted)| {
            (RefusalsCore::new(first_hop, own.refused, own.until), own.from)
        };
        std::mem::take(&mut self.counted).into_iter().map(core).collect()
    }

    /// Returns true if this refusal has a record of its own.
    pub(super) fn has_record(
        &mut self,
        charged: Option<&ChargedTo>,
        code: DenyCode,
        at: OffsetDateTime,
    ) -> bool {
        self.begin(at);
        let Some(charged) = charged else {
            let has_room = self.of_nobody < REFUSALS_OF_NOBODY;
            self.of_nobody = self.of_nobody.saturating_add(usize::from(has_room));
            return has_room;
        };
        let root = self.roots.entry(charged.root).or_default();
        if root.recorded >= REFUSALS_OF_ROOT {
            return false;
        }
        // An entry is made only where there is room for a record of it.
        let own = root.first_hops.entry(charged.first_hop).or_default();
        let of_last_hop = own.last_hops.get(&charged.last_hop).copied().unwrap_or_default();
        let kind = (charged.last_hop, code);
        let is_first = !own.seen.contains(&kind);
        if own.recorded < REFUSALS_OF_FIRST_HOP && of_last_hop < REFUSALS_OF_LAST_HOP {
            own.recorded = own.recorded.saturating_add(1);
        } else if is_first && own.first_of_kind < REFUSALS_OF_FIRST_HOP {
            own.first_of_kind = own.first_of_kind.saturating_add(1);
        } else {
            return false;
        }
        // What is remembered is bounded by what is recorded.
        own.seen.insert(kind);
        own.last_hops.insert(charged.last_hop, of_last_hop.saturating_add(1));
        root.recorded = root.recorded.saturating_add(1);
        true
    }

    /// Counts a refusal that has no record.
    pub(super) fn count(
        &mut self,
        charged: Option<&ChargedTo>,
        code: DenyCode,
        at: OffsetDateTime,
    ) {
        self.since.get_or_insert_with(Instant::now);
        let first_hop = charged.map(|charged| charged.first_hop);
        let has_room =
            self.counted.contains_key(&first_hop) || self.counted.len() < COUNTED_FIRST_HOPS;
        let counted = self
            .counted
            .entry(first_hop.filter(|_| has_room))
            .or_insert_with(|| Counted { refused: BTreeMap::new(), from: at, until: at });
        let count = counted.refused.entry(code.as_str()).or_default();
        *count = count.saturating_add(1);
        counted.from = counted.from.min(at);
        counted.until = counted.until.max(at);
    }
}
