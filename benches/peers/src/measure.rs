//! Many rounds, in each of which every system is measured once.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Enough for medians that differ by less than 2 % between two runs.
pub(crate) const ROUNDS: usize = 100;

/// Enough for one uninterrupted try, on a machine with twice as many busy threads as cores.
pub(crate) const TRIES: usize = 5;

/// The minimum duration of a try: enough for the resolution of the clock.
const TRY: Duration = Duration::from_micros(200);

/// A measured operation.
pub(crate) struct System {
    pub(crate) name: &'static str,
    pub(crate) hops: usize,
    pub(crate) wire_bytes: usize,
    /// Runs it a number of times and returns the time, without the preparation.
    run: Box<dyn Fn(usize) -> Duration>,
}

impl System {
    /// The input of `run` is prepared outside the measured time; its output is dropped within it.
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

    /// The number of runs in one try.
    fn batch(&self) -> usize {
        let once = self.best(1, 0).as_nanos().max(1);
        usize::try_from(TRY.as_nanos().div_ceil(once)).unwrap_or(1)
    }

    fn best(&self, times: usize, frames: usize) -> Duration {
        (0..TRIES).map(|_| self.lower(times, frames)).min().unwrap_or(Duration::MAX)
    }

    /// Runs a number of frames further down the stack. The start of the stack differs between
    /// processes, and that alone makes a verification up to a quarter slower in some.
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

/// The measured nanoseconds: one row per round, in the order of the systems.
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
        // The first round warms the caches.
        Self((0..=ROUNDS).map(round).skip(1).collect())
    }

    /// The median of a figure that is computed in each round from that round's times.
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
