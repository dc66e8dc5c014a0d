//! Authentication of a whole token: a presentation, a held token, or the longest authentic prefix
//! of either.

use std::sync::Arc;

use crate::chain::lookup::{CachedChain, ChainLookup};
use crate::chain::types::{DelegationChain, Prefix, PresentedChain};
use crate::chain::walk::{self, require_hops};
use crate::format::container::{Container, SignedBlock};
use crate::format::datalog::Symbols;
use crate::key::PublicKey;
use crate::limits::HARD_MAX_HOPS;
use crate::reason::Reason;

impl PresentedChain {
    /// Checks that a presentation is authentic, under a root key that `find_root` returns.
    ///
    /// The steps are those of FORMAT.md §15 A, in that order. The first failure ends them.
    pub(crate) fn authenticate(
        container: &Container<'_>,
        find_root: impl FnOnce(&[u8; 32]) -> Option<PublicKey>,
        max_hops: usize,
        cache: &impl ChainLookup,
    ) -> Result<Self, Reason> {
        // Steps 3 to 8 cost no signature check, and some depend on this verifier or the last block.
        // So a cached chain takes them too.
        let root = walk::stated_root(container, find_root)?;
        let (presentation, blocks) =
            container.blocks.split_last().ok_or_else(walk::not_presented)?;
        require_hops(blocks.len(), max_hops)?;
        walk::require_shape(&container.blocks)?;
        walk::require_presentation_last(container)?;
        if let Some(cached) = cache.get() {
            // The key of the slot is all bytes of these blocks, including their signatures and the
            // root key that block 0 states. So steps 9, 11 and 12 would have the same result as
            // before. The presentation is new on each call, and all of it is checked.
            let delegations = &cached.delegations;
            walk::require_presented(&delegations.holder().key(), blocks, presentation)?;
            // Only now has the holder shown its key, and nobody else may keep a chain in the cache.
            cache.touch();
            let symbols = &mut Symbols::after(&cached.strings);
            return walk::presented_chain(Arc::clone(delegations), presentation, symbols);
        }
        let signed = walk::signatures(blocks, root)?;
        // Before the contents are read, which costs more than a signature check. Otherwise, anyone
        // with a copy of a token could make a verifier do that work.
        walk::require_presented(&signed.holder, blocks, presentation)?;
        // Parents before contents: a block moved to another parent usually does not decode, and the
        // code must not depend on the string tables that it happens to find there.
        let ids = walk::parents(blocks)?;
        walk::require_parent(presentation, blocks.len(), ids.last())?;
        let mut symbols = Symbols::default();
        let delegations = Arc::new(walk::contents(blocks, &signed, &ids, &mut symbols)?);
        // After the holder's signature, so that nobody else can fill the cache. Before the
        // presentation block is read, because its strings do not belong to the chain.
        cache.insert(symbols.all_text(), || CachedChain {
            delegations: Arc::clone(&delegations),
            strings: symbols.to_strings(),
        });
        walk::presented_chain(delegations, presentation, &mut symbols)
    }

    /// Finds the longest authentic prefix of a token or a presentation, for reports.
    pub(crate) fn longest_prefix(container: &Container<'_>) -> Prefix {
        let root = walk::stated_bytes(container).ok().and_then(any_root);
        let Some(root) = root else { return Prefix::default() };
        let hint_matches = walk::stated_root(container, any_root).is_ok();
        let is_presented = walk::require_presentation_last(container).is_ok();
        let (presentation, blocks) = match container.blocks.split_last() {
            Some((presentation, blocks)) if is_presented => (Some(presentation), blocks),
            _ => (None, container.blocks.as_slice()),
        };
        let mut count = blocks.len().min(HARD_MAX_HOPS);
        // A failure names its hop, and the next attempt ends before that hop. So there are at most
        // `HARD_MAX_HOPS` attempts.
        while let Some(prefix) = blocks.get(..count).filter(|prefix| !prefix.is_empty()) {
            let mut symbols = Symbols::default();
            match DelegationChain::of_blocks(prefix, root, &mut symbols) {
                Ok(delegations) => {
                    let delegations = Arc::new(delegations);
                    let presentation =
                        presentation.filter(|_| count == blocks.len()).and_then(|last| {
                            authenticate_last(&delegations, blocks, last, &mut symbols)
                        });
                    return Prefix {
                        delegations: Some(delegations),
                        presentation: presentation
                            .map(|own| (own.presentation, own.presentation_id)),
                        hint_matches,
                    };
                }
                Err(reason) => count = reason.hop.unwrap_or(0).min(count.saturating_sub(1)),
            }
        }
        Prefix::default()
    }
}

impl CachedChain {
    /// Checks that the delegations of a token are authentic, under the root key that they state.
    pub(crate) fn authenticate(container: &Container<'_>) -> Result<Self, Reason> {
        let root = walk::stated_root(container, any_root)?;
        require_hops(container.blocks.len(), HARD_MAX_HOPS)?;
        let mut symbols = Symbols::default();
        let delegations = DelegationChain::of_blocks(&container.blocks, root, &mut symbols)?;
        Ok(Self { delegations: Arc::new(delegations), strings: symbols.to_strings() })
    }
}

fn authenticate_last<'a>(
    delegations: &Arc<DelegationChain>,
    blocks: &[SignedBlock<'a>],
    presentation: &SignedBlock<'a>,
    symbols: &mut Symbols<'a>,
) -> Option<PresentedChain> {
    walk::require_presented(&delegations.holder().key(), blocks, presentation).ok()?;
    walk::presented_chain(Arc::clone(delegations), presentation, symbols).ok()
}

impl DelegationChain {
    /// Checks that a held token is authentic, under the root key that it states.
    pub(crate) fn authenticate(container: &Container<'_>) -> Result<Self, Reason> {
        let root = walk::stated_root(container, any_root)?;
        require_hops(container.blocks.len(), HARD_MAX_HOPS)?;
        Self::of_blocks(&container.blocks, root, &mut Symbols::default())
    }

    fn of_blocks<'a>(
        blocks: &[SignedBlock<'a>],
        root: PublicKey,
        symbols: &mut Symbols<'a>,
    ) -> Result<Self, Reason> {
        walk::require_shape(blocks)?;
        let signed = walk::signatures(blocks, root)?;
        let ids = walk::parents(blocks)?;
        walk::contents(blocks, &signed, &ids, symbols)
    }
}

/// Returns the root key that a token states, trusted or not.
pub(crate) fn any_root(stated: &[u8; 32]) -> Option<PublicKey> {
    PublicKey::from_bytes(stated).ok()
}
