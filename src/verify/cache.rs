//! Cache of authentic chains, so that a repeated token costs one signature check.

use std::collections::hash_map::RandomState;
use std::fmt::{self, Debug, Formatter};
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{Equivalent, Weighter};

use crate::chain::{CachedChain, ChainLookup};
use crate::format::container::Container;
use crate::limits::{CACHE_BYTES_PER_BLOCK_BYTE, CACHE_SLOT_BYTES};

/// A cache of chains that a verifier found authentic, for
/// [`Verifier::with_cache`](crate::Verifier::with_cache). Cheap to clone. Clones share the entries,
/// and so may verifiers with different trust anchors.
///
/// An agent presents the same token for each of its calls, with a new last block. The cache keeps
/// the facts about the other blocks that cannot change: that each is signed by the key that the
/// block before it names, and its decoded contents. Everything else is checked on every call: the
/// signature of the presentation, trust, time, revocation, the request, the service's policy and
/// replays.
///
/// The key of an entry is all bytes of these blocks, signatures included, and not a digest of them.
/// So a chain that differs in one bit is another chain. The look-up follows the check that the
/// verifier has an anchor for the root key that the chain states.
///
/// A chain is inserted when its holder presents it, whether the call is allowed or not. When the
/// cache is full, it evicts chains that their holders have not presented again. So a flood of
/// chains that are used once does not evict the ones in use.
///
/// ```
/// use deputize::{ChainCache, ReplayPolicy, RevocationPolicy, Signer, SigningKey, TrustAnchor, Verifier};
/// use time::Duration;
///
/// let alice = SigningKey::generate()?.public_key();
/// let verifier = Verifier::new(
///     TrustAnchor::new(alice, "alice@acme.com"),
///     RevocationPolicy::OnlyByExpiry { at_most: Duration::hours(8) },
///     ReplayPolicy::accepted_for(["crm.read".parse()?]),
/// )
/// .with_cache(ChainCache::new(10_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ChainCache(Arc<Chains>);

struct Chains {
    /// The hash key is random, so that an attacker who chooses the bytes cannot choose their slot.
    hasher: RandomState,
    entries: Cache<Blocks<Box<[u8]>>, Entry, BySlots, RandomState>,
}

/// All blocks of a token except the last, and their hash, which is computed once because it is
/// expensive.
struct Blocks<Bytes> {
    hash: u64,
    bytes: Bytes,
}

#[derive(Clone)]
struct Entry {
    chain: Arc<CachedChain>,
    slots: u64,
}

impl ChainCache {
    /// Creates a cache for about `chains` chains of one or two hops. A chain of eight hops counts
    /// as three or four.
    ///
    /// Memory grows with the number of entries, to at most 64 KiB for each of `chains`. Ordinary
    /// chains take 4 KiB with one hop, and 20 to 27 KiB with eight.
    pub fn new(chains: usize) -> Self {
        let slots = u64::try_from(chains).unwrap_or(u64::MAX);
        let (hasher, lifecycle) = (RandomState::new(), DefaultLifecycle::default());
        let entries = Cache::with(chains, slots, BySlots, hasher.clone(), lifecycle);
        Self(Arc::new(Chains { hasher, entries }))
    }

    /// Returns the number of cached chains.
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// Returns true if no chain is cached.
    pub fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// Returns the number of times that a holder presented a cached chain.
    pub fn hits(&self) -> u64 {
        self.0.entries.hits()
    }

    /// Returns the number of look-ups that found no chain.
    pub fn misses(&self) -> u64 {
        self.0.entries.misses()
    }

    /// Returns the cache slot for all blocks except the last.
    pub(crate) fn slot<'a>(&'a self, token: &'a [u8]) -> Option<Slot<'a>> {
        let bytes = Container::before_last(token).ok()?;
        let hash = self.0.hasher.hash_one(bytes);
        Some(Slot { entries: &self.0.entries, blocks: Blocks { hash, bytes } })
    }
}

