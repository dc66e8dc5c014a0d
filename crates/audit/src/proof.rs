//! The proof that one record is in a log, as one text (C2SP `tlog-proof`).

use std::fmt::{self, Display, Formatter};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::str;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deputize::limits::MAX_CORE_BYTES;
use deputize::{RecordCore, RecordError};
use thiserror::Error;

use crate::checkpoint::{CheckpointError, Origin, SignedCheckpoint};
use crate::files::LogFiles;
use crate::limits::{MAX_PROOF_BYTES, SEGMENT_RECORDS};
use crate::log::{At as _, LogError};
use crate::newest::newest;
use crate::tiles::TileError;
use crate::tree::{InclusionProof, TreeError, leaf_hash};
use crate::verify::ReadRecord;

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A record with the proof that it is in a log: the text of C2SP `tlog-proof`, with the core of the record
/// as its line `extra`. It needs no other file. It shows no values.
///
/// It shows that the checkpoint covers the record at this index. Which log is meant is for
/// the reader to say: [`verify`](Self::verify).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordProof {
    line: Vec<u8>,
    core: RecordCore,
    inclusion: InclusionProof,
    checkpoint: SignedCheckpoint,
}

impl RecordProof {
    /// Makes the proof that the newest checkpoint of a log covers the record with this index. One segment
    /// is read up to the record, and at most ten tiles.
    ///
    /// # Errors
    ///
    /// [`ProofError`] if a file cannot be read, there is no such record, or the line is not that of the
    /// tree.
    pub fn prove(files: &(impl LogFiles + ?Sized), index: u64) -> Result<Self, ProofError> {
        let (checkpoint, mut hashes) = newest(files)?;
        let head = *checkpoint.claimed().head();
        let size = head.size();
        if index >= size {
            return Err(ProofError::NoRecord { index, size });
        }
        let line = core_line(files, index)?.ok_or(ProofError::NotOfTheTree { index })?;
        let inclusion = InclusionProof::prove(index, size, &mut hashes)?;
        let is_in = inclusion.check(index, leaf_hash(&line), &head).is_ok();
        let core = RecordCore::parse(&line);
        match core {
            Ok(core) if is_in && core.index == index => {
                Ok(Self { line, core, inclusion, checkpoint })
            }
            _ => Err(ProofError::NotOfTheTree { index }),
        }
    }

    /// Reads a proof, and checks all of it: the signature of the checkpoint, and that the record is at its
    /// index in the tree.
    ///
    /// # Errors
    ///
    /// [`ProofError`] with the rule that the bytes break.
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        let (found, most) = (bytes.len(), MAX_PROOF_BYTES);
        if found > most {
            return Err(ProofError::TooLong { found, most });
        }
        let text = str::from_utf8(bytes).map_err(|_| not_a_proof("it is not UTF-8"))?;
        let (lines, checkpoint) =
            text.split_once("\n\n").ok_or(not_a_proof("there is no empty line in it"))?;
        let mut lines = lines.split('\n');
        if lines.next() != Some(HEADER) {
            return Err(not_a_proof("its first line is not `c2sp.org/tlog-proof@v1`"));
        }
        let mut value = |word: &str| lines.next().and_then(|line| line.strip_prefix(word));
        let extra = value("extra ").ok_or(not_a_proof("its second line is not `extra RECORD`"))?;
        let index = value("index ").and_then(|text| text.parse::<u64>().ok());
        let index = index.ok_or(not_a_proof("its third line is not `index NUMBER`"))?;
        let hashes: Vec<_> = lines
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| not_a_proof("a line between `index` and the checkpoint is not a hash"))?;
        let line =
            STANDARD.decode(extra).map_err(|_| not_a_proof("its line `extra` is not base64"))?;
        let core = RecordCore::parse(&line)?;
        if core.index != index {
            return Err(ProofError::OtherIndex { expected: index, found: core.index });
        }
        let checkpoint = SignedCheckpoint::parse(checkpoint.as_bytes())?;
        let inclusion = InclusionProof::from_hashes(hashes);
        inclusion.check(index, leaf_hash(&line), checkpoint.claimed().head())?;
        let own = Self { line, core, inclusion, checkpoint };
        match own.to_string() == text {
            true => Ok(own),
            false => Err(not_a_proof("it is spelled in another way than a writer spells it")),
        }
    }

    /// Returns the record, after checking that the proof is about this log, which the caller trusts.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::OtherLog`].
    pub fn verify(&self, origin: &Origin) -> Result<&RecordCore, CheckpointError> {
        self.checkpoint.verify(origin)?;
        Ok(&self.core)
    }

    /// Returns the record, of whichever log it is.
    pub fn claimed(&self) -> &RecordCore {
        &self.core
    }

    /// Returns the record as a reader of a log without its values has it.
    pub fn without_values(&self) -> ReadRecord {
        ReadRecord::without_openings(self.core.clone(), self.line.clone())
    }

    /// Returns the line of the record without a line feed: the bytes of the leaf.
    pub fn line(&self) -> &[u8] {
        &self.line
    }

    /// Returns the hashes beside the way from the record to the root.
    pub fn inclusion(&self) -> &InclusionProof {
        &self.inclusion
    }

    /// Returns the checkpoint.
    pub fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }
}

