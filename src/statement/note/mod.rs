//! Signed notes (C2SP `signed-note`): a text, followed by signature lines with the names of the
//! keys.

mod error;
mod line;

use std::fmt::{self, Display, Formatter};
use std::str;

pub use error::NoteError;

use line::{DASH, SignatureLine, key_hash};

use crate::key::{PublicKey, Signature, Signer, SignerError, WrongSignature};
use crate::limits::{MAX_NOTE_BYTES, MAX_NOTE_LINE, MAX_NOTE_SIGNATURES};
use crate::text::escape::{has_invisible, is_invisible};

/// A text with signatures, as specified by C2SP (`signed-note`). People can read it, and other
/// tools can verify it.
///
/// A signature covers the text, but not the name beside it. So the text must state its kind and its
/// issuer, and a reader must check both and know which keys may sign.
///
/// Parsing verifies nothing; [`verify`](Self::verify) does. Parsing is stricter than C2SP: a note
/// has one spelling, the text has no empty lines and no invisible characters, a key signs once, and
/// length and number of signatures are bounded. Other readers accept every note that this type
/// writes.
///
/// ```
/// use deputize::{Note, Signer, SigningKey};
///
/// let key = SigningKey::generate()?;
/// let note = Note::new("example v1\nhello\n")?.signed_by("example.com/key", &key)?;
/// let read = Note::parse(note.to_string().as_bytes())?;
/// read.verify("example.com/key", &key.public_key())?;
/// assert_eq!(read.text(), "example v1\nhello\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<SignatureLine>,
}

