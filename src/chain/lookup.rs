//! Lookup of chains that have been authenticated before.

use std::sync::Arc;

use crate::chain::types::DelegationChain;
use crate::format::datalog::Strings;

/// The cache slot for all blocks of one token except the last.
pub(crate) trait ChainLookup {
    /// Returns the chain in the slot.
    fn get(&self) -> Option<Arc<CachedChain>>;

    /// Marks the chain as recently presented by its holder, so that it stays in the cache.
    fn touch(&self);

    /// Puts a chain into the slot. `text` is the total length of its strings in bytes, counted at
    /// each use.
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

/// An authentic chain, and everything about it that depends only on its bytes.
#[derive(Debug)]
pub(crate) struct CachedChain {
    pub(crate) delegations: Arc<DelegationChain>,
    /// The strings that the presentation block can refer to by number.
    pub(crate) strings: Strings,
}
