//! The container of a Biscuit (v3.3): blocks, each signed by the key that the block before it
//! names.
//!
//! Sources: `biscuit.format.schema` (schema.proto) and the specification of signature version 1,
//! both of the Biscuit project.

use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use base64::{DecodeError, Engine as _};
use thiserror::Error;

use crate::format::hop_id::HopId;
use crate::format::wire::{Malformed, Reader, Writer};
use crate::key::batch::Equation;
use crate::key::{PublicKey, Signature};
use crate::limits::HARD_MAX_TOKEN_BYTES;

/// The only version of block signatures that binds a block to the one before it.
pub(crate) const SIGNATURE_VERSION: u64 = 1;

/// `Algorithm::Ed25519` of Biscuit's schema.
pub(crate) const ED25519: u64 = 0;

/// A parsed Biscuit. Nothing in it has been checked except its encoding.
#[derive(Debug)]
pub(crate) struct Container<'a> {
    /// `rootKeyId`. It is not signed, and must match the root key that the first block states.
    pub(crate) root_hint: Option<u64>,
    /// The blocks, at least one.
    pub(crate) blocks: Vec<SignedBlock<'a>>,
    pub(crate) proof: Proof<'a>,
}

/// One block with its signature.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignedBlock<'a> {
    pub(crate) content: &'a [u8],
    pub(crate) algorithm: u64,
    pub(crate) next_key: &'a [u8],
    pub(crate) signature: &'a [u8],
    /// The message of a third party that also signed the block.
    pub(crate) external_signature: Option<&'a [u8]>,
    pub(crate) version: u64,
}

/// The proof at the end of the token, which shows that its sender may use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof<'a> {
    NextSecret(&'a [u8]),
    FinalSignature(&'a [u8]),
}

/// The reason why a text is not a token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The text is longer than any verifier accepts.
    #[error("a token has at most {HARD_MAX_TOKEN_BYTES} bytes, and this text has {found}")]
    TooLong {
        /// The length in bytes.
        found: usize,
    },
    /// The text is not base64url without padding.
    #[error(
        "invalid base64url at byte {offset}; a token is base64url text without padding (RFC 4648 §5)"
    )]
    Base64 {
        /// The offset of the first invalid byte, from 0, or the length of a text that ends too
        /// early.
        offset: usize,
    },
    /// The bytes are not a Biscuit in its canonical encoding.
    #[error("the text decodes to bytes that are not a Biscuit token in its canonical encoding")]
    NotABiscuit,
}

impl From<Malformed> for FormatError {
    fn from(_: Malformed) -> Self {
        Self::NotABiscuit
    }
}

/// Returns the length of the text of `bytes` bytes: four base64 characters for three bytes.
pub(crate) fn text_length(bytes: usize) -> usize {
    bytes.saturating_mul(4).div_ceil(3)
}

/// Checks that the text of `bytes` bytes is not longer than any verifier accepts.
pub(crate) fn require_text_length(bytes: usize) -> Result<(), FormatError> {
    let found = text_length(bytes);
    if found > HARD_MAX_TOKEN_BYTES { Err(FormatError::TooLong { found }) } else { Ok(()) }
}

/// Decodes text to bytes. Exactly one text decodes to given bytes.
pub(crate) fn from_text(text: &str) -> Result<Vec<u8>, FormatError> {
    if text.len() > HARD_MAX_TOKEN_BYTES {
        return Err(FormatError::TooLong { found: text.len() });
    }
    // This engine refuses padding, and bits that are set after the last byte. So no second text
    // decodes to the same bytes.
    URL_SAFE_NO_PAD.decode(text).map_err(|e| FormatError::Base64 {
        offset: match e {
            DecodeError::InvalidByte(offset, _) | DecodeError::InvalidLastSymbol(offset, _) => {
                offset
            }
            DecodeError::InvalidLength(_) | DecodeError::InvalidPadding => text.len(),
        },
    })
}

