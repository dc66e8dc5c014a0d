//! Bounds on the records of refused calls: neither strangers nor agents can fill a disk, or push out
//! the evidence about others.

use std::collections::{BTreeMap, HashMap, HashSet};

use deputize::{ChargedTo, DenyCode, HopId, PublicKey, RefusalsCore};
use time::OffsetDateTime;

use crate::limits::{
    COUNTED_FIRST_HOPS, REFUSALS_OF_FIRST_HOP, REFUSALS_OF_LAST_HOP, REFUSALS_OF_NOBODY,
    REFUSALS_OF_ROOT,
};

/// The refused calls of the current minute.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    minute: i64,
    roots: HashMap<PublicKey, OfRoot>,
    of_nobody: usize,
    /// Refusals that have no record each, by first hop.
    counted: BTreeMap<Option<HopId>, Counted>,
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
    /// Returns what was counted in an earlier minute, or in a later one before the clock was set back.
    pub(super) fn take_ended(&mut self, at: OffsetDateTime) -> Vec<(RefusalsCore, OffsetDateTime)> {
        let minute = at.unix_timestamp().checked_div_euclid(60).unwrap_or_default();
        if minute == self.minute {
            return Vec::new();
        }
        self.minute = minute;
        self.take()
    }

    /// Returns what was counted, and begins again.
    pub(super) fn take(&mut self) -> Vec<(RefusalsCore, OffsetDateTime)> {
        let ended = std::mem::take(self);
        self.minute = ended.minute;
        let core = |(first_hop, own): (Option<HopId>, Counted)| {
            (RefusalsCore::new(first_hop, own.refused, own.until), own.from)
        };
        ended.counted.into_iter().map(core).collect()
    }

    /// Returns true if this refusal has a record of its own.
    pub(super) fn has_record(&mut self, charged: Option<&ChargedTo>, code: DenyCode) -> bool {
        let Some(charged) = charged else {
            let has_room = self.of_nobody < REFUSALS_OF_NOBODY;
            self.of_nobody = self.of_nobody.saturating_add(usize::from(has_room));
            return has_room;
        };
        let root = self.roots.entry(charged.root).or_default();
        if root.recorded >= REFUSALS_OF_ROOT {
            return false;
        }
        let own = root.first_hops.entry(charged.first_hop).or_default();
        let of_last_hop = own.last_hops.entry(charged.last_hop).or_default();
        let is_first = own.seen.insert((charged.last_hop, code));
        if own.recorded < REFUSALS_OF_FIRST_HOP && *of_last_hop < REFUSALS_OF_LAST_HOP {
            own.recorded = own.recorded.saturating_add(1);
        } else if is_first && own.first_of_kind < REFUSALS_OF_FIRST_HOP {
            own.first_of_kind = own.first_of_kind.saturating_add(1);
        } else {
            return false;
        }
        *of_last_hop = of_last_hop.saturating_add(1);
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