/// Writes the proof as it is stored and sent.
impl Display for RecordProof {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}\nextra {}", STANDARD.encode(&self.line))?;
        writeln!(f, "index {}", self.core.index)?;
        self.inclusion.hashes().iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

/// Reads the line of a record, `None` if its segment ends before it.
fn core_line(files: &(impl LogFiles + ?Sized), index: u64) -> Result<Option<Vec<u8>>, LogError> {
    let number = index.checked_div(SEGMENT_RECORDS).unwrap_or_default();
    let place = index.checked_rem(SEGMENT_RECORDS).unwrap_or_default();
    let name = format!("segments/{number:08}.jsonl");
    let path = Path::new(&name);
    let Some(file) = files.open(&name).at(path)? else { return Ok(None) };
    let mut file = BufReader::with_capacity(1 << 16, file);
    let most = u64::try_from(MAX_CORE_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    let mut line = Vec::new();
    for _ in 0..=place {
        line.clear();
        file.by_ref().take(most).read_until(b'\n', &mut line).at(path)?;
        if line.pop() != Some(b'\n') {
            return Ok(None);
        }
    }
    Ok(Some(line))
}

fn not_a_proof(fault: &'static str) -> ProofError {
    ProofError::NotAProof { fault }
}

/// A proof of a record could not be made, or does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The checkpoint does not cover such a record.
    #[error("there is no proof of record {index}: the newest checkpoint covers {size} records")]
    NoRecord {
        /// The index.
        index: u64,
        /// The number of records that the checkpoint covers.
        size: u64,
    },
    /// The line is missing, or the tree has another one at this place.
    #[error(
        "record {index} is not the one that the checkpoint covers; `deputize audit verify` names what was changed"
    )]
    NotOfTheTree {
        /// The index.
        index: u64,
    },
    /// The text is longer than any proof.
    #[error("a proof of a record has at most {most} bytes, not {found}")]
    TooLong {
        /// Its length in bytes.
        found: usize,
        /// The greatest length.
        most: usize,
    },
    /// The text has another form.
    #[error("this is not the proof of a record: {fault}")]
    NotAProof {
        /// The rule that it breaks.
        fault: &'static str,
    },
    /// The record states another index than the proof.
    #[error("the proof is for record {expected}, and the record in it is {found}")]
    OtherIndex {
        /// The index that the proof states.
        expected: u64,
        /// The index that the record states.
        found: u64,
    },
    /// A file of the log could not be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The record in the proof is not one.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The checkpoint in the proof is not one.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A tile could not be read.
    #[error(transparent)]
    Tile(#[from] TileError),
    /// The hashes do not lead to the root of the checkpoint.
    #[error(transparent)]
    Tree(#[from] TreeError),
}
