//! Retention by age: the records whose values have been kept for long enough.

use deputize::{FieldKind, Note, RecordKind};
use time::OffsetDateTime;

use crate::erasure::{ErasedRange, Erasure};
use crate::limits::MAX_RETENTION_RANGES;
use crate::log::erase::for_each_core;
use crate::log::error::LogError;
use crate::log::folder::Folder;

/// Returns the oldest records before this time that no erasure in the log is about yet, for these kinds of
/// values; `None` for all. The first record stays: it says whose log it is.
pub(super) fn older_than(
    folder: &Folder,
    size: u64,
    time: OffsetDateTime,
    kinds: Option<&[FieldKind]>,
) -> Result<Vec<ErasedRange>, LogError> {
    let mut erased: Vec<ErasedRange> = Vec::new();
    let mut old: Vec<(u64, u64)> = Vec::new();
    for_each_core(folder, 1, size, |core| {
        if let RecordKind::Erasure { statement, .. } = &core.kind {
            let note = Note::parse(statement.as_bytes()).ok();
            let erasure = note.and_then(|note| Erasure::parse(&note).ok());
            let ranges = erasure.into_iter().flat_map(|own| own.ranges);
            erased.extend(ranges.filter(|own| covers(own, kinds)));
        }
        if core.at < time && !core.fields.is_empty() {
            match old.last_mut() {
                Some((_, last)) if last.saturating_add(1) == core.index => *last = core.index,
                _ => old.push((core.index, core.index)),
            }
        }
    })?;
    erased.sort_by_key(|own| own.first);
    let kinds = kinds.map(<[FieldKind]>::to_vec);
    let rest = old.into_iter().flat_map(|range| without(range, &erased)).take(MAX_RETENTION_RANGES);
    Ok(rest.map(|(first, last)| ErasedRange { first, last, kinds: kinds.clone() }).collect())
}

/// Returns true if a range is about all of these kinds.
fn covers(range: &ErasedRange, kinds: Option<&[FieldKind]>) -> bool {
    match (&range.kinds, kinds) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(own), Some(kinds)) => kinds.iter().all(|kind| own.contains(kind)),
    }
}

/// Returns the parts of a range that are in none of the others, which are ascending.
fn without((first, last): (u64, u64), others: &[ErasedRange]) -> Vec<(u64, u64)> {
    let (mut next, mut rest) = (first, Vec::new());
    for own in others.iter().filter(|own| own.last >= first && own.first <= last) {
        if own.first > next {
            rest.push((next, own.first.saturating_sub(1)));
        }
        next = next.max(own.last.saturating_add(1));
    }
    if next <= last {
        rest.push((next, last));
    }
    rest
}
