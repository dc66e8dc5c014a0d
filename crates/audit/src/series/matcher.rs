//! Setting presentations beside records.

use std::collections::{BTreeMap, HashMap};
use std::str::FromStr as _;

use deputize::{Charged, FieldKind, HopId, RecordKind};
use serde_json::Value;
use time::OffsetDateTime;

use crate::limits::{MAX_FINDINGS, MAX_MATCHED_NUMBERS, MAX_MATCHED_TEXT_BYTES};
use crate::series::matched::{DoubledNumber, Gap, Matched, NumberedSeries};
use crate::series::presented::PresentedLine;
use crate::series::walk::{Seen, Walk};
use crate::verify::ReadRecord;

/// Finds the numbers of series that are in no log. It is given the records of all logs, and the notes of
/// holders if there are some, best in the order of their times.
///
/// Its memory is bounded: of about a million numbers that are not judged yet, those of the series that
/// was not seen for the longest are judged, and then forgotten. The result says so.
///
/// ```no_run
/// use deputize_audit::{FolderFiles, LogReader, SeriesMatcher};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let files = FolderFiles::new("/var/lib/crm/log");
/// let (mut reader, mut matcher) = (LogReader::new(&files), SeriesMatcher::default());
/// while let Some(record) = reader.next_record()? {
///     matcher.recorded(&record);
/// }
/// let matched = matcher.finish();
/// println!("{} recorded, {} missing", matched.recorded, matched.missing);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct SeriesMatcher {
    series: HashMap<Key, Walk>,
    /// The series by the time at which they were last read from.
    order: BTreeMap<u64, Key>,
    ticks: u64,
    /// The numbers that are held, and one for each series.
    held: usize,
    gaps: usize,
    matched: Matched,
}

/// The id of hop 0 and the series, and the id of the last hop if it is another than that of the first
/// presentation with both: whoever learns the series of another holder must not fill its gaps.
type Key = (HopId, [u8; 8], Option<HopId>);

/// From where a presentation is known.
enum Source {
    Record,
    Holder,
}

impl SeriesMatcher {
    /// Takes a record of a log. Records that are not charged decisions say nothing about series.
    pub fn recorded(&mut self, record: &ReadRecord) {
        let RecordKind::Decision(decision) = &record.core.kind else { return };
        let Some(Charged { first_hop, presentation, counted, .. }) = &decision.charged else {
            return;
        };
        let Some((series, count)) = counted else {
            self.matched.uncounted = self.matched.uncounted.saturating_add(1);
            return;
        };
        let own = (*presentation, record.core.at);
        let last = |kind| record.value(kind).and_then(Value::as_array).and_then(|all| all.last());
        let last_hop = last(FieldKind::Hops).and_then(Value::as_str);
        let last_hop = last_hop.and_then(|id| HopId::from_str(id).ok());
        let key = self.key(*first_hop, *series, last_hop);
        let Some(walk) = self.add(key, *count, own, Source::Record) else { return };
        let text = |value: Option<&Value>, member: &str| {
            value.and_then(|own| own.get(member)).and_then(Value::as_str).map(kept)
        };
        let result = &mut walk.result;
        if result.agent.is_none() {
            result.agent = text(last(FieldKind::Agents), "name");
        }
        if result.audience.is_none() {
            result.audience = text(record.value(FieldKind::Call), "audience");
        }
        result.last_hop = result.last_hop.or(last_hop);
    }

    /// Takes a presentation that its holder noted.
    pub fn presented(&mut self, line: &PresentedLine) {
        let own = (line.presentation, line.at);
        let key = self.key(line.first_hop, line.series, Some(line.last_hop));
        let Some(walk) = self.add(key, line.count, own, Source::Holder) else { return };
        let result = &mut walk.result;
        result.audience.get_or_insert_with(|| kept(&line.audience));
        result.last_hop.get_or_insert(line.last_hop);
    }

    /// Judges everything that was taken.
    pub fn finish(mut self) -> Matched {
        for key in std::mem::take(&mut self.order).into_values() {
            self.close(&key);
        }
        self.matched.series.sort_by_key(|own| (own.from, own.series));
        self.matched
    }

    /// Returns the key of a presentation by this holder, as far as it is shown.
    fn key(&self, first_hop: HopId, series: [u8; 8], last_hop: Option<HopId>) -> Key {
        let first = (first_hop, series, None);
        let known = self.series.get(&first).and_then(|walk| walk.result.last_hop);
        match (known, last_hop) {
            (Some(known), Some(own)) if known != own => (first_hop, series, Some(own)),
            _ => first,
        }
    }

