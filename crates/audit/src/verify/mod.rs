//! Verification of a log by anybody who has its files.

mod verdict;
mod segments;
mod cores;
mod erasures;
mod openings;
mod read;

pub(crate) use erasures::Erasures;
pub use read::{LogReader, ReadRecord};
pub(crate) use segments::{SegmentLine, SegmentLines, read_checkpoint};
pub use verdict::{Fault, Finding, Signatures, Verdict};

use deputize::RecordedChains;

use crate::checkpoint::{Origin, SignedCheckpoint, Witness};
use crate::files::LogFiles;
use crate::log::LogError;
use crate::verify::cores::Cores;
use crate::verify::openings::check_openings;

/// A verifier of logs: what they are compared with.
///
/// Without a checkpoint that was kept elsewhere, and without witnesses, a log that was cut back to an
/// earlier checkpoint of its own looks whole.
#[derive(Debug, Clone, Default)]
pub struct LogVerifier {
    origin: Option<Origin>,
    seen: Vec<SignedCheckpoint>,
    witnesses: Vec<Witness>,
    required: usize,
    cores_only: bool,
    no_signatures: bool,
}

impl LogVerifier {
    /// Expects this log. Without it, the verdict is about whichever log the checkpoint names.
    #[must_use]
    pub fn expecting(self, origin: Origin) -> Self {
        Self { origin: Some(origin), ..self }
    }

    /// Compares with a checkpoint that was kept elsewhere: the log must extend it.
    #[must_use]
    pub fn having_seen(mut self, checkpoint: SignedCheckpoint) -> Self {
        self.seen.push(checkpoint);
        self
    }

    /// Requires that this many of these witnesses cosigned the newest checkpoint.
    #[must_use]
    pub fn requiring(self, count: usize, witnesses: impl IntoIterator<Item = Witness>) -> Self {
        Self { witnesses: witnesses.into_iter().collect(), required: count, ..self }
    }

    /// Leaves the values aside: verifies that each record is the one that was written, and not that its
    /// values are there. It takes a tenth of the time.
    #[must_use]
    pub fn without_values(self) -> Self {
        Self { cores_only: true, ..self }
    }

    /// Leaves the signatures in the values aside: verifies that the values are those that the log
    /// recorded, and not that their holders signed them. It takes half of the time.
    #[must_use]
    pub fn without_signatures(self) -> Self {
        Self { no_signatures: true, ..self }
    }

    /// Verifies a log, as `docs/EVIDENCE.md` section 7 says of a whole log. Its files are read twice
    /// from beginning to end; the memory is bounded but for a byte a record and
    /// the statements of erasures. `progress` is called
    /// with the number of records that were read, some thousand at a time.
    ///
    /// # Errors
    ///
    /// [`LogError`] if a file cannot be read, or there is no checkpoint that its key signed. Everything
    /// else is in the verdict.
    pub fn verify(
        &self,
        files: &(impl LogFiles + ?Sized),
        mut progress: impl FnMut(u64),
    ) -> Result<Verdict, LogError> {
        let checkpoint = read_checkpoint(files)?;
        if let Some(origin) = &self.origin {
            checkpoint.verify(origin)?;
        }
        let claimed = checkpoint.claimed();
        let cosignatures = checkpoint.cosignatures(&self.witnesses);
        let mut verdict = Verdict {
            origin: *claimed.origin(),
            head: *claimed.head(),
            read: 0,
            behind: 0,
            recovered: 0,
            unpresented: 0,
            more_unpresented: 0,
            compared_with: Vec::new(),
            witnesses: cosignatures.iter().map(|own| own.witness.name().to_owned()).collect(),
            shown: 0,
            erased: 0,
            signatures: None,
            findings: Vec::new(),
            more_findings: 0,
        };
        if cosignatures.len() < self.required {
            let (expected, found) = (self.required, cosignatures.len());
            verdict.add(None, Fault::Witnesses { expected, found });
        }
        let mut seen = Vec::new();
        for other in &self.seen {
            let other = other.verify(claimed.origin())?;
            let size = other.head().size();
            verdict.compared_with.push(size);
            match size <= claimed.head().size() {
                true => seen.push(*other.head()),
                false => verdict.add(None, Fault::Contradicts { size }),
            }
        }
        let cores = Cores::read(files, claimed, &seen, &mut verdict, &mut progress)?;
        if !self.cores_only {
            let chains = (!self.no_signatures).then(RecordedChains::default);
            check_openings(files, &cores, chains.as_ref(), &mut verdict, &mut progress)?;
        }
        verdict.findings.sort_by_key(|finding| finding.record);
        Ok(verdict)
    }
}
