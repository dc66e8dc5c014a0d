//! From a presentation to a decision: *authentic* is settled by the chain; here it is checked whether
//! the chain is *trusted* and *valid*, whether it *covers* the call, and whether the call is *refused*.

pub(crate) mod trust;
pub(crate) mod revocation;
pub(crate) mod replay;
#[cfg(feature = "cache")]
pub(crate) mod cache;
pub(crate) mod checks;
pub(crate) mod validity;
pub(crate) mod settings;
pub(crate) mod denial;
pub(crate) mod verified_chain;
pub(crate) mod verifier;
pub(crate) mod coverage;
pub(crate) mod decision;
