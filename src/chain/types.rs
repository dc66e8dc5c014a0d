//! Authentic chains.

use std::sync::Arc;

use vec1::Vec1;

use crate::chain::hop::Hop;
use crate::format::datalog::PresentationBlock;
use crate::format::hop_id::HopId;
use crate::grant::Grant;
use crate::key::PublicKey;
use crate::principal::{Owner, Principal};
use crate::time::UnixTime;

/// An authentic chain of delegations.
///
/// Each hop is signed by the key that the hop before it names, the first by the root key that block 0
/// states; each block states its parent; and each has the bytes that Deputize writes for its contents.
/// Whether the root is trusted and the hops are valid is not checked here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DelegationChain {
    pub(crate) root: PublicKey,
    pub(crate) owner: Owner,
    pub(crate) token_id: [u8; 16],
    /// The owner's hop first.
    pub(crate) hops: Vec1<Hop>,
}

impl DelegationChain {
    /// The delegate of the last hop, whose key presents and delegates.
    pub(crate) fn holder(&self) -> &Principal {
        self.hops.last().delegate()
    }

    /// The id of the last hop, which the next block states as its parent.
    pub(crate) fn last_id(&self) -> HopId {
        self.hops.last().id
    }

    /// The chain with one hop more, which its holder signed just now.
    pub(crate) fn with_hop(&self, grant: Grant, issued: UnixTime, id: HopId) -> Self {
        let mut longer = self.clone();
        longer.hops.push(Hop { delegator: self.holder().clone(), grant, issued, id });
        longer
    }
}

/// An authentic chain that its holder presented for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PresentedChain {
    pub(crate) delegations: Arc<DelegationChain>,
    pub(crate) presentation: PresentationBlock,
    pub(crate) presentation_id: HopId,
}

/// The authentic beginning of a token or a presentation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Prefix {
    pub(crate) delegations: Option<Arc<DelegationChain>>,
    /// The presentation, where all hops are authentic and the holder signed it.
    pub(crate) presentation: Option<PresentationBlock>,
    /// The unsigned hint goes with the root key.
    pub(crate) is_hinted_at: bool,
}
