//! Chains that were authenticated before, so that a repeated token costs one signature.

use std::collections::hash_map::RandomState;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

use crate::chain::{Authentic, Memory};
use crate::container::Container;
use crate::key::PublicKey;

/// What one of the `chains` of [`ChainCache::new`] may take, in bytes.
const ROOM: usize = 64 * 1024;

/// How many bytes in memory one byte of a block becomes at most, text aside, which stands once in a
/// token and in memory as often as it is used.
const GROWTH: usize = 40;

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
/// a chain that differs in one bit is another chain. One that begins with a key which the verifier
/// does not trust is not known to it.
///
/// A chain is remembered when its holder has presented it, allowed or not. If there is no more room,
/// those go that were not asked for again: many chains that are used once do not drive out the ones
/// in use.
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
pub struct ChainCache(Arc<Cache<Box<[u8]>, Known, InRooms, RandomState>>);

#[derive(Clone)]
struct Known {
    chain: Arc<Authentic>,
    rooms: u64,
}

impl ChainCache {
    /// Room for so many chains of one or two ordinary hops; those of eight take that of three or four. It
    /// never takes more than 64 KiB of memory for each (ordinary chains of one hop take 4 KiB, of eight
    /// 20 to 27 KiB), and takes it as chains come.
    pub fn new(chains: usize) -> Self {
        let rooms = u64::try_from(chains).unwrap_or(u64::MAX);
        // Whoever chooses the bytes must not choose where they are put.
        let hasher = RandomState::new();
        Self(Arc::new(Cache::with(chains, rooms, InRooms, hasher, DefaultLifecycle::default())))
    }

    /// How many chains are remembered.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How often a chain was asked for and was there, be it with a root key that was not trusted.
    pub fn hits(&self) -> u64 {
        self.0.hits()
    }

    /// How often one was not.
    pub fn misses(&self) -> u64 {
        self.0.misses()
    }

    /// Where what a token says before its last block is looked for.
    pub(crate) fn place<'a>(&'a self, token: &'a [u8]) -> Option<Place<'a>> {
        Some(Place { cache: self, blocks: Container::before_last(token).ok()? })
    }
}

/// All blocks of a token but the last, as they arrived.
pub(crate) struct Place<'a> {
    cache: &'a ChainCache,
    blocks: &'a [u8],
}

impl Memory for Place<'_> {
    fn recall(&self, roots: &[PublicKey]) -> Option<Arc<Authentic>> {
        let known = self.cache.0.get(self.blocks)?;
        Some(known.chain).filter(|chain| roots.contains(&chain.ends.root))
    }

    fn remember(&self, text: usize, found: impl FnOnce() -> Authentic) {
        let most = self.blocks.len().saturating_mul(GROWTH).saturating_add(text);
        let rooms = u64::try_from(most.div_ceil(ROOM)).unwrap_or(u64::MAX);
        self.cache.0.insert(self.blocks.into(), Known { chain: Arc::new(found()), rooms });
    }
}

impl Debug for ChainCache {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "ChainCache({} chains)", self.len())
    }
}

#[derive(Clone)]
struct InRooms;

impl Weighter<Box<[u8]>, Known> for InRooms {
    fn weight(&self, _: &Box<[u8]>, known: &Known) -> u64 {
        known.rooms
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use crate::capability::Capability;
    use crate::chain::Chain;
    use crate::grant::Grant;
    use crate::key::{Signer, SigningKey};
    use crate::principal::{Owner, Principal};
    use crate::request::Request;
    use crate::token::Token;
    use crate::trust::TrustAnchor;
    use time::macros::datetime;

    /// The unsigned hint at the root key has 32 bits, so that others have the same.
    #[test]
    fn a_chain_is_known_to_those_alone_who_trust_its_root() {
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
        let anchor = TrustAnchor::new(alice.public_key(), "alice");
        let place = cache.place(shown.as_bytes()).unwrap();
        let container = Container::parse(shown.as_bytes()).unwrap();
        assert!(Chain::authenticate(&container, &[anchor], 8, &place).is_ok());
        let [root, other] = [alice.public_key(), agent.public_key()];
        assert!(place.recall(&[other]).is_none());
        assert!(place.recall(&[other, root]).is_some());
        // What follows the chain does not matter; every byte of it does.
        let blocks = place.blocks.to_vec();
        assert!(shown.as_bytes().starts_with(&blocks) && blocks.len() > 200);
        for at in 0..blocks.len() {
            let mut altered = blocks.clone();
            *altered.get_mut(at).unwrap() ^= 1;
            assert!(Place { cache: &cache, blocks: &altered }.recall(&[root]).is_none(), "{at}");
        }
    }
}
