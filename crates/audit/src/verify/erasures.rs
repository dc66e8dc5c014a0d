//! The erasures of a log: which statements count, and what they erase.

use std::collections::BTreeMap;

use deputize::limits::MAX_CORE_BYTES;
use deputize::{FieldKind, Note};

use crate::erasure::{ErasedRange, Erasure};
use crate::files::LogFiles;
use crate::log::LogError;
use crate::tree::{RightEdge, TreeHead, leaf_hash};
use crate::verify::cores::{Cores, ErasureRecord};
use crate::verify::segments::{SegmentLine, SegmentLines};
use crate::verify::verdict::{Fault, Verdict};

/// The erasures that count.
#[derive(Debug, Default)]
pub(crate) struct Erasures {
    /// For each kind, the first and the last of the records, ascending and apart.
    ranges: BTreeMap<FieldKind, Vec<(u64, u64)>>,
    wrong: Vec<(u64, usize)>,
}

impl Erasures {
    /// Collects statements that count, each with the fields that were wrong before.
    pub(crate) fn counting<'a>(
        statements: impl IntoIterator<Item = (&'a Erasure, &'a [(u64, usize)])>,
    ) -> Self {
        let mut own = Self::default();
        for (erasure, wrong) in statements {
            own.add(&erasure.ranges);
            own.wrong.extend(wrong);
        }
        own.ranges.values_mut().for_each(merge);
        own.wrong.sort_unstable();
        own
    }

    /// Reads the statements. Those that do not count are faults.
    pub(super) fn of(
        files: &(impl LogFiles + ?Sized),
        cores: &Cores,
        verdict: &mut Verdict,
    ) -> Result<Self, LogError> {
        let mut own = Self::default();
        let mut read = Vec::new();
        for ErasureRecord { index, at, statement, wrong } in &cores.erasures {
            let erasure = Note::parse(statement.as_bytes())
                .map_err(|why| why.to_string())
                .and_then(|note| Erasure::parse(&note).map_err(|why| why.to_string()));
            match erasure {
                Ok(erasure) => read.push((*index, *at, erasure, wrong)),
                Err(why) => verdict.add(Some(*index), Fault::Erasure { why }),
            }
        }
        let heads = heads_at(files, read.iter().map(|(_, _, own, _)| own.size).collect())?;
        for (index, at, erasure, wrong) in read {
            let head = heads.binary_search_by_key(&erasure.size, TreeHead::size).ok();
            let head = head.and_then(|place| heads.get(place));
            let is_root = head.is_some_and(|own| own.root() == erasure.root);
            let power = erasure.require_power(&cores.erasers, at);
            let why = if erasure.origin != verdict.origin {
                "the statement is about another log".to_owned()
            } else if let Err(why) = power {
                why.to_string()
            } else if erasure.size > index || !is_root {
                "the statement is about another history than that of this log".to_owned()
            } else {
                own.add(&erasure.ranges);
                own.wrong.extend(wrong);
                continue;
            };
            verdict.add(Some(index), Fault::Erasure { why });
        }
        own.ranges.values_mut().for_each(merge);
        own.wrong.sort_unstable();
        Ok(own)
    }

    /// Returns true if a statement erased the values of this kind of this record.
    pub(crate) fn has(&self, index: u64, kind: FieldKind) -> bool {
        let Some(ranges) = self.ranges.get(&kind) else { return false };
        let after = ranges.partition_point(|(first, _)| *first <= index);
        let before = after.checked_sub(1).and_then(|place| ranges.get(place));
        before.is_some_and(|(_, last)| index <= *last)
    }

    fn add(&mut self, ranges: &[ErasedRange]) {
        for ErasedRange { first, last, kinds } in ranges {
            let kinds = kinds.as_deref().unwrap_or(FieldKind::ALL);
            for kind in kinds {
                self.ranges.entry(*kind).or_default().push((*first, *last));
            }
        }
    }

    /// Returns true if the value was wrong before it was erased.
    pub(crate) fn was_wrong(&self, index: u64, place: usize) -> bool {
        self.wrong.binary_search(&(index, place)).is_ok()
    }
}

/// Sorts ranges, and joins those that touch.
fn merge(ranges: &mut Vec<(u64, u64)>) {
    ranges.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges.iter().copied() {
        match merged.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => merged.push((first, last)),
        }
    }
    *ranges = merged;
}

/// Returns the heads of the trees of these sizes, as far as there are records.
fn heads_at(
    files: &(impl LogFiles + ?Sized),
    mut sizes: Vec<u64>,
) -> Result<Vec<TreeHead>, LogError> {
    sizes.sort_unstable();
    sizes.dedup();
    let (mut heads, mut tree) = (Vec::new(), RightEdge::default());
    let mut lines = SegmentLines::cores(files, MAX_CORE_BYTES);
    for size in sizes {
        while tree.size() < size
            && let SegmentLine::Whole(line) = lines.next()?
        {
            tree.push(leaf_hash(&line))?;
        }
        if tree.size() == size {
            heads.push(tree.head());
        }
    }
    Ok(heads)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Merged ranges have what the ranges had, and do not overlap: however many statements erase a
        /// record, it is looked up once.
        #[test]
        fn merged_ranges_erase_the_same(ranges in prop::collection::vec((0_u64..60, 0_u64..8), 0..40)) {
            let ranges: Vec<_> = ranges
                .into_iter()
                .map(|(first, more)| ErasedRange { first, last: first.saturating_add(more), kinds: None })
                .collect();
            let mut erasures = Erasures::default();
            erasures.add(&ranges);
            erasures.add(&ranges);
            erasures.ranges.values_mut().for_each(merge);
            for index in 0..80 {
                let named = ranges.iter().any(|range| range.has(index, FieldKind::Resource));
                prop_assert_eq!(erasures.has(index, FieldKind::Resource), named);
            }
            let merged = erasures.ranges.get(&FieldKind::Resource).cloned().unwrap_or_default();
            prop_assert!(merged.is_sorted_by(|(_, last), (first, _)| last.saturating_add(1) < *first));
        }
    }
}
