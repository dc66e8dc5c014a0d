//! Changes of the hop entries of a list.

use std::cmp::Ordering;
use std::slice;

use crate::statement::revocation::body::Body;
use crate::statement::revocation::entry::{ID_BYTES, Record, id_bytes};

/// Entries to remove from a list, and entries to add to it, both ascending. An entry is changed by
/// removing it and adding it again.
#[derive(Clone, Copy)]
pub(super) struct Changes<'a> {
    removed: &'a [[u8; ID_BYTES]],
    added: &'a [Record],
}

impl<'a> Changes<'a> {
    /// Returns `None` if the removed or the added entries are not ascending.
    pub(super) fn new(removed: &'a [[u8; ID_BYTES]], added: &'a [Record]) -> Option<Self> {
        let is_ascending = removed.is_sorted_by(|a, b| a < b)
            && added.is_sorted_by(|a, b| id_bytes(a) < id_bytes(b));
        is_ascending.then_some(Self { removed, added })
    }

    /// Returns the number of entries after the changes, for `before` entries.
    pub(super) fn count_after(&self, before: usize) -> Option<usize> {
        before.checked_sub(self.removed.len())?.checked_add(self.added.len())
    }

    /// Passes the records after the changes to `put`, in order, with all records between two
    /// changes in one call. Returns `None` if a removed entry is missing, or an added one is
    /// present.
    pub(super) fn merge(&self, base: Option<&Body>, mut put: impl FnMut(&[Record])) -> Option<()> {
        let records = base.map(Body::records).unwrap_or_default();
        let (mut removed, mut added) =
            (self.removed.iter().peekable(), self.added.iter().peekable());
        let mut copied = 0_usize;
        loop {
            let next = [removed.peek().copied(), added.peek().map(|record| id_bytes(record))];
            let Some(id) = next.into_iter().flatten().min() else { break };
            let is_removed = removed.next_if_eq(&id).is_some();
            let record = added.next_if(|record| id_bytes(record) == id);
            let (at, is_there) = base.map_or((0, false), |base| base.position(id));
            put(records.get(copied..at)?);
            if is_there != is_removed {
                return None;
            }
            copied = if is_there { at.checked_add(1)? } else { at };
            record.map(slice::from_ref).into_iter().for_each(&mut put);
        }
        put(records.get(copied..)?);
        Some(())
    }
}

/// Computes the changes from one list of records to another, in one pass over both.
pub(super) fn differences(old: &[Record], new: &[Record]) -> (Vec<[u8; ID_BYTES]>, Vec<Record>) {
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    let (mut old, mut new) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return (removed, added),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => id_bytes(old).cmp(id_bytes(new)),
        };
        let before = old.next_if(|_| order.is_le());
        let after = new.next_if(|_| order.is_ge());
        if before != after {
            removed.extend(before.map(id_bytes));
            added.extend(after);
        }
    }
}
