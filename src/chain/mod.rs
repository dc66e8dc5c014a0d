//! The chain of delegations of a token or a presentation, and the walk that authenticates it.

mod hop;
mod types;
mod lookup;
mod walk;
mod authenticate;

pub(crate) use authenticate::any_root;
pub use hop::Hop;
pub(crate) use lookup::NoCache;
#[cfg(feature = "cache")]
pub(crate) use lookup::{CachedChain, ChainLookup};
pub(crate) use types::{DelegationChain, Prefix, PresentedChain};
pub(crate) use walk::require_hops;
