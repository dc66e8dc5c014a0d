//! Chains that were found authentic before.

use std::sync::Arc;

use crate::chain::types::DelegationChain;
use crate::format::datalog::Strings;

/// The cache slot for all blocks of one token but the last.
pub(crate) trait ChainLookup {
    /// The chain in the slot.
    fn get(&self) -> Option<Arc<CachedChain>>;

    /// Notes that the holder presented the chain, so that it stays in the cache.
    fn touch(&self);

    /// Puts a chain into the slot. All its strings, each as often as it is used, have `text` bytes.
    fn insert(&self, text: usize, found: impl FnOnce() -> CachedChain);
}

/// The slot of a verifier without a cache.
#[derive(Debug)]
pub(crate) struct NoCache;

impl ChainLookup for NoCache {
    fn get(&self) -> Option<Arc<CachedChain>> {
        None
    }

    fn touch(&self) {}

    fn insert(&self, _: usize, _: impl FnOnce() -> CachedChain) {}
}

/// An authentic chain, and everything about it that depends on its bytes alone.
#[derive(Debug)]
pub(crate) struct CachedChain {
    pub(crate) delegations: Arc<DelegationChain>,
    /// The strings that the presentation block may name by number.
    pub(crate) strings: Strings,
}
