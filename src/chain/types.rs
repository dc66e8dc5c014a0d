//! Authentic chains.

use std::sync::Arc;

use vec1::Vec1;

use crate::chain::hop::Hop;
use crate::chain::known::KnownTexts;
use crate::format::datalog::PresentationBlock;
use crate::format::hop_id::HopId;
use crate::grant::Grant;
use crate::instant::UnixTime;
use crate::key::PublicKey;
use crate::principal::{Owner, Principal};

/// An authentic chain of delegations.
///
/// Each hop is signed by the key that the hop before it names, and the first by the root key that
/// block 0 states. Each block states its parent, and has exactly the bytes that Deputize writes for
/// its contents. Trust and validity are separate checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DelegationChain {
    pub(crate) root: PublicKey,
    pub(crate) owner: Owner,
    pub(crate) token_id: [u8; 16],
    /// The hops, the owner's first.
    pub(crate) hops: Vec1<Hop>,
    pub(super) texts: KnownTexts,
}

impl DelegationChain {
    pub(crate) fn new(root: PublicKey, owner: Owner, token_id: [u8; 16], hops: Vec1<Hop>) -> Self {
        Self { root, owner, token_id, hops, texts: KnownTexts::default() }
    }

    /// Returns the delegate of the last hop, whose key signs the next block.
    pub(crate) fn holder(&self) -> &Principal {
        self.hops.last().delegate()
    }

    /// Returns the id of the last hop, which the next block states as its parent.
    pub(crate) fn last_id(&self) -> HopId {
        self.hops.last().id
    }

    /// Returns the first hop with this delegate.
    pub(crate) fn first_of(&self, key: &PublicKey) -> Option<usize> {
        self.hops.iter().position(|hop| hop.delegate().key() == *key)
    }

    /// Returns the chain with one more hop, which its holder has just signed.
    pub(crate) fn with_hop(&self, grant: Grant, issued: UnixTime, id: HopId) -> Self {
        let mut longer = self.clone();
        longer.hops.push(Hop { delegator: self.holder().clone(), grant, issued, id });
        longer
    }
}

/// An authentic chain, presented by its holder for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PresentedChain {
    pub(crate) delegations: Arc<DelegationChain>,
    pub(crate) presentation: PresentationBlock,
    pub(crate) presentation_id: HopId,
}

/// The longest authentic prefix of a token or a presentation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prefix {
    pub(crate) delegations: Option<Arc<DelegationChain>>,
    /// The presentation block and its id, if all hops are authentic and the holder signed it.
    pub(crate) presentation: Option<(PresentationBlock, HopId)>,
    /// True if the unsigned hint matches the root key.
    pub(crate) hint_matches: bool,
}
