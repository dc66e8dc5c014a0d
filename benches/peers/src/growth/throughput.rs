//! Decisions per second on one thread and on two, with so many chains in use.

use std::fs::read_to_string;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use deputize::{ChainCache, Decision, Presentation, Request, Verifier};
use ed25519_dalek::{Signer as _, SigningKey};
use shared::measure::{count, median};
use shared::story::Fallible;
use shared::tell;
use time::OffsetDateTime;

use crate::chain::{Chain, Growing, HOPS, verifier};
use crate::many::{THREADS, presented, shared_out};

/// How many distinct chains are in use.
const CHAINS: [usize; 3] = [1, 1_000, 100_000];

/// Short beside what else comes and goes on the machine, long beside starting a thread.
const SLICE: Duration = Duration::from_millis(60);

pub(crate) const ROUNDS: usize = 25;

/// From one chain to the next: a prime, so that all are visited and none foreseen.
const STRIDE: usize = 61_813;

pub(crate) struct Throughput {
    pub(crate) system: &'static str,
    pub(crate) chains: usize,
    /// A second, on one thread and on two.
    pub(crate) one: f64,
    pub(crate) two: f64,
    /// What a decision takes on one thread, in `verify_strict` of the same round.
    pub(crate) to_floor: f64,
    /// From one thread to two in the same round, by the clock.
    pub(crate) scaling_wall: f64,
    /// The same without the time for which a thread could have run and others had its core.
    pub(crate) scaling: f64,
}

/// One thing that is done over and over; it says whether it went as it should.
struct Work {
    system: &'static str,
    chains: usize,
    next: AtomicUsize,
    run: Box<dyn Fn(usize) -> bool + Sync>,
}

/// How often a second.
#[derive(Clone, Copy)]
struct Rate {
    wall: f64,
    /// For each second that the threads had a core or waited for each other.
    own: f64,
}

pub(crate) fn throughput(now: OffsetDateTime) -> Fallible<Vec<Throughput>> {
    let mut works = vec![verify_strict()];
    let most = CHAINS.into_iter().max().unwrap_or(1);
    let texts: Arc<[String]> = presented(HOPS, most, now)?.into();
    let request = Chain::of(Growing::Hops, HOPS, now)?.request;
    let mut caches = Vec::new();
    for chains in CHAINS {
        let cold = Deciding::new(&texts, chains, verifier()?, &request, now);
        // A chain takes two rooms at most; how they fall to the parts of the cache is chance.
        let cache = ChainCache::new(chains.saturating_mul(4).max(1_000));
        let cached =
            Deciding { verifier: cold.verifier.clone().with_cache(cache.clone()), ..cold.clone() };
        cached.warm()?;
        if cache.len() != chains {
            return Err(format!("{} of {chains} chains are remembered", cache.len()).into());
        }
        caches.push((cache.clone(), cache.misses()));
        works.push(Work::new("cold", chains, move |at| cold.is_allowed(at)));
        works.push(Work::new("cached", chains, move |at| cached.is_allowed(at)));
    }

    let mut rounds = Vec::with_capacity(ROUNDS);
    for number in 1..=ROUNDS {
        tell(format_args!("throughput, round {number} of {ROUNDS}"));
        rounds.push(works.iter().map(|work| work.pair(number)).collect::<Fallible<Vec<_>>>()?);
    }
    if caches.iter().any(|(cache, misses)| cache.misses() != *misses) {
        return Err("a chain that was remembered was not found".into());
    }
    let figure =
        |index: usize, figure: &dyn Fn([Rate; 2], [Rate; 2]) -> f64| {
            median(rounds.iter().filter_map(|round: &Vec<[Rate; 2]>| {
                Some(figure(*round.get(index)?, *round.first()?))
            }))
        };
    let row = |(index, work): (usize, &Work)| Throughput {
        system: work.system,
        chains: work.chains,
        one: figure(index, &|[one, _], _| one.own),
        two: figure(index, &|[_, two], _| two.own),
        to_floor: figure(index, &|[one, _], [floor, _]| floor.own / one.own),
        scaling_wall: figure(index, &|[one, two], _| two.wall / one.wall),
        scaling: figure(index, &|[one, two], _| two.own / one.own),
    };
    Ok(works.iter().enumerate().map(row).collect())
}

