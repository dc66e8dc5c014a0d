//! The erasures of a log: which statements count, and what they erase.

use deputize::limits::MAX_CORE_BYTES;
use deputize::{FieldKind, Note};

use crate::erasure::{ErasedFields, ErasedRange, Erasure};
use crate::files::LogFiles;
use crate::log::LogError;
use crate::tree::{RightEdge, TreeHead, leaf_hash};
use crate::verify::cores::{Cores, ErasureRecord};
use crate::verify::segments::{SegmentLine, SegmentLines};
use crate::verify::verdict::{Fault, Verdict};

/// The erasures that count.
#[derive(Debug, Default)]
pub(crate) struct Erasures {
    fields: ErasedFields,
    wrong: Vec<(u64, usize)>,
}

impl Erasures {
    /// Collects statements that count, each with the fields that were wrong before.
    pub(crate) fn counting<'a>(
        statements: impl IntoIterator<Item = (&'a Erasure, &'a [(u64, usize)])>,
    ) -> Self {
        let (mut ranges, mut all): (Vec<&ErasedRange>, Vec<_>) = (Vec::new(), Vec::new());
        for (erasure, wrong) in statements {
            ranges.extend(&erasure.ranges);
            all.extend(wrong);
        }
        all.sort_unstable();
        Self { fields: ErasedFields::of(ranges), wrong: all }
    }

    /// Reads the statements. Those that do not count are faults.
    pub(super) fn of(
        files: &(impl LogFiles + ?Sized),
        cores: &Cores,
        verdict: &mut Verdict,
    ) -> Result<Self, LogError> {
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
        let mut counting = Vec::new();
        for (index, at, erasure, wrong) in &read {
            let head = heads.binary_search_by_key(&erasure.size, TreeHead::size).ok();
            let head = head.and_then(|place| heads.get(place));
            let is_root = head.is_some_and(|own| own.root() == erasure.root);
            let power = erasure.require_power(&cores.erasers, *at);
            let why = if erasure.origin != verdict.origin {
                "the statement is about another log".to_owned()
            } else if let Err(why) = power {
                why.to_string()
            } else if erasure.size > *index || !is_root {
                "the statement is about another history than that of this log".to_owned()
            } else {
                counting.push((erasure, wrong.as_slice()));
                continue;
            };
            verdict.add(Some(*index), Fault::Erasure { why });
        }
        Ok(Self::counting(counting))
    }

    /// Returns true if a statement erased the values of this kind of this record.
    pub(crate) fn has(&self, index: u64, kind: FieldKind) -> bool {
        self.fields.has(index, kind)
    }

    /// Returns true if the value was wrong before it was erased.
    pub(crate) fn was_wrong(&self, index: u64, place: usize) -> bool {
        self.wrong.binary_search(&(index, place)).is_ok()
    }
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
