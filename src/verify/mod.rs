//! Verification of a presentation and the decision about its request. The chain modules establish
//! that it is *authentic*. These modules check that it is *trusted* and *valid* and that it
//! *covers* the call, and decide whether the call is *refused*.

pub(crate) mod trust;
pub(crate) mod statements;
pub(crate) mod revocation;
pub(crate) mod directory;
pub(crate) mod replay;
#[cfg(feature = "cache")]
pub(crate) mod cache;
pub(crate) mod checks;
pub(crate) mod validity;
pub(crate) mod settings;
mod policy;
pub(crate) mod denial;
pub(crate) mod verified_chain;
pub(crate) mod verifier;
pub(crate) mod standing;
pub(crate) mod decision;
pub(crate) mod step;
pub(crate) mod decide;
pub(crate) mod proven;
pub(crate) mod observer;
pub(crate) mod caller;
pub(crate) mod call;
mod for_model;
