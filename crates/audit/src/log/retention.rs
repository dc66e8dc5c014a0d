//! Retention by age: the records whose values have been kept for long enough.

use deputize::FieldKind;
use time::OffsetDateTime;

use crate::checkpoint::Checkpoint;
use crate::erasure::{ErasedFields, ErasedRange};
use crate::log::error::LogError;
use crate::log::folder::Folder;
use crate::log::statements::{Statements, for_each_core};

/// Returns the records before this time that no erasure that counts is about yet, for these kinds of
/// values; `None` for all. The first record stays: it says whose log it is.
pub(super) fn older_than(
    folder: &Folder,
    checkpoint: &Checkpoint,
    time: OffsetDateTime,
    kinds: Option<&[FieldKind]>,
) -> Result<Vec<ErasedRange>, LogError> {
    let statements = Statements::of(folder, *checkpoint.origin(), *checkpoint.head())?;
    let erased = ErasedFields::of(&statements.ranges(1)?);
    let all = kinds.unwrap_or(FieldKind::ALL);
    let is_erased = |index: u64| all.iter().all(|kind| erased.has(index, *kind));
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
        } else if core.at < time && !is_erased(index) {
            match old.last_mut().filter(|_| is_next) {
                Some(range) => range.last = index,
                None => old.push(ErasedRange { first: index, last: index, kinds: kinds.clone() }),
            }
            reach = Some(index);
        }
    })?;
    Ok(old)
}
