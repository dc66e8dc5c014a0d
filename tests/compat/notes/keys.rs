//! Keys with names, as other implementations write them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deputize::{Note, Signature, Signer, SigningKey};
use sha2::{Digest, Sha256};

/// A key with the name under which it signs.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) key: SigningKey,
}

impl Named {
    /// The key whose seed is 32 times this byte, under this name.
    pub(crate) fn new(name: &str, seed: u8) -> Self {
        Self { name: name.to_owned(), key: SigningKey::from_bytes(&[seed; 32]) }
    }

    pub(crate) fn hash(&self) -> [u8; 4] {
        hash(&self.name, &self.key.public_key().to_bytes())
    }

    /// The key as `NAME+HASH`.
    pub(crate) fn id(&self) -> String {
        format!("{}+{}", self.name, hex::encode(self.hash()))
    }

    /// The public key in Go's text form.
    pub(crate) fn verifier(&self) -> String {
        verifier(&self.name, &self.key.public_key().to_bytes())
    }

    /// The private key in Go's text form.
    pub(crate) fn signer(&self) -> String {
        let key = STANDARD.encode([&[1], &self.key.to_bytes()[..]].concat());
        format!("PRIVATE+KEY+{}+{key}", self.id())
    }

    pub(crate) fn sign(&self, text: &str) -> [u8; 64] {
        self.key.sign(text.as_bytes()).unwrap().to_bytes()
    }

    /// A signature line for this key with any bytes as its signature.
    pub(crate) fn line(&self, signature: &[u8]) -> String {
        let base64 = STANDARD.encode([&self.hash()[..], signature].concat());
        format!("— {} {base64}\n", self.name)
    }

    /// A note by this key, made without our code but the signature, so that any text will do.
    pub(crate) fn note(&self, text: &str) -> String {
        format!("{text}\n{}", self.line(&self.sign(text)))
    }

    /// Returns true if the bytes are a note that this key signed, as we read it.
    pub(crate) fn signed(&self, note: &[u8]) -> bool {
        let verifies = |note: Note| note.verify(&self.name, &self.key.public_key()).is_ok();
        Note::parse(note).is_ok_and(verifies)
    }
}

/// Without our code.
pub(crate) fn hash(name: &str, key: &[u8; 32]) -> [u8; 4] {
    let hash = Sha256::digest([name.as_bytes(), b"\n\x01", key].concat());
    *hash.first_chunk().unwrap()
}

pub(crate) fn verifier(name: &str, key: &[u8; 32]) -> String {
    let base64 = STANDARD.encode([&[1], &key[..]].concat());
    format!("{name}+{}+{base64}", hex::encode(hash(name, key)))
}

/// Our note over a text, with a signature of each key, in order.
pub(crate) fn written(text: &str, keys: &[Named]) -> Note {
    let sign = |note: Note, own: &Named| {
        let signature = Signature::from_bytes(&own.sign(text));
        // Both ways to write a signature are one.
        let open = note.clone();
        let made = note.signed_by(own.name.as_str(), &own.key).unwrap();
        let added = open.with_signature(own.name.as_str(), &own.key.public_key(), &signature);
        assert_eq!(added, Ok(made.clone()));
        made
    };
    keys.iter().fold(Note::new(text).unwrap(), sign)
}
