//! Retention by age: the records whose values have been kept for long enough.

use deputize::FieldKind;
use time::OffsetDateTime;

use crate::checkpoint::Checkpoint;
use crate::erasure::ErasedRange;
use crate::limits::MAX_RETENTION_RANGES;
use crate::log::error::LogError;
use crate::log::folder::Folder;
use crate::log::statements::{Statements, for_each_core};

/// Returns the oldest records before this time that no erasure that counts is about yet, for these kinds of
/// values; `None` for all. The first record stays: it says whose log it is.
pub(super) fn older_than(
    folder: &Folder,
    checkpoint: &Checkpoint,
    time: OffsetDateTime,
    kinds: Option<&[FieldKind]>,
) -> Result<Vec<ErasedRange>, LogError> {
    let statements = Statements::of(folder, *checkpoint.origin(), *checkpoint.head())?;
    let erased = merged(statements.ranges(1)?.into_iter().filter(|own| covers(own, kinds)));
    let kinds = kinds.map(<[FieldKind]>::to_vec);
    let mut old: Vec<ErasedRange> = Vec::new();
    // The record up to which the last range goes on: one without values does not end it.
    let mut reach = None;
    for_each_core(folder, 1, checkpoint.head().size(), |core| {
        let index = core.index;
        let is_next = reach == index.checked_sub(1);
        if core.fields.is_empty() {
            if is_next {
                reach = Some(index);
            }
        } else if core.at < time && !has(&erased, index) {
            let is_full = old.len() >= MAX_RETENTION_RANGES;
            match old.last_mut().filter(|_| is_next) {
                Some(range) => range.last = index,
                None if is_full => return,
                None => old.push(ErasedRange { first: index, last: index, kinds: kinds.clone() }),
            }
            reach = Some(index);
        }
    })?;
    Ok(old)
}

/// Returns true if a range is about all of these kinds.
fn covers(range: &ErasedRange, kinds: Option<&[FieldKind]>) -> bool {
    match (&range.kinds, kinds) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(own), Some(kinds)) => kinds.iter().all(|kind| own.contains(kind)),
    }
}

/// Returns the records of the ranges, ascending and apart.
fn merged(ranges: impl Iterator<Item = ErasedRange>) -> Vec<(u64, u64)> {
    let mut all: Vec<_> = ranges.map(|own| (own.first, own.last)).collect();
    all.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for (first, last) in all {
        match merged.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
            _ => merged.push((first, last)),
        }
    }
    merged
}

/// Returns true if one of the ranges has this record.
fn has(ranges: &[(u64, u64)], index: u64) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= index);
    let before = after.checked_sub(1).and_then(|place| ranges.get(place));
    before.is_some_and(|(_, last)| index <= *last)
}
