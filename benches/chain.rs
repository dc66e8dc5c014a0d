//! What each step of a chain's life costs, by the number of delegations after the owner's.
//!
//! `cargo bench --bench chain`; for figures that can be compared across machines see `ratios`.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on should stop")]

mod fixture;

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion};
use deputize::{Presentation, Signer, Token};
use ed25519_dalek::Signer as _;

use fixture::Chain;

/// Delegations that follow the owner's own.
const DELEGATIONS: [usize; 5] = [0, 1, 2, 4, 7];

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    raw(&mut criterion);
    mint(&mut criterion);
    delegate(&mut criterion);
    present(&mut criterion);
    verify(&mut criterion);
    authorize(&mut criterion);
    criterion.final_summary();
}

fn mint(criterion: &mut Criterion) {
    let chain = Chain::of(0).unwrap();
    let grant = fixture::grant(0, &chain.holder, chain.now).unwrap();
    criterion.bench_function("mint", |bencher| {
        bencher.iter_batched(
            || (chain.owner.clone(), grant.clone()),
            |(owner, grant)| Token::mint(owner, &chain.root, grant, chain.now),
            BatchSize::SmallInput,
        );
    });
}

fn delegate(criterion: &mut Criterion) {
    each(criterion, "delegate", |bencher, chain| {
        bencher.iter_batched(
            || chain.further.clone(),
            |grant| chain.token.delegate(&chain.holder, grant, chain.now),
            BatchSize::SmallInput,
        );
    });
}

fn present(criterion: &mut Criterion) {
    each(criterion, "present", |bencher, chain| {
        bencher.iter(|| chain.token.present(&chain.holder, black_box(&chain.request), chain.now));
    });
}

/// Cold: from the text that arrives to the decision.
fn verify(criterion: &mut Criterion) {
    each(criterion, "verify", |bencher, chain| {
        bencher.iter_batched(
            || chain.request.clone(),
            |request| {
                let presentation = Presentation::parse(black_box(&chain.text)).unwrap();
                chain.verifier.decide(presentation, request, chain.now)
            },
            BatchSize::SmallInput,
        );
    });
}

/// From the verified chain to the decision.
fn authorize(criterion: &mut Criterion) {
    each(criterion, "authorize", |bencher, chain| {
        let verified = || {
            let presentation = Presentation::parse(&chain.text).unwrap();
            chain.verifier.verify(presentation, chain.now).unwrap()
        };
        bencher.iter_batched(
            || (verified(), chain.request.clone()),
            |(verified, request)| verified.authorize(request),
            BatchSize::SmallInput,
        );
    });
}

/// What the cryptography alone costs.
fn raw(criterion: &mut Criterion) {
    let chain = Chain::of(2).unwrap();
    let message = vec![7; chain.signed_bytes];
    let key = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
    let public = key.verifying_key();
    let bytes = chain.holder.public_key().to_bytes();
    let signature = key.sign(&message);
    let mut group = criterion.benchmark_group("raw");
    group.bench_function("verify_strict", |bencher| {
        bencher.iter(|| public.verify_strict(black_box(&message), black_box(&signature)));
    });
    group.bench_function("sign", |bencher| {
        bencher.iter(|| key.sign(black_box(&message)));
    });
    group.bench_function("decompress", |bencher| {
        bencher.iter(|| ed25519_dalek::VerifyingKey::from_bytes(black_box(&bytes)));
    });
    group.finish();
}

fn each(
    criterion: &mut Criterion,
    name: &str,
    mut measure: impl FnMut(&mut criterion::Bencher<'_>, &Chain),
) {
    let mut group = criterion.benchmark_group(name);
    for delegations in DELEGATIONS {
        let chain = Chain::of(delegations).unwrap();
        group.bench_with_input(
            BenchmarkId::from_parameter(delegations),
            &chain,
            |bencher, chain| measure(bencher, chain),
        );
    }
    group.finish();
}
