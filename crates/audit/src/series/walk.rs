//! One series, whose numbers are judged in their order.

use std::collections::BTreeMap;

use deputize::HopId;
use time::OffsetDateTime;

use crate::series::matched::{Gap, NumberedSeries};

/// The sightings of one number: the presentation and its time, in a record and in the holder's notes.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) recorded: Option<(HopId, OffsetDateTime)>,
    /// Another presentation that was recorded under the number.
    pub(super) other: Option<HopId>,
    pub(super) presented: Option<(HopId, OffsetDateTime)>,
}

/// A series that is read.
#[derive(Debug)]
pub(super) struct Walk {
    pub(super) result: NumberedSeries,
    /// The numbers that are not judged yet.
    pub(super) seen: BTreeMap<u64, Seen>,
    /// The first number that is not judged. `None` behind the greatest one of all.
    next: Option<u64>,
    /// The time of the last record that was judged.
    after: Option<OffsetDateTime>,
    /// The gap that has no end yet.
    open: Option<Gap>,
    /// When it was last read from.
    pub(super) touched: u64,
}

impl Seen {
    /// Returns the time of the presentation that the holder noted, if records have another one only.
    fn noted_only(&self) -> Option<OffsetDateTime> {
        let (id, at) = self.presented?;
        let recorded = [self.recorded.map(|(id, _)| id), self.other];
        (!recorded.contains(&Some(id))).then_some(at)
    }
}

impl Walk {
    /// Begins with this number.
    pub(super) fn new(result: NumberedSeries, first: u64) -> Self {
        let (seen, next) = (BTreeMap::new(), Some(first));
        Self { result, seen, next, after: None, open: None, touched: 0 }
    }

    /// Returns true if the number was judged before.
    pub(super) fn is_judged(&self, count: u64) -> bool {
        self.next.is_none_or(|next| count < next)
    }

    /// Judges the numbers that are held, and holds none. Gaps go to `found`.
    pub(super) fn judge(&mut self, mut found: impl FnMut(&mut NumberedSeries, Gap)) {
        for (count, seen) in std::mem::take(&mut self.seen) {
            if let Some(next) = self.next
                && let Some(before) = count.checked_sub(1).filter(|before| *before >= next)
            {
                self.miss(next, before, None);
            }
            match seen.recorded {
                Some((_, at)) => {
                    if let Some(noted) = seen.noted_only() {
                        self.miss(count, count, Some(noted));
                    }
                    self.result.recorded = self.result.recorded.saturating_add(1);
                    if let Some(gap) = self.open.take() {
                        found(&mut self.result, Gap { before: Some(at), ..gap });
                    }
                    self.after = Some(at);
                }
                None => self.miss(count, count, seen.presented.map(|(_, at)| at)),
            }
            self.next = count.checked_add(1);
        }
    }

    /// Ends the series: presentations that the holder noted behind the last record are missing, too.
    pub(super) fn end(&mut self, found: impl FnOnce(&mut NumberedSeries, Gap)) {
        if let Some(gap) = self.open.take() {
            found(&mut self.result, gap);
        }
    }

    fn miss(&mut self, first: u64, last: u64, sent: Option<OffsetDateTime>) {
        let count = last.saturating_sub(first).saturating_add(1);
        self.result.missing = self.result.missing.saturating_add(count);
        let after = self.after;
        let gap = self.open.get_or_insert(Gap {
            first,
            last,
            presented: 0,
            after,
            before: None,
            sent: None,
        });
        gap.last = last;
        if let Some(at) = sent {
            gap.presented = gap.presented.saturating_add(1);
            let (from, until) = gap.sent.unwrap_or((at, at));
            gap.sent = Some((from.min(at), until.max(at)));
        }
    }
}
