//! The cost of each step in Ed25519 verifications, compared with its target.
//!
//! `cargo bench --bench ratios` prints one table and writes `target/ratios.jsonl`. A ratio is the
//! median over many rounds; in each round every operation is measured, the best of a few short
//! tries. So it is the same on a slow or busy machine.

#![expect(clippy::print_stdout, reason = "the table is its output")]

mod fixture;

use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use deputize::{ChainCache, Presentation, PublicKey, Request, Signer, Token};
use ed25519_dalek::Signer as _;

use fixture::{Chain, Fallible};

/// Enough for medians that differ by less than 2 % between two runs.
const ROUNDS: usize = 150;

/// Enough for one uninterrupted try, on a machine with twice as many busy threads as cores.
const TRIES: usize = 5;

/// Delegations that follow the owner's own.
const DELEGATIONS: [usize; 5] = [0, 1, 2, 4, 7];

/// A measured operation.
struct System<'a> {
    what: String,
    /// The number of runs in one try: as many as take a tenth of a millisecond, or one.
    batch: usize,
    target: Target,
    /// Runs it a number of times and returns the time, without the preparation.
    run: Box<dyn Fn(usize) -> Duration + 'a>,
}

enum Target {
    None,
    /// A multiple of `verify_strict`.
    Verifications(f64),
    Nanoseconds(f64),
}

struct Figure {
    nanoseconds: f64,
    to_verify: f64,
    to_sign: f64,
}

fn main() -> Fallible<()> {
    let chains = DELEGATIONS
        .into_iter()
        .map(|delegations| Ok((delegations, Chain::of(delegations)?)))
        .collect::<Fallible<Vec<_>>>()?;
    let mut systems = raw()?;
    for (delegations, chain) in &chains {
        systems.extend(steps(*delegations, chain)?);
    }
    let figures = measure(&systems);
    report(&systems, &figures)
}

/// `verify_strict` and `sign` come first: the others are compared with them.
fn raw() -> Fallible<Vec<System<'static>>> {
    let chain = Chain::of(2)?;
    let message = vec![7; chain.signed_bytes];
    let key = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
    let public = key.verifying_key();
    let signature = key.sign(&message);
    let bytes = chain.holder.public_key().to_bytes();
    let to_sign = message.clone();
    let (signed, holder) = (message.clone(), chain.holder.public_key());
    let ours = Signer::sign(&chain.holder, &signed)?;
    Ok(vec![
        system("raw verify_strict", 3, Target::None, move || {
            public.verify_strict(black_box(&message), black_box(&signature))
        }),
        system("raw sign", 6, Target::None, move || key.sign(black_box(&to_sign))),
        system("raw decompress", 25, Target::None, move || {
            ed25519_dalek::VerifyingKey::from_bytes(black_box(&bytes))
        }),
        system("PublicKey::verify", 3, Target::None, move || {
            holder.verify(black_box(&signed), black_box(&ours))
        }),
        system("PublicKey::from_bytes", 25, Target::None, move || {
            PublicKey::from_bytes(black_box(&bytes))
        }),
        system("Request::new + args", 25, Target::None, || {
            Request::new("crm.read", black_box("accounts/emea/42"), "crm.acme.com")?
                .with_args(black_box(r#"{"limit": 5, "region": "emea"}"#))
        }),
    ])
}

fn steps(delegations: usize, chain: &Chain) -> Fallible<Vec<System<'_>>> {
    // The owner's hop, the delegations after it, and the presentation, each of them signed.
    let hops = count(delegations) + 1.0;
    let signatures = hops + 1.0;
    // A verified chain is for one decision, so each try needs its own.
    let verified = || chain.verifier.verify(Presentation::parse(&chain.text).ok()?, chain.now).ok();
    verified().ok_or("the chain is not valid")?;
    let mut steps = Vec::new();
    if delegations == 0 {
        let grant = fixture::grant(0, &chain.holder, chain.now)?;
        steps.push(prepared(
            "mint",
            4,
            Target::Verifications(2.0),
            move || (chain.owner.clone(), grant.clone()),
            move |(owner, grant)| Token::mint(owner, &chain.root, grant, chain.now),
        ));
    }
    let held = chain.token.to_text();
    steps.push(system(&format!("parse, {delegations} delegations"), 4, Target::None, move || {
        Token::parse(black_box(&held))
    }));
    steps.push(prepared(
        &format!("delegate, {delegations} before"),
        4,
        Target::None,
        || chain.further.clone(),
        |grant| chain.token.delegate(&chain.holder, grant, chain.now),
    ));
    steps.push(system(&format!("present, {delegations} delegations"), 16, Target::None, || {
        chain.token.present(&chain.holder, black_box(&chain.request), chain.now)
    }));
    steps.push(prepared(
        &format!("cold, {delegations} delegations"),
        1,
        Target::Verifications(signatures + 1.0),
        || chain.request.clone(),
        |request| {
            let presentation = Presentation::parse(black_box(&chain.text))?;
            Ok::<_, deputize::FormatError>(chain.verifier.decide(presentation, request, chain.now))
        },
    ));
    let knowing = chain.verifier.clone().with_cache(ChainCache::new(100));
    steps.push(prepared(
        &format!("cached, {delegations} delegations"),
        2,
        Target::Verifications(1.3),
        || chain.request.clone(),
        move |request| {
            let presentation = Presentation::parse(black_box(&chain.text))?;
            Ok::<_, deputize::FormatError>(knowing.decide(presentation, request, chain.now))
        },
    ));
    steps.push(system(
        &format!("would_permit, {delegations} delegations"),
        100,
        Target::Nanoseconds(1_000.0 * hops),
        || chain.token.would_permit(black_box(&chain.request), chain.now),
    ));
    steps.push(prepared(
        &format!("authorize, {delegations} delegations"),
        16,
        Target::Nanoseconds(1_000.0 * hops),
        move || (verified(), chain.request.clone()),
        |(verified, request)| verified.map(|own| own.authorize(request, chain.now)),
    ));
    Ok(steps)
}

