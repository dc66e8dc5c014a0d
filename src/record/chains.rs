//! Chains of records, each of which is checked once.

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::chain::CachedChain;
use crate::format::container::{Container, FormatError, Proof, from_text};
use crate::key::TERMINAL_SECRET;
use crate::limits::MAX_RECORDED_CHAIN_BYTES;
use crate::record::contradiction::Contradiction;
use crate::record::field::FieldKind;

/// The chains of records that were checked, for
/// [`RecordCore::check_signatures`](crate::RecordCore::check_signatures): an agent makes many calls
/// with one chain, and its signatures are checked once. Its memory is bounded, and threads share it.
#[derive(Default)]
pub struct RecordedChains(Mutex<Generations>);

/// The chains that were used since the older ones were put aside, and those. A chain that is used
/// again moves to the newer ones.
#[derive(Default)]
struct Generations {
    newer: HashMap<Arc<str>, Judged>,
    /// The length of their texts.
    bytes: usize,
    older: HashMap<Arc<str>, Judged>,
}

/// A chain, or why it is not one.
pub(super) type Judged = Arc<Result<RecordedChain, Contradiction>>;

/// An authentic chain, as records have it.
pub(super) struct RecordedChain {
    pub(super) bytes: Vec<u8>,
    pub(super) chain: Arc<CachedChain>,
    pub(super) owner: Value,
    pub(super) agents: Value,
    pub(super) hops: Value,
}

impl RecordedChains {
    /// Checks the value of the field `chain`, unless it was checked before.
    pub(super) fn judge(&self, text: &str) -> Judged {
        if let Some(found) = self.with(|own| own.find(text)) {
            return found;
        }
        // Other threads go on meanwhile. Two may check one chain.
        let judged = Arc::new(RecordedChain::of(text));
        self.with(|own| own.insert(text.into(), Arc::clone(&judged)));
        judged
    }

    fn with<T>(&self, work: impl FnOnce(&mut Generations) -> T) -> T {
        // No code that holds the lock can panic in the middle of a change.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Generations {
    fn find(&mut self, text: &str) -> Option<Judged> {
        if let Some(found) = self.newer.get(text) {
            return Some(Arc::clone(found));
        }
        let (text, found) = self.older.remove_entry(text)?;
        self.insert(text, Arc::clone(&found));
        Some(found)
    }

    fn insert(&mut self, text: Arc<str>, found: Judged) {
        if self.bytes > MAX_RECORDED_CHAIN_BYTES {
            (self.older, self.bytes) = (std::mem::take(&mut self.newer), 0);
        }
        self.bytes = self.bytes.saturating_add(text.len());
        self.newer.insert(text, found);
    }
}

impl RecordedChain {
    /// Checks that the delegations are an authentic token under the root key that they state.
    fn of(text: &str) -> Result<Self, Contradiction> {
        let not_a_token = |why| Contradiction::NotAToken { kind: FieldKind::Chain, why };
        let bytes = from_text(text).map_err(not_a_token)?;
        let end = Proof::NextSecret(&TERMINAL_SECRET).to_bytes();
        let token = [bytes.as_slice(), &end].concat();
        let container =
            Container::parse(&token).map_err(|why| not_a_token(FormatError::from(why)))?;
        let not_authentic = |reason| Contradiction::NotAuthentic { reason: Box::new(reason) };
        let chain = CachedChain::authenticate(&container).map_err(not_authentic)?;
        let malformed = |_| Contradiction::Malformed { kind: FieldKind::Chain };
        let texts = chain.delegations.texts().map_err(malformed)?;
        let read = |text: &str| serde_json::from_str(text).map_err(malformed);
        let [owner, agents, hops] = [read(&texts.owner)?, read(&texts.agents)?, read(&texts.hops)?];
        Ok(Self { bytes, chain: Arc::new(chain), owner, agents, hops })
    }
}

impl Debug for RecordedChains {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordedChains").finish_non_exhaustive()
    }
}
