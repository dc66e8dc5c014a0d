//! Chains that were authenticated before, so that a repeated token costs one signature.

use std::collections::hash_map::RandomState;
use std::fmt::{self, Debug, Formatter};
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{Equivalent, Weighter};

use crate::chain::{CachedChain, ChainLookup};
use crate::format::container::Container;
use crate::limits::{CACHE_BYTES_PER_BLOCK_BYTE, CACHE_SLOT_BYTES};

/// Remembers chains that a verifier found authentic, for
/// [`Verifier::with_cache`](crate::Verifier::with_cache). Cheap to clone; clones share what they
/// remember, and so may verifiers, whatever they trust.
///
/// An agent presents the same token for each of its calls: all blocks are the same but the last.
/// Of those, what cannot change is remembered: that each is signed by whom the one before names, and
/// what it says. Everything else is looked at for every call: the signature of the presentation,
/// trust, time, revocation, the request, the service's policy and replays.
///
/// What is remembered is found by all its bytes, signatures included, and not by a digest of them. So
/// a chain that differs in one bit is another chain. It is found only after the verifier saw that it
/// trusts the root key which the chain states.
///
/// A chain is remembered when its holder has presented it, allowed or not. If there is no more room,
/// those go that their holders did not present again: many chains that are used once do not drive
/// out the ones in use, whatever others send.
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
    /// Whoever chooses the bytes must not choose where they are put.
    hasher: RandomState,
    entries: Cache<Blocks<Box<[u8]>>, Entry, BySlots, RandomState>,
}

/// All blocks of a token but the last, and what they hash to: that takes long enough to be done once.
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
    /// Room for so many chains of one or two ordinary hops; those of eight take that of three or four. It
    /// never takes more than 64 KiB of memory for each (ordinary chains of one hop take 4 KiB, of eight
    /// 20 to 27 KiB), and takes it as chains come.
    pub fn new(chains: usize) -> Self {
        let slots = u64::try_from(chains).unwrap_or(u64::MAX);
        let (hasher, lifecycle) = (RandomState::new(), DefaultLifecycle::default());
        let entries = Cache::with(chains, slots, BySlots, hasher.clone(), lifecycle);
        Self(Arc::new(Chains { hasher, entries }))
    }

    /// How many chains are remembered.
    pub fn len(&self) -> usize {
        self.0.entries.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    /// How often a holder presented a chain that was there.
    pub fn hits(&self) -> u64 {
        self.0.entries.hits()
    }

    /// How often a chain was asked for and was not there.
    pub fn misses(&self) -> u64 {
        self.0.entries.misses()
    }

    /// Where what a token says before its last block is looked for.
    pub(crate) fn slot<'a>(&'a self, token: &'a [u8]) -> Option<Slot<'a>> {
        let bytes = Container::before_last(token).ok()?;
        let hash = self.0.hasher.hash_one(bytes);
        Some(Slot { entries: &self.0.entries, blocks: Blocks { hash, bytes } })
    }
}

/// What is known, and where in it to look.
pub(crate) struct Slot<'a> {
    entries: &'a Cache<Blocks<Box<[u8]>>, Entry, BySlots, RandomState>,
    blocks: Blocks<&'a [u8]>,
}

impl ChainLookup for Slot<'_> {
    fn get(&self) -> Option<Arc<CachedChain>> {
        // Who asks has shown no key yet, and so counts only if there is nothing.
        let entries = self.entries.peek(&self.blocks).or_else(|| self.entries.get(&self.blocks))?;
        Some(entries.chain)
    }

    fn touch(&self) {
        self.entries.get(&self.blocks);
    }

    fn insert(&self, text: usize, found: impl FnOnce() -> CachedChain) {
        let Blocks { hash, bytes } = self.blocks;
        let most = bytes.len().saturating_mul(CACHE_BYTES_PER_BLOCK_BYTE).saturating_add(text);
        let slots = u64::try_from(most.div_ceil(CACHE_SLOT_BYTES)).unwrap_or(u64::MAX);
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
    fn weight(&self, _: &Blocks<Box<[u8]>>, entries: &Entry) -> u64 {
        entries.slots
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
    fn a_chain_that_differs_in_one_bit_is_another() {
        let now = datetime!(2026-11-23 18:00 UTC);
        let [alice, agent] = [1, 2].map(|seed| SigningKey::from_bytes(&[seed; 32]));
        let to = Principal::agent("planner", agent.public_key()).unwrap();
        let own = Capability::new("read", "**").unwrap();
        let end = datetime!(2026-11-23 19:00 UTC);
        let grant = Grant::new(to, [own], end, "a test").unwrap();
        let token = Token::mint(Owner::human("alice").unwrap(), &alice, grant, now).unwrap();
        let request = Request::new("read", "a", "crm").unwrap();
        let shown = token.present(&agent, &request, now).unwrap();
        let cache = ChainCache::new(5);
        let slot = cache.slot(shown.as_bytes()).unwrap();
        let container = Container::parse(shown.as_bytes()).unwrap();
        assert!(PresentedChain::authenticate(&container, any_root, 8, &slot).is_ok());
        assert!(slot.get().is_some());
        // What follows the chain does not matter; every byte of it does.
        let blocks = slot.blocks.bytes.to_vec();
        assert!(shown.as_bytes().starts_with(&blocks) && blocks.len() > 200);
        for at in 0..blocks.len() {
            let mut altered = blocks.clone();
            *altered.get_mut(at).unwrap() ^= 1;
            // Even if both had one hash.
            let blocks = Blocks { hash: slot.blocks.hash, bytes: altered.as_slice() };
            assert!(Slot { blocks, ..slot }.get().is_none(), "{at}");
        }
    }
}