fn system<'a, T>(what: &str, batch: usize, target: Target, run: impl Fn() -> T + 'a) -> System<'a> {
    prepared(what, batch, target, || (), move |()| run())
}

/// Input and output are made and dropped outside the measured time.
fn prepared<'a, P, T>(
    what: &str,
    batch: usize,
    target: Target,
    prepare: impl Fn() -> P + 'a,
    run: impl Fn(P) -> T + 'a,
) -> System<'a> {
    let run = move |times: usize| {
        let prepared: Vec<P> = (0..times).map(|_| prepare()).collect();
        let mut results = Vec::with_capacity(times);
        let start = Instant::now();
        results.extend(prepared.into_iter().map(|input| run(black_box(input))));
        let took = start.elapsed();
        black_box(&results);
        took
    };
    System { what: what.to_owned(), batch, target, run: Box::new(run) }
}

fn measure(systems: &[System<'_>]) -> Vec<Figure> {
    let mut rounds: Vec<Vec<f64>> = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS.saturating_add(1) {
        let times = systems.iter().map(|system| {
            let tries = (0..TRIES).map(|_| lower(round % 61, system));
            let best = tries.min().unwrap_or(Duration::MAX).as_secs_f64();
            best / count(system.batch) * 1e9
        });
        let times: Vec<f64> = times.collect();
        // The first round warms the caches.
        if round > 0 {
            rounds.push(times);
        }
    }
    let figure = |index: usize| {
        let of = |divisor: Option<usize>| {
            median(rounds.iter().filter_map(|times| {
                let by = divisor.map_or(Some(1.0), |divisor| times.get(divisor).copied())?;
                Some(times.get(index)? / by)
            }))
        };
        Figure { nanoseconds: of(None), to_verify: of(Some(0)), to_sign: of(Some(1)) }
    };
    (0..systems.len()).map(figure).collect()
}

/// Runs a batch a number of frames further down the stack. The start of the stack differs between
/// processes, and that alone makes a verification up to a quarter slower in some.
fn lower(frames: usize, system: &System<'_>) -> Duration {
    let Some(fewer) = frames.checked_sub(1) else {
        return (system.run)(system.batch);
    };
    let frame = black_box([0_u8; 48]);
    let took = lower(fewer, system);
    black_box(&frame);
    took
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::NAN, f64::from)
}

fn report(systems: &[System<'_>], figures: &[Figure]) -> Fallible<()> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("ratios.jsonl");
    let mut lines = BufWriter::new(File::create(&path)?);
    println!(
        "{:<26} {:>12} {:>17} {:>9}   target",
        "what", "median ns", "× verify_strict", "× sign"
    );
    for (system, figure) in systems.iter().zip(figures) {
        let Figure { nanoseconds, to_verify, to_sign } = *figure;
        let (target, met) = match system.target {
            Target::None => (String::new(), None),
            Target::Verifications(most) => {
                (format!("≤ {most} verifications"), Some(to_verify <= most))
            }
            Target::Nanoseconds(most) => (format!("< {most} ns"), Some(nanoseconds < most)),
        };
        let word = match met {
            None => "",
            Some(true) => ": met",
            Some(false) => ": MISSED",
        };
        println!(
            "{:<26} {nanoseconds:>12.0} {to_verify:>17.3} {to_sign:>9.3}   {target}{word}",
            system.what
        );
        let line = serde_json::json!({
            "what": system.what,
            "median_ns": nanoseconds,
            "to_verify_strict": to_verify,
            "to_sign": to_sign,
            "target": target,
            "met": met,
        });
        writeln!(lines, "{line}")?;
    }
    lines.flush()?;
    println!("\n{ROUNDS} rounds, the best of {TRIES} in each; also in {}", path.display());
    Ok(())
}
