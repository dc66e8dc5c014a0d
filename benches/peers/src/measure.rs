//! Many rounds; in each, everything is measured beside everything else.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Enough for medians that two runs agree on within 2 %.
pub(crate) const ROUNDS: usize = 100;

/// Enough for one that nothing interrupts, on a machine with twice as much to do as it has cores.
pub(crate) const TRIES: usize = 5;

/// How long a try takes at least: enough for the clock.
const TRY: Duration = Duration::from_micros(200);

/// One thing that is measured.
pub(crate) struct System {
    pub(crate) name: &'static str,
    pub(crate) hops: usize,
    pub(crate) wire_bytes: usize,
    /// Does it so many times and tells how long that took, without what had to be prepared.
    run: Box<dyn Fn(usize) -> Duration>,
}

impl System {
    /// What `run` gets is prepared outside of the time; what it gives is dropped within.
    pub(crate) fn new<P, T>(
        name: &'static str,
        hops: usize,
        prepare: impl Fn() -> P + 'static,
        run: impl Fn(P) -> T + 'static,
    ) -> Self {
        let run = move |times: usize| {
            let prepared: Vec<P> = (0..times).map(|_| prepare()).collect();
            let start = Instant::now();
            for input in prepared {
                black_box(run(black_box(input)));
            }
            start.elapsed()
        };
        Self { name, hops, wire_bytes: 0, run: Box::new(run) }
    }

    pub(crate) fn with_wire_bytes(self, wire_bytes: usize) -> Self {
        Self { wire_bytes, ..self }
    }

    /// How often it is done in one try.
    fn batch(&self) -> usize {
        let once = self.best(1, 0).as_nanos().max(1);
        usize::try_from(TRY.as_nanos().div_ceil(once)).unwrap_or(1)
    }

    fn best(&self, times: usize, frames: usize) -> Duration {
        (0..TRIES).map(|_| self.lower(times, frames)).min().unwrap_or(Duration::MAX)
    }

    /// Runs so many frames further down the stack. Where the stack begins differs from process to
    /// process, and by that alone one verification takes up to a quarter longer in some.
    fn lower(&self, times: usize, frames: usize) -> Duration {
        let Some(fewer) = frames.checked_sub(1) else {
            return (self.run)(times);
        };
        let frame = black_box([0_u8; 48]);
        let took = self.lower(times, fewer);
        black_box(&frame);
        took
    }
}

/// What was measured: nanoseconds, a row a round, in the order of the systems.
pub(crate) struct Rounds(Vec<Vec<f64>>);

impl Rounds {
    pub(crate) fn of(systems: &[System], mut progress: impl FnMut(usize)) -> Self {
        let batches: Vec<usize> = systems.iter().map(System::batch).collect();
        let round = |round: usize| {
            progress(round);
            let time = |(system, times): (&System, &usize)| {
                let times = *times;
                system.best(times, round % 61).as_secs_f64() * 1e9 / count(times)
            };
            systems.iter().zip(&batches).map(time).collect()
        };
        // The first one warms the caches.
        Self((0..=ROUNDS).map(round).skip(1).collect())
    }

    /// The median of a figure that is worked out in each round from that round's times.
    pub(crate) fn median(&self, figure: impl Fn(&dyn Fn(usize) -> f64) -> f64) -> f64 {
        let of_round = |times: &Vec<f64>| {
            figure(&|system: usize| times.get(system).copied().unwrap_or(f64::NAN))
        };
        median(self.0.iter().map(of_round))
    }
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

pub(crate) fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::NAN, f64::from)
}
