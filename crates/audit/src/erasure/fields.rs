//! The fields that statements erase, to be looked up.

use std::collections::BTreeMap;

use deputize::FieldKind;

use crate::erasure::range::ErasedRange;

/// The fields that some ranges erase together. However many they are, a field is found in logarithmic
/// time: whoever signs statements must not make the work on others slow.
#[derive(Debug, Clone, Default)]
pub(crate) struct ErasedFields {
    /// For each kind, the first and the last of the records, ascending and apart.
    of_kind: BTreeMap<FieldKind, Vec<(u64, u64)>>,
    /// The records of all kinds.
    records: Vec<(u64, u64)>,
}

impl ErasedFields {
    pub(crate) fn of<'a>(ranges: impl IntoIterator<Item = &'a ErasedRange>) -> Self {
        let mut own = Self::default();
        for ErasedRange { first, last, kinds } in ranges {
            for kind in kinds.as_deref().unwrap_or(FieldKind::ALL) {
                own.of_kind.entry(*kind).or_default().push((*first, *last));
            }
            own.records.push((*first, *last));
        }
        own.of_kind.values_mut().for_each(merge);
        merge(&mut own.records);
        own
    }

    /// Returns true if the values of this kind of this record are erased.
    pub(crate) fn has(&self, index: u64, kind: FieldKind) -> bool {
        self.of_kind.get(&kind).is_some_and(|ranges| is_in(ranges, index))
    }

    /// Returns true if a range is about this record.
    pub(crate) fn has_record(&self, index: u64) -> bool {
        is_in(&self.records, index)
    }
}

/// Sorts ranges, and joins those that touch.
fn merge(ranges: &mut Vec<(u64, u64)>) {
    ranges.sort_unstable();
    ranges.dedup_by(|(first, last), (_, end)| {
        let touches = *first <= end.saturating_add(1);
        if touches {
            *end = (*end).max(*last);
        }
        touches
    });
}

fn is_in(ranges: &[(u64, u64)], index: u64) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= index);
    let before = after.checked_sub(1).and_then(|place| ranges.get(place));
    before.is_some_and(|(_, last)| index <= *last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Merged ranges have what the ranges had, and do not overlap: however many statements erase a
        /// record, it is looked up once.
        #[test]
        fn merged_ranges_erase_the_same(
            ranges in prop::collection::vec((0_u64..60, 0_u64..8, any::<bool>()), 0..40),
        ) {
            let range = |(first, more, is_all): (u64, u64, bool)| {
                let kinds = (!is_all).then(|| vec![FieldKind::Resource]);
                ErasedRange { first, last: first.saturating_add(more), kinds }
            };
            let ranges: Vec<_> = ranges.into_iter().map(range).collect();
            let fields = ErasedFields::of(ranges.iter().chain(&ranges));
            for index in 0..80 {
                for kind in [FieldKind::Resource, FieldKind::Owner] {
                    let named = ranges.iter().any(|range| range.has(index, kind));
                    prop_assert_eq!(fields.has(index, kind), named);
                }
                let named = ranges.iter().any(|range| range.has(index, FieldKind::Resource));
                prop_assert_eq!(fields.has_record(index), named);
            }
            let apart = |ranges: &Vec<(u64, u64)>| {
                ranges.is_sorted_by(|(_, last), (first, _)| last.saturating_add(1) < *first)
            };
            prop_assert!(fields.of_kind.values().all(apart) && apart(&fields.records));
        }
    }
}
