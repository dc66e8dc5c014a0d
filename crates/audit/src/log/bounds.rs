//! Bounds on the records of refused calls, and of those that nobody presented: neither strangers nor agents
//! can fill a disk, or push out the evidence about others.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use deputize::{ChargedTo, DenyCode, HopId, MoreUnpresentedCore, PublicKey, Record, RefusalsCore};
use time::OffsetDateTime;

use crate::limits::{
    COUNTED_FIRST_HOPS, COUNTED_TOGETHER, REFUSALS_OF_FIRST_HOP, REFUSALS_OF_LAST_HOP,
    REFUSALS_OF_NOBODY, REFUSALS_OF_ROOT, UNPRESENTED_BYTES_IN_A_MINUTE, UNPRESENTED_IN_A_MINUTE,
};

/// The refused calls of the current minute, and those that went out unpresented.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    minute: i64,
    roots: HashMap<PublicKey, OfRoot>,
    of_nobody: usize,
    /// Refusals that have no record each, by first hop.
    counted: BTreeMap<Option<HopId>, Counted>,
    /// Records of calls that nobody presented, and the bytes of their values.
    unpresented: (usize, usize),
    /// Such calls that have no record each.
    more_unpresented: Option<Counted>,
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
    by_code: BTreeMap<&'static str, u64>,
    from: OffsetDateTime,
    until: OffsetDateTime,
}

impl Counted {
    fn from(at: OffsetDateTime) -> Self {
        Self { by_code: BTreeMap::new(), from: at, until: at }
    }

    fn add(&mut self, code: DenyCode, at: OffsetDateTime) {
        let count = self.by_code.entry(code.as_str()).or_default();
        *count = count.saturating_add(1);
        (self.from, self.until) = (self.from.min(at), self.until.max(at));
    }
}

impl Refusals {
    /// Begins another minute, if this is a later one, or the clock was set back. Threads that decide
    /// around the end of a minute do not begin it again.
    pub(super) fn begin(&mut self, at: OffsetDateTime) {
        let minute = at.unix_timestamp().checked_div_euclid(60).unwrap_or_default();
        if minute > self.minute || minute < self.minute.saturating_sub(1) {
            (self.minute, self.of_nobody, self.unpresented) = (minute, 0, (0, 0));
            self.is_over = !self.counted.is_empty() || self.more_unpresented.is_some();
            self.roots.clear();
        }
    }

    /// Returns the time after which what is counted has a record: when its minute is over, by the clock
    /// of the calls or by that of the writer. `None` if nothing is counted.
    pub(super) fn due_in(&self) -> Option<Duration> {
        let left = |since: Instant| COUNTED_TOGETHER.saturating_sub(since.elapsed());
        self.since.map(left).map(|left| if self.is_over { Duration::ZERO } else { left })
    }

    /// Returns the records of what was counted, and begins again.
    pub(super) fn take(&mut self) -> Vec<Record> {
        (self.since, self.is_over) = (None, false);
        let refusals = |(first_hop, own): (Option<HopId>, Counted)| {
            Record::refusals(RefusalsCore::new(first_hop, own.by_code, own.until), own.from)
        };
        let refusals = std::mem::take(&mut self.counted).into_iter().map(refusals);
        let more = self.more_unpresented.take().map(|own| {
            Record::more_unpresented(MoreUnpresentedCore::new(own.by_code, own.until), own.from)
        });
        refusals.chain(more).collect()
    }

    /// Returns true if a call that nobody presented has a record of its own, with this many bytes of values.
    pub(super) fn has_unpresented_record(&mut self, bytes: usize, at: OffsetDateTime) -> bool {
        self.begin(at);
        let (records, taken) = self.unpresented;
        let all = taken.saturating_add(bytes);
        let has_room = records < UNPRESENTED_IN_A_MINUTE && all <= UNPRESENTED_BYTES_IN_A_MINUTE;
        if has_room {
            self.unpresented = (records.saturating_add(1), all);
        }
        has_room
    }

    /// Counts a call that nobody presented and that has no record.
    pub(super) fn count_unpresented(&mut self, code: DenyCode, at: OffsetDateTime) {
        self.since.get_or_insert_with(Instant::now);
        self.more_unpresented.get_or_insert_with(|| Counted::from(at)).add(code, at);
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
        let counted = self.counted.entry(first_hop.filter(|_| has_room));
        counted.or_insert_with(|| Counted::from(at)).add(code, at);
    }
}
