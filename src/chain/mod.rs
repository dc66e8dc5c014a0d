//! The chain of delegations behind a token or a presentation, and what makes it authentic.

mod walk;

pub(crate) use walk::require_hops;

use std::sync::Arc;

use time::OffsetDateTime;

use crate::format::container::{Container, SignedBlock};
use crate::format::datalog::{PresentationBlock, Strings, Symbols};
use crate::format::hop_id::HopId;
use crate::grant::Grant;
use crate::key::PublicKey;
use crate::limits::HARD_MAX_HOPS;
use crate::principal::{Owner, Principal};
use crate::reason::Reason;
use crate::time::UnixTime;

/// One delegation of an authentic chain: who signed it, to whom, and what it grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    pub(crate) delegator: Principal,
    pub(crate) grant: Grant,
    pub(crate) issued: UnixTime,
    pub(crate) id: HopId,
}

impl Hop {
    /// Who delegated, with the key that signed.
    pub fn delegator(&self) -> &Principal {
        &self.delegator
    }

    /// To whom.
    pub fn delegate(&self) -> &Principal {
        &self.grant.delegate
    }

    /// What was granted.
    pub fn grant(&self) -> &Grant {
        &self.grant
    }

    /// When, by the clock of the one who delegated.
    pub fn issued(&self) -> OffsetDateTime {
        self.issued.to_datetime()
    }

    /// The id to revoke it by.
    pub fn id(&self) -> HopId {
        self.id
    }
}

/// Authentic delegations: each is signed by the key that the one before it names, the first by the
/// root key that it states; each states its parent; each says what Deputize says and nothing else.
/// Whether the root is trusted and the hops are valid now is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DelegationChain {
    pub(crate) root: PublicKey,
    pub(crate) owner: Owner,
    pub(crate) token_id: [u8; 16],
    /// The owner's first. There is at least one.
    pub(crate) hops: Vec<Hop>,
    /// The delegate of the last hop.
    pub(crate) holder: Principal,
    /// The id of the last hop.
    pub(crate) id: HopId,
}

/// The same, closed over one request by their holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PresentedChain {
    pub(crate) delegations: Arc<DelegationChain>,
    pub(crate) presentation: PresentationBlock,
    pub(crate) presentation_id: HopId,
}

impl PresentedChain {
    /// Checks a presentation, in this order: the root key that it states and whether `find_root`
    /// knows it, the number of hops, the shape of every block, the delegations' signatures, the
    /// holder's, the parent of each block, and last what the blocks say. What `memory` knows of the
    /// delegations is not checked again.
    pub(crate) fn authenticate(
        container: &Container<'_>,
        find_root: impl FnOnce(&[u8; 32]) -> Option<PublicKey>,
        max_hops: usize,
        memory: &impl ChainLookup,
    ) -> Result<Self, Reason> {
        let root = walk::stated_root(container, find_root)?;
        let (presentation, blocks) =
            container.blocks.split_last().ok_or_else(walk::not_presented)?;
        require_hops(blocks.len(), max_hops)?;
        walk::require_shape(&container.blocks)?;
        walk::require_presentation_last(container)?;
        if let Some(known) = memory.get() {
            let delegations = &known.delegations;
            walk::require_presented(&delegations.holder.key(), blocks, presentation)?;
            memory.touch();
            let symbols = &mut Symbols::after(&known.strings);
            return walk::presented_chain(Arc::clone(delegations), presentation, symbols);
        }
        let signed = walk::signatures(blocks, root)?;
        walk::require_presented(&signed.holder, blocks, presentation)?;
        let ids = walk::parents(blocks)?;
        walk::require_parent(presentation, blocks.len(), ids.last())?;
        let mut symbols = Symbols::default();
        let delegations = Arc::new(walk::contents(blocks, &signed, &ids, &mut symbols)?);
        memory.insert(symbols.all_text(), || CachedChain {
            delegations: Arc::clone(&delegations),
            strings: symbols.to_strings(),
        });
        walk::presented_chain(delegations, presentation, &mut symbols)
    }

