//! Chains that were authenticated before, so that a repeated token costs one signature.

use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use crate::chain::Authentic;
use crate::container::SignedBlock;
use crate::key::PublicKey;

/// What one of the `chains` of [`ChainCache::new`] may take, in bytes: more than an ordinary chain
/// of eight hops does.
const ROOM: usize = 16 * 1024;

/// How many bytes in memory one byte of a block becomes at most, text aside, which stands once in a
/// token and in memory as often as it is used.
const GROWTH: usize = 16;

/// Remembers chains that a verifier found authentic, for
/// [`Verifier::with_cache`](crate::Verifier::with_cache). Cheap to clone; clones share what they
/// remember, and so may verifiers, whatever they trust.
///
/// An agent presents the same token for each of its calls: all blocks are the same but the last.
/// Of those, what cannot change is remembered: that each is signed by whom the one before names, and
/// what it says. Everything else is looked at for every call: the signature of the presentation,
/// trust, time, revocation, the request, the service's policy and replays.
///
/// What is remembered is found by the SHA-256 of all that was signed, the signatures and the root
/// key. So a chain that differs in one bit is another chain, and one that was found authentic under
/// one root key is not known to a verifier that does not trust that key.
///
/// A chain is remembered when its holder has presented it. If there is no more room, those go that
/// were not asked for again: many chains that are used once do not drive out the ones in use.
///
/// ```
/// use deputize::{ChainCache, Replays, Revocation, Signer, SigningKey, TrustAnchor, Verifier};
///
/// let alice = SigningKey::generate()?.public_key();
/// let verifier = Verifier::new(
///     [TrustAnchor::new(alice, "alice@acme.com")],
///     Revocation::NotChecked,
///     Replays::AcceptedForReadOnlyCalls,
/// )
/// .with_cache(ChainCache::new(10_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ChainCache(Arc<Cache<Key, Known, InRooms>>);

/// SHA-256 of a chain and the root key.
type Key = [u8; 32];

#[derive(Clone)]
struct Known {
    chain: Arc<Authentic>,
    rooms: u64,
}

impl ChainCache {
    /// Room for so many chains of ordinary size: for 16 KiB each, and a larger one takes the room of
    /// several. Memory is taken as chains come.
    pub fn new(chains: usize) -> Self {
        let rooms = u64::try_from(chains).unwrap_or(u64::MAX);
        Self(Arc::new(Cache::with_weighter(chains, rooms, InRooms)))
    }

    /// How many chains are remembered.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How often a chain was asked for and was there.
    pub fn hits(&self) -> u64 {
        self.0.hits()
    }

    /// How often one was not.
    pub fn misses(&self) -> u64 {
        self.0.misses()
    }

    /// The chain of these blocks, if it was found authentic with one of these root keys.
    pub(crate) fn get(
        &self,
        roots: &[PublicKey],
        blocks: &[SignedBlock<'_>],
    ) -> Option<Arc<Authentic>> {
        let known = roots.iter().find_map(|root| self.0.get(&key(root, blocks)))?;
        Some(known.chain)
    }

    /// Remembers a chain of which all strings, each as often as it is used, have `text` bytes.
    pub(crate) fn insert(&self, blocks: &[SignedBlock<'_>], text: usize, chain: Arc<Authentic>) {
        let wire: usize = blocks.iter().map(|block| block.content.len()).sum();
        let most = wire.saturating_mul(GROWTH).saturating_add(text);
        let rooms = u64::try_from(most.div_ceil(ROOM)).unwrap_or(u64::MAX);
        self.0.insert(key(&chain.ends.root, blocks), Known { chain, rooms });
    }
}

impl Debug for ChainCache {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ChainCache({} chains)", self.len())
    }
}

/// Everything that a signature check looks at, and the signatures.
fn key(root: &PublicKey, blocks: &[SignedBlock<'_>]) -> Key {
    let mut hash = Sha256::new();
    hash.update(b"deputize chain v1\0");
    hash.update(root.as_bytes());
    for block in blocks {
        // Before a chain is looked for, keys are known to have 32 bytes and the version to be ours.
        hash.update(block.next_key);
        for part in [block.signature, block.content] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            hash.update(part);
        }
    }
    hash.finalize().into()
}

#[derive(Clone)]
struct InRooms;

impl Weighter<Key, Known> for InRooms {
    fn weight(&self, _: &Key, known: &Known) -> u64 {
        known.rooms
    }
}
