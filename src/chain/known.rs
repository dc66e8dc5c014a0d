//! Texts about a chain that were made already.

use std::sync::{Arc, OnceLock};

/// The owner, the agents and the hops of a chain, in the form of RFC 8785.
#[derive(Debug, Clone)]
pub(crate) struct ChainTexts {
    pub(crate) owner: Arc<str>,
    pub(crate) agents: Arc<str>,
    pub(crate) hops: Arc<str>,
}

/// The texts of a chain, made once. They are no part of it: a copy, which can get another hop, begins
/// without them.
#[derive(Debug, Default)]
pub(crate) struct KnownTexts {
    pub(super) names: OnceLock<ChainTexts>,
    /// The bytes of the delegations with their text: the signatures are not in a chain.
    pub(super) delegations: OnceLock<(Box<[u8]>, Arc<str>)>,
}

impl Clone for KnownTexts {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for KnownTexts {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for KnownTexts {}
