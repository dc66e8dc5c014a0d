//! What a decision costs as a chain grows.

use deputize::{ChainCache, Verifier};
use shared::measure::{ROUNDS, Rounds, System, count};
use shared::peers::raw;
use shared::story::Fallible;
use shared::tell;
use time::OffsetDateTime;

use crate::chain::{Chain, Growing, try_out, verifier};
use crate::fit::Line;

pub(crate) struct Series {
    pub(crate) growing: Growing,
    pub(crate) cold: Curve,
    pub(crate) cached: Curve,
    pub(crate) text_bytes: Vec<usize>,
}

/// Sizes and what a decision takes then, in `verify_strict` of the same round.
pub(crate) struct Curve {
    pub(crate) points: Vec<(f64, f64)>,
    pub(crate) line: Line,
}

impl Curve {
    fn through(points: Vec<(f64, f64)>) -> Self {
        Self { line: Line::through(&points), points }
    }
}

impl Series {
    pub(crate) fn curves(&self) -> [(&'static str, &Curve); 2] {
        [("cold", &self.cold), ("cached", &self.cached)]
    }
}

pub(crate) fn series(now: OffsetDateTime) -> Fallible<Vec<Series>> {
    tell(format_args!("trying all out"));
    let mut systems = Vec::new();
    for growing in Growing::ALL {
        for size in growing.sizes() {
            // Each size beside a floor of its own: one round takes longer than the machine stays alike.
            systems.push(raw::verify_strict());
            let cold = verifier()?;
            let cached = cold.clone().with_cache(ChainCache::new(1_000));
            for (name, verifier) in [("cold", cold), ("cached", cached)] {
                let system = system(name, growing, size, verifier, now)
                    .map_err(|error| format!("{name}, {size} {}: {error}", growing.name()))?;
                systems.push(system);
            }
        }
    }
    let rounds = Rounds::of(&systems, |round| {
        tell(format_args!("growth, round {round} of {ROUNDS}"));
    });
    let mut floors = (0..systems.len()).step_by(3);
    let mut of_size = |size: usize| {
        let floor = floors.next().unwrap_or(usize::MAX);
        let ratio = |to: usize| {
            let at = floor.saturating_add(to);
            (count(size), rounds.median(|round| round(at) / round(floor)))
        };
        let bytes = systems.get(floor.saturating_add(1)).map_or(0, |cold| cold.wire_bytes);
        (ratio(1), ratio(2), bytes)
    };
    let of_one = |growing: Growing| {
        let all: Vec<_> = growing.sizes().into_iter().map(&mut of_size).collect();
        Series {
            growing,
            cold: Curve::through(all.iter().map(|(cold, ..)| *cold).collect()),
            cached: Curve::through(all.iter().map(|(_, cached, _)| *cached).collect()),
            text_bytes: all.iter().map(|(.., bytes)| *bytes).collect(),
        }
    };
    Ok(Growing::ALL.into_iter().map(of_one).collect())
}

/// One that was tried out; with a cache, the chain is remembered by then.
fn system(
    name: &'static str,
    growing: Growing,
    size: usize,
    verifier: Verifier,
    now: OffsetDateTime,
) -> Fallible<System> {
    try_out(growing, size, &verifier)?;
    let chain = Chain::of(growing, size, now)?;
    for time in ["first", "second"] {
        let decision = chain.decide(&verifier, chain.request.clone());
        if !decision.is_some_and(|decision| decision.is_allowed()) {
            return Err(format!("the {time} call is refused").into());
        }
    }
    let (request, bytes) = (chain.request.clone(), chain.text.len());
    let decide = move |request| chain.decide(&verifier, request);
    Ok(System::new(name, size, move || request.clone(), decide).with_wire_bytes(bytes))
}