    /// Adds a number, unless it is one that was seen. Returns the series.
    fn add(
        &mut self,
        key: Key,
        count: u64,
        (id, at): (HopId, OffsetDateTime),
        source: Source,
    ) -> Option<&mut Walk> {
        self.make_room();
        self.touch(key, count, at);
        let walk = self.series.get_mut(&key)?;
        if walk.is_judged(count) {
            self.matched.late = self.matched.late.saturating_add(1);
            return Some(walk);
        }
        walk.result.last = walk.result.last.max(count);
        walk.result.from = walk.result.from.min(at);
        if !walk.seen.contains_key(&count) {
            self.held = self.held.saturating_add(1);
        }
        let Seen { recorded, other, presented } = walk.seen.entry(count).or_default();
        let others = [&*recorded, &*presented].map(|own| own.map(|(own, _)| own));
        let doubled = others.into_iter().flatten().find(|own| *own != id);
        match source {
            Source::Record if recorded.is_some_and(|(own, _)| own == id) => {
                self.matched.repeated = self.matched.repeated.saturating_add(1);
            }
            Source::Record => match recorded {
                Some(_) => drop(other.get_or_insert(id)),
                None => *recorded = Some((id, at)),
            },
            Source::Holder => {
                if presented.is_none() {
                    let own = walk.result.presented.get_or_insert(0);
                    *own = own.saturating_add(1);
                }
                presented.get_or_insert((id, at));
            }
        }
        if let Some(first) = doubled {
            let (first_hop, series, _) = key;
            let own = DoubledNumber { first_hop, series, count, first, other: id };
            let again = DoubledNumber { first: id, other: first, ..own };
            if self.matched.doubled.iter().any(|known| *known == own || *known == again) {
            } else if self.matched.doubled.len() < MAX_FINDINGS {
                self.matched.doubled.push(own);
            } else {
                self.matched.more_doubled = self.matched.more_doubled.saturating_add(1);
            }
        }
        Some(walk)
    }

    /// Makes the series the one that was last read from.
    fn touch(&mut self, key: Key, count: u64, at: OffsetDateTime) {
        self.ticks = self.ticks.saturating_add(1);
        if !self.series.contains_key(&key) {
            // Of a series that was forgotten, the numbers before this one may have been seen.
            let first = if self.matched.forgotten > 0 { count } else { 1 };
            self.series.insert(key, Walk::new(NumberedSeries::new(key, at), first));
            self.held = self.held.saturating_add(1);
        }
        if let Some(walk) = self.series.get_mut(&key) {
            self.order.remove(&walk.touched);
            walk.touched = self.ticks;
            self.order.insert(self.ticks, key);
        }
    }

    /// Judges the numbers of the series that was not read from for the longest, and forgets it if it has
    /// none.
    fn make_room(&mut self) {
        while self.held >= MAX_MATCHED_NUMBERS
            && let Some((tick, key)) = self.order.pop_first()
        {
            let Some(walk) = self.series.get_mut(&key) else { continue };
            if walk.seen.is_empty() {
                self.close(&key);
                self.matched.forgotten = self.matched.forgotten.saturating_add(1);
                continue;
            }
            self.held = self.held.saturating_sub(walk.seen.len());
            let gaps = &mut self.gaps;
            let more = &mut self.matched.more_gaps;
            walk.judge(|result, gap| keep_gap(result, gap, gaps, more));
            self.order.insert(tick, key);
        }
    }

    /// Ends a series, and adds it to the result.
    fn close(&mut self, key: &Key) {
        let Some(mut walk) = self.series.remove(key) else { return };
        self.held = self.held.saturating_sub(walk.seen.len()).saturating_sub(1);
        let (gaps, more) = (&mut self.gaps, &mut self.matched.more_gaps);
        walk.judge(|result, gap| keep_gap(result, gap, gaps, more));
        walk.end(|result, gap| keep_gap(result, gap, gaps, more));
        let (matched, own) = (&mut self.matched, walk.result);
        matched.presented = matched.presented.saturating_add(own.presented.unwrap_or_default());
        matched.recorded = matched.recorded.saturating_add(own.recorded);
        matched.missing = matched.missing.saturating_add(own.missing);
        if matched.series.len() < MAX_FINDINGS {
            matched.series.push(own);
        } else {
            matched.more_series = matched.more_series.saturating_add(1);
        }
    }
}

/// Returns a text as far as it is kept.
fn kept(text: &str) -> String {
    let mut bytes: usize = 0;
    let is_kept = |own: &char| {
        bytes = bytes.saturating_add(own.len_utf8());
        bytes <= MAX_MATCHED_TEXT_BYTES
    };
    text.chars().take_while(is_kept).collect()
}

fn keep_gap(result: &mut NumberedSeries, gap: Gap, gaps: &mut usize, more: &mut u64) {
    if *gaps < MAX_FINDINGS {
        *gaps = gaps.saturating_add(1);
        result.gaps.push(gap);
    } else {
        *more = more.saturating_add(1);
    }
}

impl NumberedSeries {
    fn new((first_hop, series, _): Key, from: OffsetDateTime) -> Self {
        Self {
            first_hop,
            series,
            last_hop: None,
            agent: None,
            audience: None,
            presented: None,
            recorded: 0,
            last: 0,
            missing: 0,
            gaps: Vec::new(),
            from,
        }
    }
}
