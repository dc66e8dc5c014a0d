//! The signature lines of a note.

use std::fmt::{self, Display, Formatter};
use std::str;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::key::{PublicKey, Signature};
use crate::statement::note::error::NoteError;
use crate::text::escape::is_invisible;

/// The beginning of a signature line: an em dash and a space.
pub(super) const DASH: &str = "\u{2014} ";

/// The type byte of Ed25519 signatures, which the hash of a key covers.
const ED25519: u8 = 1;

/// The first bytes of a hash over a key's name, the type of its signatures, and the key.
pub(super) type KeyHash = [u8; 4];

/// A signature line: `— NAME BASE64`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignatureLine {
    pub(super) name: String,
    pub(super) key_hash: KeyHash,
    /// Not empty. Signatures of other types than Ed25519 have other lengths.
    signature: Vec<u8>,
}

impl SignatureLine {
    pub(super) fn new(
        name: String,
        key: &PublicKey,
        signature: &Signature,
    ) -> Result<Self, NoteError> {
        if !is_name(&name) {
            return Err(NoteError::Name { found: name });
        }
        let key_hash = key_hash(&name, key);
        Ok(Self { name, key_hash, signature: signature.to_bytes().to_vec() })
    }

    /// Reads a line, without its line feed.
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let line = str::from_utf8(line).ok()?.strip_prefix(DASH)?;
        let (name, text) = line.split_once(' ')?;
        // `STANDARD` reads one spelling: it refuses missing padding, and bits behind the last byte.
        let bytes = STANDARD.decode(text).ok()?;
        let (key_hash, signature) = bytes.split_first_chunk()?;
        (is_name(name) && !signature.is_empty()).then(|| Self {
            name: name.to_owned(),
            key_hash: *key_hash,
            signature: signature.to_vec(),
        })
    }

    /// Returns true if the line names this key.
    pub(super) fn is_of(&self, name: &str, key_hash: KeyHash) -> bool {
        self.key_hash == key_hash && self.name == name
    }

    /// Returns the signature, whatever its type is.
    pub(super) fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Returns true if the line has a signature by this key over `text`.
    pub(super) fn verifies(&self, key: &PublicKey, text: &str) -> bool {
        let Ok(signature) = self.signature.as_slice().try_into() else { return false };
        key.verify(text.as_bytes(), &Signature::from_bytes(signature))
    }

    /// Returns the length of the line in bytes, without its line feed.
    pub(super) fn len(&self) -> usize {
        let bytes = self.key_hash.len().saturating_add(self.signature.len());
        let base64 = bytes.div_ceil(3).saturating_mul(4);
        [DASH.len(), self.name.len(), 1, base64].into_iter().fold(0, usize::saturating_add)
    }
}

/// Writes the line, without its line feed.
impl Display for SignatureLine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let bytes = [self.key_hash.as_slice(), self.signature.as_slice()].concat();
        write!(f, "{DASH}{} {}", self.name, STANDARD.encode(bytes))
    }
}

/// Returns the hash of an Ed25519 key with this name.
pub(super) fn key_hash(name: &str, key: &PublicKey) -> KeyHash {
    let mut hash = Sha256::new();
    hash.update(name);
    hash.update([b'\n', ED25519]);
    hash.update(key.as_bytes());
    let hash: [u8; 32] = hash.finalize().into();
    let [a, b, c, d, ..] = hash;
    [a, b, c, d]
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c == ' ' || c == '+' || is_invisible(c))
}
