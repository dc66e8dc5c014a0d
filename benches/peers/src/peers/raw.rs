//! The floor: one signature checked, or made, by `ed25519-dalek`.

use std::hint::black_box;

use ed25519_dalek::{Signer as _, SigningKey};

use crate::measure::System;

/// About as long as what is signed at one hop.
const MESSAGE: [u8; 450] = [7; 450];

pub(crate) fn verify_strict() -> System {
    let key = SigningKey::from_bytes(&[9; 32]);
    let signature = key.sign(&MESSAGE);
    let public = key.verifying_key();
    System::new(
        "verify_strict",
        0,
        || (),
        move |()| public.verify_strict(black_box(&MESSAGE), black_box(&signature)),
    )
}

pub(crate) fn sign() -> System {
    let key = SigningKey::from_bytes(&[9; 32]);
    System::new("sign", 0, || (), move |()| key.sign(black_box(&MESSAGE)))
}
