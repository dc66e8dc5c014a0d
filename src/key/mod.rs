//! Ed25519 keys and signatures.

mod terminal;
mod encoding;
mod error;
mod signature;
mod public;
mod signer;
mod signing;
pub(crate) mod batch;

pub(crate) use encoding::{is_canonical, is_small_order};
pub use error::KeyError;
pub use public::PublicKey;
pub use signature::Signature;
pub use signer::{Signer, SignerError, WrongSignature};
pub use signing::SigningKey;
pub(crate) use terminal::{TERMINAL_KEY, TERMINAL_SECRET};
