//! Checkpoints with their signatures.

use std::fmt::{self, Display, Formatter};

use deputize::{Note, Signer};
use time::OffsetDateTime;

use crate::checkpoint::error::CheckpointError;
use crate::checkpoint::origin::Origin;
use crate::checkpoint::text::Checkpoint;
use crate::checkpoint::witness::Witness;

/// A checkpoint that the key in its origin signed. That the key may speak for the log that the
/// reader means is not known before [`verify`](Self::verify).
///
/// ```
/// use deputize::{Signer, SigningKey};
/// use deputize_audit::{Checkpoint, Origin, RightEdge, SignedCheckpoint, leaf_hash};
///
/// let key = SigningKey::generate()?;
/// let origin = Origin::generate(key.public_key())?;
/// let mut tree = RightEdge::default();
/// tree.push(leaf_hash(b"record 0"))?;
/// let written = Checkpoint::new(origin, tree.head()).sign(&key)?.to_string();
///
/// let read = SignedCheckpoint::parse(written.as_bytes())?;
/// assert_eq!(read.verify(&origin)?.head(), &tree.head());
/// // Another log, also of the same key, is not this one.
/// let other = Origin::generate(key.public_key())?;
/// assert!(read.verify(&other).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

/// That a witness saw a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cosignature<'w> {
    /// The witness.
    pub witness: &'w Witness,
    /// When it cosigned: at this time, it knew no larger tree of the log. How old it may be, the
    /// reader decides.
    pub time: OffsetDateTime,
}

impl Checkpoint {
    /// Signs the checkpoint with the key of its log. A log must never sign two checkpoints of which
    /// neither is the beginning of the other.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::OtherKey`] if the signer has another key, [`CheckpointError::Note`] if it
    /// fails.
    pub fn sign(
        &self,
        signer: &(impl Signer + ?Sized),
    ) -> Result<SignedCheckpoint, CheckpointError> {
        let (expected, found) = (*self.origin().key(), signer.public_key());
        if expected != found {
            let (expected, found) = (Box::new(expected), Box::new(found));
            return Err(CheckpointError::OtherKey { expected, found });
        }
        let note = Note::new(self.to_string())?.signed_by(self.origin().to_string(), signer)?;
        Ok(SignedCheckpoint { checkpoint: *self, note })
    }
}

impl SignedCheckpoint {
    /// Reads a checkpoint, and checks that the key in its origin signed it. Other signatures are
    /// left aside.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`] with the rule that the bytes break.
    pub fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let note = Note::parse(bytes)?;
        let checkpoint: Checkpoint = note.text().parse()?;
        let origin = checkpoint.origin();
        note.verify(&origin.to_string(), origin.key())?;
        Ok(Self { checkpoint, note })
    }

    /// Checks that the checkpoint is of this log, which the caller trusts.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::OtherLog`].
    pub fn verify(&self, origin: &Origin) -> Result<&Checkpoint, CheckpointError> {
        let found = self.checkpoint.origin();
        match found == origin {
            true => Ok(&self.checkpoint),
            false => {
                let (expected, found) = (Box::new(*origin), Box::new(*found));
                Err(CheckpointError::OtherLog { expected, found })
            }
        }
    }

    /// Returns the checkpoint, of whichever log it is.
    pub fn claimed(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Returns the witnesses among these whose cosignatures hold. A key counts once, whatever names
    /// it has here, and the log's own key does not count: cosignatures do not cover names.
    pub fn cosignatures<'w>(&self, witnesses: &'w [Witness]) -> Vec<Cosignature<'w>> {
        let mut found: Vec<Cosignature<'w>> = Vec::new();
        for witness in witnesses {
            let own = self.checkpoint.origin().key();
            if witness.key() == own
                || found.iter().any(|other| other.witness.key() == witness.key())
            {
                continue;
            }
            let bytes = self.note.claimed_signature(witness.name(), witness.key_hash());
            let time = bytes.and_then(|bytes| witness.cosigned_at(self.note.text(), bytes));
            let time = time.and_then(|time| OffsetDateTime::from_unix_timestamp(time).ok());
            found.extend(time.map(|time| Cosignature { witness, time }));
        }
        found
    }

    /// Checks that at least `count` of these witnesses cosigned the checkpoint, each with a key of
    /// its own.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::TooFewWitnesses`].
    pub fn require<'w>(
        &self,
        count: usize,
        witnesses: &'w [Witness],
    ) -> Result<Vec<Cosignature<'w>>, CheckpointError> {
        let cosignatures = self.cosignatures(witnesses);
        let found = cosignatures.len();
        match found < count {
            true => Err(CheckpointError::TooFewWitnesses { expected: count, found }),
            false => Ok(cosignatures),
        }
    }

    /// Adds signature lines that a witness returned, each with its line feed. They are not
    /// verified: [`cosignatures`](Self::cosignatures) does that.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Note`] if they are something else, or repeat a signature.
    pub fn with_signature_lines(self, lines: &str) -> Result<Self, CheckpointError> {
        // The text ends at the first empty line, which stays where it is.
        let note = Note::parse(format!("{}{lines}", self.note).as_bytes())?;
        Ok(Self { checkpoint: self.checkpoint, note })
    }

    /// Returns the signed note.
    pub fn note(&self) -> &Note {
        &self.note
    }
}

/// Writes the checkpoint as it is stored and sent.
impl Display for SignedCheckpoint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.note, f)
    }
}
