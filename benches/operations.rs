//! The time of each operation: `cargo bench --bench operations`.
//!
//! Times are for one machine; `cargo bench --bench ratios` relates them to one signature check.

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on should stop")]

#[expect(dead_code, reason = "the other benchmarks read all of it")]
mod fixture;

use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use deputize::{ChainCache, Presentation, Token};

use fixture::Chain;

const HOPS: [usize; 4] = [1, 2, 4, 8];

fn chains() -> impl Iterator<Item = (usize, Chain)> {
    HOPS.into_iter()
        .map(|hops| (hops, Chain::of(hops.saturating_sub(1)).expect("the chain of the benchmark")))
}

fn holders(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("holder");
    for (hops, chain) in chains() {
        let id = |name| BenchmarkId::new(name, hops);
        let (now, token) = (chain.now, &chain.token);
        if hops == 1 {
            let grant = fixture::grant(0, &chain.holder, now).expect("a grant");
            let prepare = || (chain.owner.clone(), grant.clone());
            group.bench_function(id("mint"), |bencher| {
                bencher.iter_batched(
                    prepare,
                    |(owner, grant)| Token::mint(owner, &chain.root, grant, now),
                    BatchSize::SmallInput,
                );
            });
        }
        group.bench_function(id("delegate"), |bencher| {
            bencher.iter_batched(
                || chain.further.clone(),
                |grant| token.delegate(&chain.holder, grant, now),
                BatchSize::SmallInput,
            );
        });
        group.bench_function(id("present"), |bencher| {
            bencher.iter(|| token.present(&chain.holder, &chain.request, now));
        });
        let text = token.to_text();
        group.bench_function(id("parse"), |bencher| bencher.iter(|| Token::parse(&text)));
    }
    group.finish();
}

fn services(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("service");
    for (hops, chain) in chains() {
        let id = |name| BenchmarkId::new(name, hops);
        let parse = || Presentation::parse(&chain.text).expect("a presentation");
        let cached = chain.verifier.clone().with_cache(ChainCache::new(16));
        for (name, verifier) in [("verify cold", &chain.verifier), ("verify cached", &cached)] {
            group.bench_function(id(name), |bencher| {
                bencher.iter_batched(
                    parse,
                    |presentation| verifier.verify(presentation, chain.now),
                    BatchSize::SmallInput,
                );
            });
        }
        let verify = || chain.verifier.verify(parse(), chain.now).expect("a verified chain");
        group.bench_function(id("authorize"), |bencher| {
            bencher.iter_batched(
                || (verify(), chain.request.clone()),
                |(verified, request)| verified.authorize(request, chain.now),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group! {
    name = operations;
    config = Criterion::default()
        .measurement_time(Duration::from_secs(2))
        .warm_up_time(Duration::from_millis(500));
    targets = holders, services
}
criterion_main!(operations);
