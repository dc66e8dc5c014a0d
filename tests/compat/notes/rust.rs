//! The crate `signed_note`.

use signed_note::{Note, Signer, StandardSigner, StandardVerifier, Verifier, VerifierList};

use crate::{Opened, Read};

/// Reads a note, with the keys that are known, in Go's text form.
pub(crate) fn open(note: &[u8], keys: &[String]) -> Read {
    let known = keys
        .iter()
        .map(|key| -> Box<dyn Verifier> { Box::new(StandardVerifier::new(key).unwrap()) });
    let note = Note::from_bytes(note).map_err(|error| error.to_string())?;
    let known = VerifierList::new(known.collect());
    let (verified, unverified) = note.verify(&known).map_err(|error| error.to_string())?;
    let id = |own: &signed_note::Signature| format!("{}+{:08x}", own.name(), own.id());
    Ok(Opened {
        text: String::from_utf8(note.text().to_vec()).unwrap(),
        signers: verified.iter().map(id).collect(),
        unverified: unverified.len(),
    })
}

/// Signs a text with the private keys, in Go's text form.
pub(crate) fn sign(text: &[u8], keys: &[String]) -> Vec<u8> {
    let signers: Vec<_> = keys.iter().map(|key| StandardSigner::new(key).unwrap()).collect();
    let signers: Vec<&dyn Signer> =
        signers.iter().map(|signer| -> &dyn Signer { signer }).collect();
    let mut note = Note::new(text, &[]).unwrap();
    note.add_sigs(&signers).unwrap();
    note.to_bytes()
}
