//! The keys and texts of the tests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deputize::{Note, Signer, SigningKey};
use deputize_audit::{Checkpoint, Origin, SignedCheckpoint, TreeHead, Witness, leaf_hash};
use sha2::{Digest, Sha256};

/// The key whose seed is 32 times this byte.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// The key of the log.
pub(crate) fn log() -> SigningKey {
    key(1)
}

pub(crate) fn origin() -> Origin {
    Origin::new(log().public_key(), [0xab; 16])
}

pub(crate) fn checkpoint() -> Checkpoint {
    Checkpoint::new(origin(), TreeHead::new(17, leaf_hash(b"root")).unwrap())
}

pub(crate) fn signed() -> SignedCheckpoint {
    checkpoint().sign(&log()).unwrap()
}

/// A note over any text, signed by the log.
pub(crate) fn note(text: &str) -> String {
    let note = Note::new(text).unwrap().signed_by(origin().to_string(), &log()).unwrap();
    note.to_string()
}

pub(crate) fn witness(name: &str, seed: u8) -> Witness {
    Witness::new(name, key(seed).public_key()).unwrap()
}

/// The first bytes of the hash of a key, without our code.
pub(crate) fn hash(name: &str, kind: u8, key: &SigningKey) -> [u8; 4] {
    let key = key.public_key().to_bytes();
    let hash = Sha256::digest([name.as_bytes(), b"\n", &[kind], &key].concat());
    *hash.first_chunk().unwrap()
}

/// A signature line of any bytes.
pub(crate) fn line(name: &str, hash: [u8; 4], bytes: &[u8]) -> String {
    format!("— {name} {}\n", STANDARD.encode([&hash[..], bytes].concat()))
}

/// The time and signature of a witness over a text, without our code.
pub(crate) fn cosignature(key: &SigningKey, time: u64, text: &str) -> Vec<u8> {
    let message = format!("cosignature/v1\ntime {time}\n{text}");
    let signature = key.sign(message.as_bytes()).unwrap().to_bytes();
    [&time.to_be_bytes()[..], &signature].concat()
}

/// The signature line of a witness.
pub(crate) fn cosigned(name: &str, seed: u8, time: u64) -> String {
    let text = checkpoint().to_string();
    line(name, hash(name, 4, &key(seed)), &cosignature(&key(seed), time, &text))
}
