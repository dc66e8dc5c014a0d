//! Witnesses: others who saw a log grow.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deputize::text::is_invisible;
use deputize::{PublicKey, Signature};
use sha2::{Digest, Sha256};

use crate::checkpoint::error::CheckpointError;

/// The type byte of cosignatures by Ed25519, which the hash of a key covers.
const COSIGNATURE: u8 = 4;

/// Somebody who cosigns the checkpoints of logs after checking that they only grow (C2SP
/// `tlog-cosignature`), so that a log cannot show different records to different readers.
///
/// As text it is `NAME+HASH+KEY`, as operators of witnesses publish it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witness {
    name: String,
    key: PublicKey,
}

impl Witness {
    /// Names a witness. Its signature lines have this name; who it is, is known from the key.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::WitnessName`] if the name is empty or has a blank, an invisible character
    /// or a plus sign.
    pub fn new(name: impl Into<String>, key: PublicKey) -> Result<Self, CheckpointError> {
        let name = name.into();
        match name.is_empty() || name.contains(|c| c == ' ' || c == '+' || is_invisible(c)) {
            true => Err(CheckpointError::WitnessName { found: name }),
            false => Ok(Self { name, key }),
        }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the key.
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Returns the first bytes of the hash of the key, which its signature lines have.
    pub(super) fn key_hash(&self) -> [u8; 4] {
        let sha = Sha256::new().chain_update(&self.name).chain_update([b'\n', COSIGNATURE]);
        let hash: [u8; 32] = sha.chain_update(self.key.to_bytes()).finalize().into();
        let [a, b, c, d, ..] = hash;
        [a, b, c, d]
    }

    /// Returns the seconds since 1970 at which the witness cosigned this text, if these bytes of a
    /// signature line hold: eight of the time, the high byte first, and the signature.
    pub(super) fn cosigned_at(&self, text: &str, bytes: &[u8]) -> Option<i64> {
        let (time, signature) = bytes.split_first_chunk()?;
        let time = i64::try_from(u64::from_be_bytes(*time)).ok()?;
        let signature = Signature::from_bytes(signature.try_into().ok()?);
        let message = format!("cosignature/v1\ntime {time}\n{text}");
        self.key.verify(message.as_bytes(), &signature).then_some(time)
    }
}

impl Display for Witness {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let key = [[COSIGNATURE].as_slice(), &self.key.to_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, hex::encode(self.key_hash()), STANDARD.encode(key))
    }
}

impl FromStr for Witness {
    type Err = CheckpointError;

    /// Reads what [`Display`] writes, in its one spelling.
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        // The hash is compared with the text, as is the rest.
        let witness = read(text).filter(|witness| witness.to_string() == text);
        witness.ok_or_else(|| CheckpointError::Witness { found: text.to_owned() })
    }
}

fn read(text: &str) -> Option<Witness> {
    let (name, rest) = text.split_once('+')?;
    let (_, key) = rest.split_once('+')?;
    let bytes: [u8; 33] = STANDARD.decode(key).ok()?.try_into().ok()?;
    let [COSIGNATURE, key @ ..] = bytes else { return None };
    Witness::new(name, PublicKey::from_bytes(&key).ok()?).ok()
}
