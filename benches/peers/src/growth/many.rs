//! Many chains, none twice, made on both cores.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use shared::story::Fallible;
use shared::tell;
use time::OffsetDateTime;

use crate::chain::{Chain, Growing};

/// On how many threads everything is done that can be.
pub(crate) const THREADS: usize = 2;

/// So many tokens that the owner minted one by one, delegated to this many hops and presented for
/// the call of [`Chain::of`].
pub(crate) fn presented(hops: usize, chains: usize, now: OffsetDateTime) -> Fallible<Vec<String>> {
    let made = AtomicUsize::new(0);
    let parts = shared_out(chains, |_| {
        let chain = Chain::of(Growing::Hops, hops, now).map_err(|error| error.to_string())?;
        let made = made.fetch_add(1, Ordering::Relaxed);
        if made.is_multiple_of(1_000) {
            tell(format_args!("{made} of {chains} chains of {hops} hops"));
        }
        Ok(chain.text)
    })?;
    Ok(parts)
}

/// Does it for each number below `count`, half of them on each core. The order is kept.
pub(crate) fn shared_out<T: Send>(
    count: usize,
    run: impl Fn(usize) -> Result<T, String> + Sync,
) -> Result<Vec<T>, String> {
    let run = &run;
    let bounds = |thread: usize| count.saturating_mul(thread) / THREADS;
    thread::scope(|scope| {
        let running: Vec<_> = (0..THREADS)
            .map(|thread| {
                let numbers = bounds(thread)..bounds(thread.saturating_add(1));
                scope.spawn(move || numbers.map(run).collect::<Result<Vec<T>, String>>())
            })
            .collect();
        let mut all = Vec::with_capacity(count);
        for thread in running {
            all.extend(thread.join().map_err(|_| "a thread broke off")??);
        }
        Ok(all)
    })
}