impl Note {
    /// Creates a note without signatures.
    ///
    /// # Errors
    ///
    /// [`NoteError`] if the text has an empty line, an invisible character or too many bytes, or
    /// does not end in a line feed.
    pub fn new(text: impl Into<String>) -> Result<Self, NoteError> {
        let text = text.into();
        check_text(&text)?;
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Adds the signature of `signer` under the name `name`.
    ///
    /// # Errors
    ///
    /// [`NoteError`] if the name is not valid for a key, the note would be too long or have too
    /// many signatures, the key has already signed it, or the signer fails. The signer is asked
    /// only if everything else is in order.
    pub fn signed_by(
        self,
        name: impl Into<String>,
        signer: &(impl Signer + ?Sized),
    ) -> Result<Self, NoteError> {
        let (name, key) = (name.into(), signer.public_key());
        // The note is checked before the signer is asked, with a placeholder: all signatures have
        // the same length.
        let placeholder = Signature::from_bytes(&[0; 64]);
        self.check_next(&SignatureLine::new(name.clone(), &key, &placeholder)?)?;
        let signature = signer.sign(self.text.as_bytes())?;
        self.with_signature(name, &key, &signature).map_err(|error| match error {
            NoteError::WrongSignature(wrong) => SignerError::from(wrong).into(),
            error => error,
        })
    }

    /// Adds a signature that was made elsewhere, over the bytes of [`text`](Self::text).
    ///
    /// # Errors
    ///
    /// As [`signed_by`](Self::signed_by), and [`NoteError::WrongSignature`] if the bytes are not a
    /// signature of this key over the text.
    pub fn with_signature(
        self,
        name: impl Into<String>,
        key: &PublicKey,
        signature: &Signature,
    ) -> Result<Self, NoteError> {
        let line = SignatureLine::new(name.into(), key, signature)?;
        self.check_next(&line)?;
        WrongSignature::check(key, self.text.as_bytes(), signature)?;
        Ok(self.followed_by(line))
    }

    /// Reads a note without verifying it.
    ///
    /// # Errors
    ///
    /// [`NoteError`] with the rule that the bytes break.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        match Self::read(bytes, MAX_NOTE_SIGNATURES)? {
            (note, []) => Ok(note),
            (_, rest) if rest.starts_with(DASH.as_bytes()) => Err(NoteError::TooManySignatures),
            (note, _) => Err(NoteError::Signature { line: note.next_line() }),
        }
    }

    /// Reads a note with at most `most` signatures, and returns the bytes that follow them.
    pub(crate) fn read(bytes: &[u8], most: usize) -> Result<(Self, &[u8]), NoteError> {
        // The search ends at the maximum length, because a body of any length may follow the note.
        let head = bytes.get(..MAX_NOTE_BYTES).unwrap_or(bytes);
        let end = head.windows(2).position(|pair| pair == b"\n\n").ok_or_else(|| {
            let is_cut = head.len() < bytes.len();
            if is_cut { NoteError::TooLong } else { NoteError::NoSignature }
        })?;
        let (text, rest) = bytes.split_at_checked(end.saturating_add(1)).unwrap_or((bytes, &[]));
        let text = str::from_utf8(text).map_err(|_| NoteError::NotUtf8)?;
        let mut note = Self::new(text)?;
        // Skips the empty line.
        let mut rest = rest.get(1..).unwrap_or_default();
        while note.signatures.len() < most && rest.starts_with(DASH.as_bytes()) {
            let (line, after) = first_line(rest).ok_or_else(|| {
                let line = note.next_line();
                let is_cut = rest.len() > MAX_NOTE_LINE;
                if is_cut { NoteError::LineTooLong { line } } else { NoteError::Signature { line } }
            })?;
            let line = SignatureLine::parse(line)
                .ok_or_else(|| NoteError::Signature { line: note.next_line() })?;
            note.check_next(&line)?;
            note = note.followed_by(line);
            rest = after;
        }
        if note.signatures.is_empty() { Err(NoteError::NoSignature) } else { Ok((note, rest)) }
    }

    /// Returns the text, which ends in a line feed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the names in the signature lines. They are not verified.
    pub fn claimed_names(&self) -> impl Iterator<Item = &str> {
        self.signatures.iter().map(|line| line.name.as_str())
    }

    /// Returns the signature in the line with this name and these first bytes of the hash of a key,
    /// not verified: for signatures of other types than Ed25519, such as cosignatures of checkpoints
    /// (C2SP `tlog-cosignature`). There is at most one such line.
    pub fn claimed_signature(&self, name: &str, key_hash: [u8; 4]) -> Option<&[u8]> {
        let line = self.signatures.iter().find(|line| line.is_of(name, key_hash));
        line.map(SignatureLine::signature)
    }

    /// Checks that a signature line with this name holds a signature of this key over the text.
    /// Verification is strict, as everywhere ([`PublicKey::verify`]).
    ///
    /// # Errors
    ///
    /// [`NoteError::NotSignedBy`] if no line with this name has a signature of the key over the
    /// text.
    pub fn verify(&self, name: &str, key: &PublicKey) -> Result<(), NoteError> {
        let key_hash = key_hash(name, key);
        // `check_next` refuses a second line with this name and key hash, so a hostile note costs
        // at most one signature check.
        let line = self.signatures.iter().find(|line| line.is_of(name, key_hash));
        match line.is_some_and(|line| line.verifies(key, &self.text)) {
            true => Ok(()),
            false => Err(NoteError::NotSignedBy { name: name.to_owned() }),
        }
    }

    /// Checks that these keys, in this order, have signed the note, each under its own text as the
    /// name, and that there are no other signatures.
    pub(crate) fn require_exactly(&self, keys: &[PublicKey]) -> Result<(), NoteError> {
        if self.signatures.len() != keys.len() {
            let (expected, found) = (keys.len(), self.signatures.len());
            return Err(NoteError::SignatureCount { expected, found });
        }
        for (line, key) in self.signatures.iter().zip(keys) {
            let name = key.to_string();
            if !line.is_of(&name, key_hash(&name, key)) || !line.verifies(key, &self.text) {
                return Err(NoteError::NotSignedBy { name });
            }
        }
        Ok(())
    }

    /// Checks that the note can have this line as its next one.
    fn check_next(&self, next: &SignatureLine) -> Result<(), NoteError> {
        if self.signatures.len() >= MAX_NOTE_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        if next.len() > MAX_NOTE_LINE {
            return Err(NoteError::LineTooLong { line: self.next_line() });
        }
        // One line feed for each line, and one for the empty line.
        let lines = self.signatures.iter().chain([next]).map(SignatureLine::len);
        let signatures = lines.fold(1, |sum: usize, len| sum.saturating_add(len).saturating_add(1));
        if self.text.len().saturating_add(signatures) > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        if self.signatures.iter().any(|own| own.is_of(&next.name, next.key_hash)) {
            return Err(NoteError::SignedTwice { name: next.name.clone() });
        }
        Ok(())
    }

    fn followed_by(mut self, line: SignatureLine) -> Self {
        self.signatures.push(line);
        self
    }

    /// Returns the number of the line after the text, the empty line and the signatures.
    fn next_line(&self) -> usize {
        let text = self.text.bytes().filter(|byte| *byte == b'\n').count();
        text.saturating_add(2).saturating_add(self.signatures.len())
    }
}

/// Splits bytes after the first line, if it is not too long. The line is without its line feed.
fn first_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let most = MAX_NOTE_LINE.saturating_add(1);
    let end = bytes.iter().take(most).position(|byte| *byte == b'\n')?;
    let (line, rest) = bytes.split_at_checked(end)?;
    Some((line, rest.get(1..)?))
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if text.len() > MAX_NOTE_BYTES {
        return Err(NoteError::TooLong);
    }
    let Some(lines) = text.strip_suffix('\n') else { return Err(NoteError::NoLineFeed) };
    for (index, own) in lines.split('\n').enumerate() {
        let line = index.saturating_add(1);
        if own.is_empty() {
            return Err(NoteError::EmptyLine { line });
        }
        if own.len() > MAX_NOTE_LINE {
            return Err(NoteError::LineTooLong { line });
        }
        if has_invisible(own)
            && let Some(found) = own.chars().find(|c| is_invisible(*c))
        {
            return Err(NoteError::Invisible { line, found });
        }
    }
    Ok(())
}

/// Writes the note as it is stored and sent.
impl Display for Note {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}
