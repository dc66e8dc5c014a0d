//! Making a bundle.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deputize::{Directory, Note, RecordKind, RevocationList};

use crate::bundle::error::BundleError;
use crate::bundle::format::{Bounded, Bundle, Bundled, HashText, Hashes, Seen};
use crate::checkpoint::SignedCheckpoint;
use crate::erasure::Erasure;
use crate::files::LogFiles;
use crate::limits::{MAX_BUNDLE_BYTES, MAX_BUNDLE_PARTS, MAX_BUNDLE_RECORDS};
use crate::newest::newest;
use crate::tree::{ConsistencyProof, Hash, InclusionProof, TreeHead, leaf_hash};
use crate::verify::{LogReader, ReadRecord};

/// The parts of a bundle beside its records.
///
/// ```no_run
/// use deputize_audit::{Bundle, BundleDraft, FolderFiles};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // The seventh record, with everything that belongs to it.
/// let files = FolderFiles::new("/var/lib/crm/log");
/// let bundle = BundleDraft::default().collect(&files, |record| record.core.index == 7)?;
/// std::fs::write("record-7.bundle", bundle.to_json()?)?;
///
/// // Somebody who trusts nobody, and who has nothing but the file.
/// let read = Bundle::parse(&std::fs::read("record-7.bundle")?)?;
/// assert!(read.verify(None)?.holds());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct BundleDraft {
    seen: Vec<SignedCheckpoint>,
    lists: Vec<String>,
    directories: Vec<String>,
}

impl BundleDraft {
    /// Adds an older checkpoint that was kept elsewhere, and the proof that the log extends it.
    #[must_use]
    pub fn having_seen(mut self, checkpoint: SignedCheckpoint) -> Self {
        self.seen.push(checkpoint);
        self
    }

    /// Adds a revocation list, as its bytes are.
    ///
    /// # Errors
    ///
    /// [`BundleError::Statement`] if it is not one.
    pub fn with_list(mut self, bytes: &[u8]) -> Result<Self, BundleError> {
        RevocationList::parse(bytes)?;
        self.lists.push(STANDARD.encode(bytes));
        Ok(self)
    }

    /// Adds an agent directory, as its bytes are.
    ///
    /// # Errors
    ///
    /// [`BundleError::Statement`] if it is not one.
    pub fn with_directory(mut self, bytes: &[u8]) -> Result<Self, BundleError> {
        Directory::parse(bytes)?;
        self.directories.push(STANDARD.encode(bytes));
        Ok(self)
    }

    /// Collects the records for which `select` returns true, among those that the newest checkpoint
    /// covers. The first record of the log, the outcomes of chosen decisions, and the erasures of their
    /// values come along. The log is read once from beginning to end.
    ///
    /// # Errors
    ///
    /// [`BundleError`] if a file cannot be read, a record is not that of the tree, or the bundle would be
    /// too large.
    pub fn collect(
        self,
        files: &(impl LogFiles + ?Sized),
        mut select: impl FnMut(&ReadRecord) -> bool,
    ) -> Result<Bundle, BundleError> {
        let parts = [self.seen.len(), self.lists.len(), self.directories.len()];
        if parts.into_iter().any(|parts| parts > MAX_BUNDLE_PARTS) {
            return Err(BundleError::TooManyParts);
        }
        let (checkpoint, mut hashes) = newest(files)?;
        let head = *checkpoint.claimed().head();
        let mut seen = Vec::new();
        for other in &self.seen {
            let own = *other.verify(checkpoint.claimed().origin())?.head();
            if own.size() > head.size() {
                return Err(BundleError::Contradicts { size: own.size() });
            }
            let proof = ConsistencyProof::prove(own.size(), head.size(), &mut hashes)?;
            if proof.check(&own, &head).is_err() {
                return Err(BundleError::Contradicts { size: own.size() });
            }
            seen.push(Seen { checkpoint: other.to_string(), proof: texts(proof.hashes()) });
        }
        let (mut chosen, mut records) = (BTreeSet::new(), Vec::new());
        let mut length = self.lists.iter().chain(&self.directories).map(String::len).sum::<usize>();
        let mut reader = LogReader::new(files);
        while let Some(record) = reader.next_record()?
            && record.core.index < head.size()
        {
            let index = record.core.index;
            let erasure = erasure_of(&record, &chosen);
            let belongs = match &record.core.kind {
                RecordKind::Log { .. } => true,
                RecordKind::Outcome { of, .. } => chosen.contains(of),
                _ => erasure.is_some(),
            };
            if !belongs && !select(&record) {
                continue;
            }
            if records.len() >= MAX_BUNDLE_RECORDS {
                return Err(BundleError::TooManyRecords);
            }
            let proof = InclusionProof::prove(index, head.size(), &mut hashes)?;
            let is_in = proof.check(index, leaf_hash(record.line()), &head).is_ok();
            let core = String::from_utf8(record.line().to_vec()).ok().filter(|_| is_in);
            let core = core.ok_or(BundleError::NotOfTheTree { index })?;
            let history = match statement_of(&record) {
                Some(own) if own.size <= head.size() => {
                    let older = TreeHead::new(own.size, own.root)?;
                    let proof = ConsistencyProof::prove(own.size, head.size(), &mut hashes)?;
                    proof.check(&older, &head).ok().map(|()| texts(proof.hashes()))
                }
                _ => None,
            };
            let openings = record.openings().map(deputize::Openings::to_line);
            length = length
                .saturating_add(core.len())
                .saturating_add(openings.as_ref().map_or(0, String::len));
            if length > MAX_BUNDLE_BYTES {
                return Err(BundleError::TooLong { found: length });
            }
            chosen.insert(index);
            records.push(Bundled { core, history, openings, proof: texts(proof.hashes()) });
        }
        Ok(Bundle {
            checkpoint: checkpoint.to_string(),
            directories: Bounded(self.directories),
            lists: Bounded(self.lists),
            records: Bounded(records),
            seen: Bounded(seen),
            v: 1,
        })
    }
}

/// Returns the statement of an erasure that can be read.
fn statement_of(record: &ReadRecord) -> Option<Erasure> {
    let RecordKind::Erasure { statement, .. } = &record.core.kind else { return None };
    let note = Note::parse(statement.as_bytes()).ok()?;
    Erasure::parse(&note).ok()
}

/// Returns the statement if it is about one of these records.
fn erasure_of(record: &ReadRecord, chosen: &BTreeSet<u64>) -> Option<Erasure> {
    let erasure = statement_of(record)?;
    let is_about = erasure
        .ranges
        .iter()
        .any(|own| chosen.iter().any(|index| (own.first..=own.last).contains(index)));
    is_about.then_some(erasure)
}

fn texts(hashes: &[Hash]) -> Hashes {
    Bounded(hashes.iter().copied().map(HashText).collect())
}
