//! Signed notes (C2SP `signed-note`): a text, then signatures of it, each in a line with the name of
//! its key.

mod error;

use std::fmt::{self, Display, Formatter};
use std::str;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

pub use error::NoteError;

use crate::key::{PublicKey, Signature, Signer, SignerError, WrongSignature};
use crate::limits::{MAX_NOTE_BYTES, MAX_NOTE_LINE, MAX_NOTE_SIGNATURES};

/// The beginning of a signature line: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// The algorithm byte of Ed25519 in the hash of a key.
const ED25519: u8 = 1;

/// A text with signatures, as specified by C2SP (`signed-note`): people read it, and other tools
/// verify it.
///
/// A signature covers the text and nothing else, not the name beside it. So the text must say what
/// it is and who issued it, and a reader must check that, and which keys may sign it.
///
/// Parsing is strict: one spelling, no control characters, no empty line in the text, bounded in
/// every respect. It verifies nothing: [`verify`](Self::verify) does.
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
    signatures: Vec<Line>,
}

/// A signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    name: String,
    /// The hash of the key, then the signature.
    bytes: Vec<u8>,
}

impl Note {
    /// Creates a note without signatures.
    ///
    /// # Errors
    ///
    /// [`NoteError`] if the text has an empty line, a control character or too many bytes, or does
    /// not end in a line feed.
    pub fn new(text: impl Into<String>) -> Result<Self, NoteError> {
        let text = text.into();
        check_text(&text)?;
        Ok(Self { text, signatures: Vec::new() })
    }

    /// Adds the signature of `signer`, whose key has this name.
    ///
    /// # Errors
    ///
    /// [`NoteError`] if the name is not one of a key, the note has too many signatures, or the
    /// signer fails.
    pub fn signed_by(
        self,
        name: impl Into<String>,
        signer: &(impl Signer + ?Sized),
    ) -> Result<Self, NoteError> {
        let signature = signer.sign(self.text.as_bytes())?;
        self.with_signature(name, &signer.public_key(), &signature)
    }

    /// Adds a signature that was made elsewhere, over the bytes of [`text`](Self::text).
    ///
    /// # Errors
    ///
    /// As [`signed_by`](Self::signed_by), and if it is not a signature of this key.
    pub fn with_signature(
        mut self,
        name: impl Into<String>,
        key: &PublicKey,
        signature: &Signature,
    ) -> Result<Self, NoteError> {
        let name = name.into();
        check_name(&name)?;
        if self.signatures.len() >= MAX_NOTE_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        WrongSignature::check(key, self.text.as_bytes(), signature).map_err(SignerError::from)?;
        let mut bytes = key_hash(&name, key).to_vec();
        bytes.extend(signature.to_bytes());
        self.signatures.push(Line { name, bytes });
        Ok(self)
    }