/// Encodes bytes as text.
pub(crate) fn to_text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl<'a> Container<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        // Fields are read in ascending order, and nothing may follow the last. So a second encoding
        // of the same message is malformed.
        let mut r = Reader::new(bytes);
        let root_hint = if r.at(1) { Some(r.uint(1)?) } else { None };
        // A `uint32` in Biscuit's schema. Other readers truncate a larger one, and so see another
        // hint.
        if root_hint.is_some_and(|hint| u32::try_from(hint).is_err()) {
            return Err(Malformed);
        }
        let mut blocks = vec![SignedBlock::parse(r.message(2)?)?];
        while r.at(3) {
            blocks.push(SignedBlock::parse(r.message(3)?)?);
        }
        let proof = Proof::parse(r.message(4)?)?;
        r.end()?;
        Ok(Self { root_hint, blocks, proof })
    }

    /// Returns the bytes of a token before its last block: the key of its cache slot, and the
    /// delegations in a record.
    pub(crate) fn before_last(bytes: &'a [u8]) -> Result<&'a [u8], Malformed> {
        let mut r = Reader::new(bytes);
        if r.at(1) {
            r.uint(1)?;
        }
        let mut last = r.rest();
        while r.at(2) || r.at(3) {
            last = r.rest();
            r.message(r.peek().ok_or(Malformed)?)?;
        }
        let length = bytes.len().checked_sub(last.len()).ok_or(Malformed)?;
        bytes.get(..length).ok_or(Malformed)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        // Each block has a key, a signature, and their tags; so has the end.
        let room = |room: usize, block: &SignedBlock<'_>| {
            room.saturating_add(block.content.len()).saturating_add(128)
        };
        let mut w = Writer::with_capacity(self.blocks.iter().fold(128, room));
        if let Some(hint) = self.root_hint {
            w.uint(1, hint);
        }
        for (i, block) in self.blocks.iter().enumerate() {
            let open = w.open(if i == 0 { 2 } else { 3 });
            block.write(&mut w);
            w.close(open);
        }
        self.proof.write(&mut w);
        w.into_bytes()
    }

    /// Returns the bytes that [`to_bytes`](Self::to_bytes) writes before and after the 64 bytes of
    /// the last block's signature.
    pub(crate) fn around_last_signature(&self) -> [Vec<u8>; 2] {
        let mut end = Writer::default();
        if let Some(last) = self.blocks.last() {
            last.write_end(&mut end);
        }
        self.proof.write(&mut end);
        let (mut before, after) = (self.to_bytes(), end.into_bytes());
        before.truncate(before.len().saturating_sub(after.len()).saturating_sub(64));
        [before, after]
    }
}

impl<'a> SignedBlock<'a> {
    /// Builds a block in the one form that Deputize signs.
    pub(crate) fn new(content: &'a [u8], next_key: &'a [u8; 32], signature: &'a [u8; 64]) -> Self {
        Self {
            content,
            algorithm: ED25519,
            next_key,
            signature,
            external_signature: None,
            version: SIGNATURE_VERSION,
        }
    }

    fn parse(mut r: Reader<'a>) -> Result<Self, Malformed> {
        let content = r.bytes(1)?;
        let mut key = r.message(2)?;
        let algorithm = key.uint(1)?;
        let next_key = key.bytes(2)?;
        key.end()?;
        let signature = r.bytes(3)?;
        // Kept although it is always refused, so that the refusal has its own code.
        let external_signature = if r.at(4) { Some(r.bytes(4)?) } else { None };
        // Protobuf omits a zero, so an explicit one is a second encoding.
        let version = match r.at(5).then(|| r.uint(5)).transpose()? {
            Some(0) => return Err(Malformed),
            version => version.unwrap_or(0),
        };
        r.end()?;
        Ok(Self { content, algorithm, next_key, signature, external_signature, version })
    }

    fn write(&self, w: &mut Writer) {
        w.bytes(1, self.content);
        let open = w.open(2);
        w.uint(1, self.algorithm);
        w.bytes(2, self.next_key);
        w.close(open);
        w.bytes(3, self.signature);
        self.write_end(w);
    }

