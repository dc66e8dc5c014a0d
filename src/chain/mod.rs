//! The chain of delegations of a token or a presentation: the walk that authenticates it, and the
//! checks that verifiers and holders share.

mod hop;
mod known;
mod types;
mod texts;
mod lookup;
mod walk;
mod authenticate;
mod validity;
mod near;
mod coverage;
mod permitted;

pub(crate) use authenticate::any_root;
pub(crate) use coverage::is_about_arguments;
pub use hop::Hop;
pub(crate) use known::ChainTexts;
pub(crate) use lookup::{CachedChain, ChainLookup, NoCache};
pub use permitted::PermittedArgs;
pub(crate) use types::{DelegationChain, Prefix, PresentedChain};
pub(crate) use validity::TimeRules;
pub(crate) use walk::require_hops;