    /// Reads a note, and verifies nothing.
    ///
    /// # Errors
    ///
    /// [`NoteError`] with the rule that the bytes break.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        let (note, rest) = Self::read(bytes, MAX_NOTE_SIGNATURES)?;
        if rest.is_empty() { Ok(note) } else { Err(NoteError::Signature) }
    }

    /// Reads a note with at most `most` signatures. Returns what follows the last of them, too.
    pub(crate) fn read(bytes: &[u8], most: usize) -> Result<(Self, &[u8]), NoteError> {
        let head = bytes.get(..MAX_NOTE_BYTES.min(bytes.len())).unwrap_or(bytes);
        let end = head.windows(2).position(|pair| pair == b"\n\n").ok_or(match head.len() {
            MAX_NOTE_BYTES => NoteError::TooLong,
            _ => NoteError::NoSignature,
        })?;
        let (text, rest) = bytes.split_at_checked(end.saturating_add(1)).unwrap_or((bytes, &[]));
        let text = str::from_utf8(text).map_err(|_| NoteError::NotUtf8)?;
        let mut note = Self::new(text)?;
        // The empty line.
        let mut rest = rest.get(1..).unwrap_or_default();
        while note.signatures.len() < most && rest.starts_with(DASH.as_bytes()) {
            let line = rest.iter().take(MAX_NOTE_LINE).position(|b| *b == b'\n');
            let (line, after) = line
                .and_then(|end| Some((rest.get(..end)?, rest.get(end.checked_add(1)?..)?)))
                .ok_or(NoteError::Signature)?;
            note.signatures.push(Line::parse(line).ok_or(NoteError::Signature)?);
            rest = after;
        }
        if note.signatures.is_empty() {
            return Err(NoteError::NoSignature);
        }
        if bytes.len().saturating_sub(rest.len()) > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        Ok((note, rest))
    }

    /// Returns the text, which ends in a line feed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the names of the keys that the signature lines state. None of them is verified.
    pub fn claimed_names(&self) -> impl Iterator<Item = &str> {
        self.signatures.iter().map(|line| line.name.as_str())
    }

    /// Checks that the note has a signature with this name by this key. Signatures are verified
    /// strictly, as everywhere ([`PublicKey::verify`]).
    ///
    /// # Errors
    ///
    /// [`NoteError::NotSignedBy`] if no such line has a signature of the key over the text.
    pub fn verify(&self, name: &str, key: &PublicKey) -> Result<(), NoteError> {
        let mut lines = self.signatures.iter().filter(|line| line.name == name);
        match lines.any(|line| line.is_by(key, &self.text)) {
            true => Ok(()),
            false => Err(NoteError::NotSignedBy { name: name.to_owned() }),
        }
    }

    /// Checks that the signatures are those of these keys, in this order, each under the key's own
    /// text as its name, and that there are no others.
    pub(crate) fn require_exactly(&self, keys: &[PublicKey]) -> Result<(), NoteError> {
        if self.signatures.len() != keys.len() {
            let (expected, found) = (keys.len(), self.signatures.len());
            return Err(NoteError::SignatureCount { expected, found });
        }
        for (line, key) in self.signatures.iter().zip(keys) {
            if line.name != key.to_string() || !line.is_by(key, &self.text) {
                return Err(NoteError::NotSignedBy { name: key.to_string() });
            }
        }
        Ok(())
    }
}

impl Line {
    fn parse(line: &[u8]) -> Option<Self> {
        let line = str::from_utf8(line).ok()?.strip_prefix(DASH)?;
        let (name, text) = line.split_once(' ')?;
        check_name(name).ok()?;
        // The standard engine accepts one spelling: canonical padding, no spare bits.
        let bytes = STANDARD.decode(text).ok()?;
        (bytes.len() > 4).then(|| Self { name: name.to_owned(), bytes })
    }

    fn is_by(&self, key: &PublicKey, text: &str) -> bool {
        let Some((hash, signature)) = self.bytes.split_first_chunk::<4>() else { return false };
        let Ok(signature) = signature.try_into() else { return false };
        *hash == key_hash(&self.name, key)
            && key.verify(text.as_bytes(), &Signature::from_bytes(signature))
    }
}

fn key_hash(name: &str, key: &PublicKey) -> [u8; 4] {
    let mut hash = Sha256::new();
    hash.update(name);
    hash.update([b'\n', ED25519]);
    hash.update(key.as_bytes());
    let hash: [u8; 32] = hash.finalize().into();
    let [a, b, c, d, ..] = hash;
    [a, b, c, d]
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if text.len() > MAX_NOTE_BYTES {
        return Err(NoteError::TooLong);
    }
    let Some(lines) = text.strip_suffix('\n') else { return Err(NoteError::NoLineFeed) };
    for (index, line) in lines.split('\n').enumerate() {
        let number = index.saturating_add(1);
        if line.is_empty() {
            return Err(NoteError::EmptyLine { line: number });
        }
        if line.len() > MAX_NOTE_LINE {
            return Err(NoteError::LineTooLong { line: number });
        }
        if line.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            return Err(NoteError::ControlCharacter { line: number });
        }
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), NoteError> {
    let is_wrong = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    if name.is_empty() || name.len() > MAX_NOTE_LINE || name.chars().any(is_wrong) {
        return Err(NoteError::Name { found: name.to_owned() });
    }
    Ok(())
}

/// Writes the note as it is stored and sent.
impl Display for Note {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for Line { name, bytes } in &self.signatures {
            writeln!(f, "{DASH}{name} {}", STANDARD.encode(bytes))?;
        }
        Ok(())
    }
}
