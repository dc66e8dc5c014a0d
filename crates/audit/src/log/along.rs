//! Everything from which values could be found that are to be erased.

use std::collections::{BTreeSet, HashSet};

use deputize::{DecisionCore, FieldKind, HopId, RecordKind};

use crate::erasure::{ErasedFields, ErasedRange};
use crate::log::error::LogError;
use crate::log::folder::Folder;
use crate::log::statements::for_each_core;

/// Adds the kinds that go along, other records of the same presentations, and the outcomes of all these
/// calls. The ranges are ascending then, and those that touch are joined.
pub(super) fn with_all_along(
    folder: &Folder,
    size: u64,
    mut ranges: Vec<ErasedRange>,
) -> Result<Vec<ErasedRange>, LogError> {
    for range in &mut ranges {
        range.kinds = range.kinds.take().map(with_kinds);
    }
    ranges.extend(others(folder, size, &ranges)?);
    ranges.sort_by_key(|range| range.first);
    Ok(joined(ranges))
}

/// Adds the kinds from which those could be found, and the results of the calls.
fn with_kinds(kinds: Vec<FieldKind>) -> Vec<FieldKind> {
    let along = kinds.iter().flat_map(|kind| kind.takes_along()).copied();
    let mut all: BTreeSet<FieldKind> = along.collect();
    let is_of_call = |kind: &FieldKind| kind.takes_along().contains(&FieldKind::Presentation);
    if kinds.iter().any(is_of_call) {
        // The outcome can be in the same range, and its result an echo of the call.
        all.insert(FieldKind::Result);
    }
    all.extend(kinds);
    all.into_iter().collect()
}

/// Finds other records of the same presentations, and the outcomes of them all.
fn others(
    folder: &Folder,
    size: u64,
    ranges: &[ErasedRange],
) -> Result<Vec<ErasedRange>, LogError> {
    let mut presentations: HashSet<HopId> = HashSet::new();
    let mut calls: HashSet<u64> = HashSet::new();
    for range in ranges {
        for_each_core(folder, range.first, range.last.saturating_add(1).min(size), |core| {
            match &core.kind {
                RecordKind::Decision(own) => {
                    calls.insert(core.index);
                    presentations.extend(own.charged.as_ref().map(|own| own.presentation));
                }
                RecordKind::Unpresented(_) => drop(calls.insert(core.index)),
                _ => {}
            }
        })?;
    }
    let named = ErasedFields::of(ranges);
    let kinds = ranges.iter().try_fold(BTreeSet::new(), |mut all, range| {
        all.extend(range.kinds.as_ref()?.iter().copied());
        Some(all)
    });
    let kinds = kinds.map(|kinds| kinds.into_iter().collect::<Vec<_>>());
    // The same kinds where they can be, so that a call and its outcome are one range.
    let has_result = kinds.as_ref().is_none_or(|kinds| kinds.contains(&FieldKind::Result));
    let of_outcome = if has_result { kinds.clone() } else { Some(vec![FieldKind::Result]) };
    let mut others = Vec::new();
    for_each_core(folder, 0, size, |core| {
        let found = match &core.kind {
            RecordKind::Outcome { of, .. } if calls.contains(of) => Some(of_outcome.clone()),
            RecordKind::Decision(DecisionCore { charged: Some(own), .. })
                if presentations.contains(&own.presentation) =>
            {
                calls.insert(core.index);
                Some(kinds.clone())
            }
            _ => None,
        };
        if let Some(kinds) = found.filter(|_| !named.has_record(core.index)) {
            others.push(ErasedRange { first: core.index, last: core.index, kinds });
        }
    })?;
    Ok(others)
}

/// Joins ranges of the same kinds that touch. They are ascending.
fn joined(ranges: Vec<ErasedRange>) -> Vec<ErasedRange> {
    let mut joined: Vec<ErasedRange> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(own)
                if own.last.checked_add(1) == Some(range.first) && own.kinds == range.kinds =>
            {
                own.last = range.last;
            }
            _ => joined.push(range),
        }
    }
    joined
}