#[derive(Clone)]
struct Deciding {
    texts: Arc<[String]>,
    chains: usize,
    verifier: Verifier,
    request: Request,
    now: OffsetDateTime,
}

impl Deciding {
    fn new(
        texts: &Arc<[String]>,
        chains: usize,
        verifier: Verifier,
        request: &Request,
        now: OffsetDateTime,
    ) -> Self {
        Self { texts: Arc::clone(texts), chains, verifier, request: request.clone(), now }
    }

    fn is_allowed(&self, at: usize) -> bool {
        let text = self.texts.get(at % self.chains).map_or("", String::as_str);
        let Ok(presentation) = Presentation::parse(text) else { return false };
        matches!(
            self.verifier.decide(presentation, self.request.clone(), self.now),
            Decision::Allow(_)
        )
    }

    /// Has each chain decided about once, and allowed.
    fn warm(&self) -> Fallible<()> {
        let allowed = shared_out(self.chains, |at| Ok(self.is_allowed(at)))?;
        if allowed.contains(&false) { Err("a good call is refused".into()) } else { Ok(()) }
    }
}

fn verify_strict() -> Work {
    const MESSAGE: [u8; 450] = [7; 450];
    let key = SigningKey::from_bytes(&[9; 32]);
    let (public, signature) = (key.verifying_key(), key.sign(&MESSAGE));
    Work::new("verify_strict", 1, move |_| {
        use std::hint::black_box;
        public.verify_strict(black_box(&MESSAGE), black_box(&signature)).is_ok()
    })
}

impl Work {
    fn new(
        system: &'static str,
        chains: usize,
        run: impl Fn(usize) -> bool + Sync + 'static,
    ) -> Self {
        Self { system, chains, next: AtomicUsize::new(0), run: Box::new(run) }
    }

    /// On one thread and on two, one right after the other, in this order or that.
    fn pair(&self, round: usize) -> Fallible<[Rate; 2]> {
        if round.is_multiple_of(2) {
            let one = self.slice(1)?;
            return Ok([one, self.slice(THREADS)?]);
        }
        let two = self.slice(THREADS)?;
        Ok([self.slice(1)?, two])
    }

    fn slice(&self, threads: usize) -> Fallible<Rate> {
        let start = Instant::now();
        let until = start.checked_add(SLICE).ok_or("the clock ends")?;
        let parts = thread::scope(|scope| {
            let running: Vec<_> =
                (0..threads).map(|_| scope.spawn(move || self.part(until))).collect();
            let parts =
                running.into_iter().map(|part| part.join().map_err(|_| "a thread broke off")?);
            parts.collect::<Result<Vec<_>, String>>()
        })?;
        let wall = start.elapsed().as_secs_f64();
        let done: f64 = parts.iter().map(|(done, _)| count(*done)).sum();
        let own = parts.iter().map(|(done, took)| count(*done) / took.as_secs_f64()).sum();
        Ok(Rate { wall: done / wall, own })
    }

    /// How often, and how long that took without waiting for a core.
    fn part(&self, until: Instant) -> Result<(usize, Duration), String> {
        let (start, waited) = (Instant::now(), waited()?);
        let mut done: usize = 0;
        while Instant::now() < until {
            // It wraps around: the order changes then, and nothing else.
            let at = self.next.fetch_add(STRIDE, Ordering::Relaxed);
            if !(self.run)(at) {
                return Err(format!("{}: refused", self.system));
            }
            done = done.saturating_add(1);
        }
        let elapsed = start.elapsed();
        Ok((done, elapsed.saturating_sub(self::waited()?.saturating_sub(waited))))
    }
}

/// For how long this thread could have run, and something else had its core. Linux keeps account of
/// it: see `sched-stats.rst` in its documentation.
fn waited() -> Result<Duration, String> {
    let text = read_to_string("/proc/thread-self/schedstat").map_err(|error| {
        format!(
            "/proc/thread-self/schedstat, which Linux has, says how long a thread waits: {error}"
        )
    })?;
    let waited = text.split_whitespace().nth(1).and_then(|figure| figure.parse().ok());
    waited.map(Duration::from_nanos).ok_or_else(|| "schedstat says something else".to_owned())
}
