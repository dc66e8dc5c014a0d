//! What a cached chain takes.

use allocation_counter::measure;
use deputize::ChainCache;
use shared::measure::count;
use shared::story::{Fallible, HOPS};
use time::OffsetDateTime;

use crate::chain::{Chain, Growing, verifier};
use crate::many::presented;

const CHAINS: usize = 1_000;

pub(crate) struct Kept {
    pub(crate) hops: usize,
    pub(crate) text_bytes: usize,
    /// Of memory, the cache's own tables included.
    pub(crate) bytes: f64,
}

pub(crate) fn kept(now: OffsetDateTime) -> Fallible<Vec<Kept>> {
    HOPS.into_iter().map(|hops| kept_of(hops, now)).collect()
}

/// What remains allocated when so many chains have come by.
fn kept_of(hops: usize, now: OffsetDateTime) -> Fallible<Kept> {
    let texts = presented(hops, CHAINS, now)?;
    let text_bytes = texts.first().ok_or("no chain")?.len();
    let request = Chain::of(Growing::Hops, hops, now)?.request;
    let chains: Vec<Chain> =
        texts.into_iter().map(|text| Chain { text, request: request.clone(), now }).collect();
    let verifier = verifier()?;
    let (mut cache, mut allowed) = (None, 0_usize);
    let allocated = measure(|| {
        // A chain of eight hops takes the room of four.
        let own = cache.insert(ChainCache::new(CHAINS.saturating_mul(8))).clone();
        let verifier = verifier.clone().with_cache(own);
        for chain in &chains {
            let decision = chain.decide(&verifier, chain.request.clone());
            allowed = allowed.saturating_add(decision.map_or(0, |it| it.is_allowed().into()));
        }
    });
    let remembered = cache.map_or(0, |cache| cache.len());
    if (remembered, allowed) != (CHAINS, CHAINS) {
        return Err(format!("{remembered} remembered, {allowed} allowed of {CHAINS}").into());
    }
    let bytes = count(usize::try_from(allocated.bytes_current)?) / count(CHAINS);
    Ok(Kept { hops, text_bytes, bytes })
}