/// The cache, and the key of one entry.
pub(crate) struct Slot<'a> {
    entries: &'a Cache<Blocks<Box<[u8]>>, Entry, BySlots, RandomState>,
    blocks: Blocks<&'a [u8]>,
}

impl ChainLookup for Slot<'_> {
    fn get(&self) -> Option<Arc<CachedChain>> {
        // The presenter has not shown its key yet, so a hit does not count as a use until `touch`.
        // A miss counts here, by `get`.
        let entry = self.entries.peek(&self.blocks).or_else(|| self.entries.get(&self.blocks))?;
        Some(entry.chain)
    }

    fn touch(&self) {
        self.entries.get(&self.blocks);
    }

    fn insert(&self, text: usize, found: impl FnOnce() -> CachedChain) {
        let Blocks { hash, bytes } = self.blocks;
        let max_bytes = bytes.len().saturating_mul(CACHE_BYTES_PER_BLOCK_BYTE).saturating_add(text);
        let slots = u64::try_from(max_bytes.div_ceil(CACHE_SLOT_BYTES)).unwrap_or(u64::MAX);
        let blocks = Blocks { hash, bytes: bytes.into() };
        self.entries.insert(blocks, Entry { chain: Arc::new(found()), slots });
    }
}

impl<Bytes> Hash for Blocks<Bytes> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl Equivalent<Blocks<Box<[u8]>>> for Blocks<&[u8]> {
    fn equivalent(&self, other: &Blocks<Box<[u8]>>) -> bool {
        *self.bytes == *other.bytes
    }
}

impl PartialEq for Blocks<Box<[u8]>> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl Eq for Blocks<Box<[u8]>> {}

impl Debug for ChainCache {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ChainCache({} chains)", self.len())
    }
}

#[derive(Clone)]
struct BySlots;

impl Weighter<Blocks<Box<[u8]>>, Entry> for BySlots {
    fn weight(&self, _: &Blocks<Box<[u8]>>, entry: &Entry) -> u64 {
        entry.slots
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use crate::capability::Capability;
    use crate::chain::{PresentedChain, any_root};
    use crate::grant::Grant;
    use crate::key::{Signer, SigningKey};
    use crate::principal::{Owner, Principal};
    use crate::request::Request;
    use crate::token::Token;
    use time::macros::datetime;

    #[test]
    fn a_chain_that_differs_in_one_bit_is_not_found() {
        let now = datetime!(2026-11-23 18:00 UTC);
        let [alice, agent] = [1, 2].map(|seed| SigningKey::from_bytes(&[seed; 32]));
        let to = Principal::agent("planner", agent.public_key()).unwrap();
        let own = Capability::new("read", "**").unwrap();
        let end = datetime!(2026-11-23 19:00 UTC);
        let grant = Grant::new(to, [own], end, "a test").unwrap();
        let token = Token::mint(Owner::human("alice").unwrap(), &alice, grant, now).unwrap();
        let request = Request::new("read", "a", "crm").unwrap();
        let presentation = token.present(&agent, &request, now).unwrap();
        let cache = ChainCache::new(5);
        let slot = cache.slot(presentation.as_bytes()).unwrap();
        let container = Container::parse(presentation.as_bytes()).unwrap();
        assert!(PresentedChain::authenticate(&container, any_root, 8, &slot).is_ok());
        assert!(slot.get().is_some());
        // The bytes after the chain do not matter, but every byte of the chain does.
        let blocks = slot.blocks.bytes.to_vec();
        assert!(presentation.as_bytes().starts_with(&blocks) && blocks.len() > 200);
        for at in 0..blocks.len() {
            let mut altered = blocks.clone();
            *altered.get_mut(at).unwrap() ^= 1;
            // Even with the same hash.
            let blocks = Blocks { hash: slot.blocks.hash, bytes: altered.as_slice() };
            assert!(Slot { blocks, ..slot }.get().is_none(), "{at}");
        }
    }
}