    /// Writes the fields after the signature.
    fn write_end(&self, w: &mut Writer) {
        if let Some(external) = self.external_signature {
            w.bytes(4, external);
        }
        if self.version != 0 {
            w.uint(5, self.version);
        }
    }

    /// Returns the signature if it has 64 bytes.
    pub(crate) fn signature(&self) -> Option<Signature> {
        self.signature
            .first_chunk()
            .filter(|s| s.len() == self.signature.len())
            .map(Signature::from_bytes)
    }

    /// Returns the key that must sign the next block, if it is a canonical and strong Ed25519 key.
    pub(crate) fn delegate(&self) -> Option<PublicKey> {
        let key = self.next_key.first_chunk().filter(|key| key.len() == self.next_key.len())?;
        PublicKey::from_bytes(key).ok().filter(|_| self.algorithm == ED25519)
    }

    /// Returns the id of this block, which names an Ed25519 key, after the block with the id
    /// `parent`.
    pub(crate) fn id(&self, parent: &HopId) -> HopId {
        parent.then(self.next_key, self.content)
    }

    /// Returns the equation that holds if `signer` signed this block after the one with the
    /// signature `previous`. `None` for a malformed signature.
    pub(crate) fn equation(&self, signer: &PublicKey, previous: Option<&[u8]>) -> Option<Equation> {
        let message = signed_parts(self.content, self.next_key, previous);
        Equation::of(signer, &message, &self.signature()?)
    }

    /// Returns true if `signer` signed this block after the one with the signature `previous`.
    pub(crate) fn is_signed_by(&self, signer: &PublicKey, previous: Option<&[u8]>) -> bool {
        self.signature().is_some_and(|signature| {
            signer.verify(&signed_bytes(self.content, self.next_key, previous), &signature)
        })
    }
}

impl<'a> Proof<'a> {
    fn parse(mut r: Reader<'a>) -> Result<Self, Malformed> {
        let proof = match r.peek() {
            Some(1) => Self::NextSecret(r.bytes(1)?),
            _ => Self::FinalSignature(r.bytes(2)?),
        };
        r.end()?;
        Ok(proof)
    }

    /// Returns the bytes that follow the blocks.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut w = Writer::default();
        self.write(&mut w);
        w.into_bytes()
    }

    fn write(&self, w: &mut Writer) {
        let open = w.open(4);
        match self {
            Self::NextSecret(secret) => w.bytes(1, secret),
            Self::FinalSignature(signature) => w.bytes(2, signature),
        }
        w.close(open);
    }
}

/// Returns the signed message of a block: Biscuit's payload of signature version 1.
pub(crate) fn signed_bytes(content: &[u8], next_key: &[u8], previous: Option<&[u8]>) -> Vec<u8> {
    signed_parts(content, next_key, previous).concat()
}

fn signed_parts<'a>(
    content: &'a [u8],
    next_key: &'a [u8],
    previous: Option<&'a [u8]>,
) -> [&'a [u8]; 8] {
    const VERSION_1: &[u8] = b"\0BLOCK\0\0VERSION\0\x01\0\0\0";
    const ALGORITHM: &[u8] = b"\0ALGORITHM\0\0\0\0\0";
    let label: &[u8] = if previous.is_some() { b"\0PREVSIG\0" } else { b"" };
    let previous = previous.unwrap_or_default();
    // The previous signature binds the block to the chain before it. Block 0 has none, and Biscuit
    // then leaves out the label, too.
    [VERSION_1, b"\0PAYLOAD\0", content, ALGORITHM, b"\0NEXTKEY\0", next_key, label, previous]
}

/// Returns `rootKeyId`: the first four bytes of the root key, big-endian.
pub(crate) fn root_hint(root: &PublicKey) -> u64 {
    let [a, b, c, d, ..] = root.to_bytes();
    u64::from(u32::from_be_bytes([a, b, c, d]))
}