    /// As much of a token or a presentation as is authentic, from the owner's hop on, whatever is
    /// wrong with the rest: for reports.
    pub(crate) fn longest_prefix(container: &Container<'_>) -> Prefix {
        let root = walk::stated_bytes(container).ok().and_then(any_root);
        let Some(root) = root else { return Prefix::default() };
        let is_hinted_at = walk::stated_root(container, any_root).is_ok();
        let is_presented = walk::require_presentation_last(container).is_ok();
        let (presentation, blocks) = match container.blocks.split_last() {
            Some((presentation, blocks)) if is_presented => (Some(presentation), blocks),
            _ => (None, container.blocks.as_slice()),
        };
        let mut most = blocks.len().min(HARD_MAX_HOPS);
        // Signatures, parents and words each end it once at most, and sooner each time.
        while let Some(some) = blocks.get(..most).filter(|some| !some.is_empty()) {
            let mut symbols = Symbols::default();
            match DelegationChain::of_blocks(some, root, &mut symbols) {
                Ok(delegations) => {
                    let delegations = Arc::new(delegations);
                    let presentation =
                        presentation.filter(|_| most == blocks.len()).and_then(|presentation| {
                            let holder = delegations.holder.key();
                            walk::require_presented(&holder, blocks, presentation).ok()?;
                            walk::presented_chain(
                                Arc::clone(&delegations),
                                presentation,
                                &mut symbols,
                            )
                            .ok()
                        });
                    let presentation = presentation.map(|chain| chain.presentation);
                    return Prefix { delegations: Some(delegations), presentation, is_hinted_at };
                }
                Err(reason) => most = reason.hop.unwrap_or(0).min(most.saturating_sub(1)),
            }
        }
        Prefix::default()
    }
}

/// Finds whatever root key a token states, trusted or not.
pub(crate) fn any_root(stated: &[u8; 32]) -> Option<PublicKey> {
    PublicKey::from_bytes(stated).ok()
}

/// The authentic beginning of a token or a presentation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prefix {
    pub(crate) delegations: Option<Arc<DelegationChain>>,
    /// Where all hops are authentic, and the holder signed it.
    pub(crate) presentation: Option<PresentationBlock>,
    /// Whether the unsigned hint goes with the root key.
    pub(crate) is_hinted_at: bool,
}

impl DelegationChain {
    /// Checks a token that was not presented. It proves who delegated what to whom, and nothing of
    /// whoever carries it.
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

    /// The delegations with one more, which their holder signed just now.
    pub(crate) fn with(&self, grant: Grant, issued: UnixTime, id: HopId) -> Self {
        let mut longer = Self { holder: grant.delegate.clone(), id, ..self.clone() };
        longer.hops.push(Hop { delegator: self.holder.clone(), grant, issued, id });
        longer
    }
}

/// What is known of a token's blocks, the last one aside.
pub(crate) trait ChainLookup {
    /// What was found out about them.
    fn get(&self) -> Option<Arc<CachedChain>>;

    /// Notes that the holder presented what was recalled.
    fn touch(&self);

    /// Keeps what was found out. All their strings, each as often as it is used, have `text` bytes.
    fn insert(&self, text: usize, found: impl FnOnce() -> CachedChain);
}

/// Remembers nothing.
#[derive(Debug)]
pub(crate) struct NoCache;

impl ChainLookup for NoCache {
    fn get(&self) -> Option<Arc<CachedChain>> {
        None
    }

    fn touch(&self) {}

    fn insert(&self, _: usize, _: impl FnOnce() -> CachedChain) {}
}

/// Delegations as they were found authentic: everything about them that depends on their bytes
/// alone.
#[derive(Debug)]
pub(crate) struct CachedChain {
    delegations: Arc<DelegationChain>,
    /// What the presentation's block may call by number.
    strings: Strings,
}
