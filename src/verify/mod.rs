//! Verifying a presentation and deciding about a call.

pub(crate) mod trust;
pub(crate) mod revocation;
pub(crate) mod replay;
#[cfg(feature = "cache")]
pub(crate) mod cache;
pub(crate) mod validity;
pub(crate) mod denial;
pub(crate) mod verifier;
pub(crate) mod decision;
