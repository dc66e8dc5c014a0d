//! One signature, checked or made, and nothing else. The floor is `ed25519-dalek`'s.

use std::hint::black_box;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use ed25519_dalek::{Signer as _, SigningKey};

use crate::measure::System;

/// About as long as the signed message of one hop.
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

/// The same with the library that `jsonwebtoken` uses.
pub(crate) fn aws_lc_verify() -> System {
    let key = SigningKey::from_bytes(&[9; 32]);
    let signature = key.sign(&MESSAGE).to_bytes();
    let public = UnparsedPublicKey::new(&ED25519, key.verifying_key().to_bytes());
    System::new(
        "aws-lc-rs verify",
        0,
        || (),
        move |()| public.verify(black_box(&MESSAGE), black_box(&signature)),
    )
}

pub(crate) fn sign() -> System {
    let key = SigningKey::from_bytes(&[9; 32]);
    System::new("sign", 0, || (), move |()| key.sign(black_box(&MESSAGE)))
}
