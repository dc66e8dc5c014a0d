//! The instructions of each step, which do not depend on other load on the machine: a check against
//! regressions, for `.ci/run`.
//!
//! `cargo bench -p deputize-instructions` runs every step under Valgrind, a number of times and a
//! larger number; the difference is the cost of the steps between. It prints one table, with ratios
//! to one `verify_strict` counted the same way, and fails if a step exceeds its bound.

#![expect(clippy::print_stdout, reason = "the table is its output")]

#[path = "../fixture/mod.rs"]
mod fixture;

use std::env;
use std::hint::black_box;
use std::process::{Command, ExitCode};

use deputize::{ChainCache, Presentation, Token};
use ed25519_dalek::Signer as _;

use fixture::{Chain, Fallible};

/// A measured step.
struct Step {
    name: &'static str,
    /// The bound, in multiples of the instructions of one `verify_strict`.
    most: f64,
    run: fn(usize) -> Fallible<()>,
}

const STEPS: [Step; 10] = [
    Step { name: "verify_strict", most: 1.0, run: verify_strict },
    Step { name: "mint", most: 1.78, run: mint },
    Step { name: "parse, 1 hop", most: 1.38, run: |times| parse(times, 0) },
    Step { name: "parse, 8 hops", most: 6.4, run: |times| parse(times, 7) },
    Step { name: "delegate, to 8 hops", most: 1.92, run: delegate },
    Step { name: "present, 8 hops", most: 1.67, run: present },
    Step { name: "cold, 1 hop", most: 2.26, run: |times| cold(times, 0) },
    Step { name: "cold, 8 hops", most: 7.35, run: |times| cold(times, 7) },
    Step { name: "cached, 1 hop", most: 1.03, run: |times| cached(times, 0) },
    Step { name: "cached, 8 hops", most: 1.17, run: |times| cached(times, 7) },
];

fn main() -> ExitCode {
    let args: Vec<String> = env::args().collect();
    let done = match args.iter().position(|word| word == "--run") {
        Some(at) => run(args.get(at.saturating_add(1)), args.get(at.saturating_add(2))),
        None => table(),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs one step a number of times, for Valgrind to count.
fn run(name: Option<&String>, times: Option<&String>) -> Fallible<ExitCode> {
    let (Some(name), Some(times)) = (name, times) else {
        return Err("--run NAME TIMES".into());
    };
    let step = STEPS.iter().find(|step| step.name == *name).ok_or("no such step")?;
    (step.run)(times.parse()?)?;
    Ok(ExitCode::SUCCESS)
}

fn table() -> Fallible<ExitCode> {
    println!("{:<22} {:>14} {:>17} {:>9}", "what", "instructions", "× verify_strict", "at most");
    let mut floor = None;
    let mut is_within = true;
    for step in &STEPS {
        let taken = counted(step.name)?;
        let floor = *floor.get_or_insert(taken);
        let ratio = taken / floor;
        let verdict = if ratio <= step.most { "" } else { ": MORE" };
        is_within &= ratio <= step.most;
        println!("{:<22} {taken:>14.0} {ratio:>17.3} {:>9}{verdict}", step.name, step.most);
    }
    Ok(if is_within { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The instructions of one step, from what 32 more of them add: a check takes up to 1 % more or
/// less with other random bytes.
fn counted(name: &str) -> Fallible<f64> {
    let [few, many] = [4_u32, 36].map(|times| collected(name, times));
    Ok((f64::from(many?) - f64::from(few?)) / 32.0)
}

fn collected(name: &str, times: u32) -> Fallible<u32> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["--run", name, &times.to_string()])
        .output()
        .map_err(|e| {
            format!("Valgrind cannot be started (Debian: `apt-get install valgrind`): {e}")
        })?;
    let errors = String::from_utf8_lossy(&output.stderr);
    let count = errors.lines().find_map(|line| line.split_once("Collected : "));
    let count = count.map(|(_, count)| count.trim()).filter(|_| output.status.success());
    Ok(count.ok_or_else(|| format!("Valgrind failed: {errors}"))?.parse()?)
}

fn verify_strict(times: usize) -> Fallible<()> {
    let message = vec![7; Chain::of(2)?.signed_bytes];
    let key = ed25519_dalek::SigningKey::from_bytes(&[9; 32]);
    let (public, signature) = (key.verifying_key(), key.sign(&message));
    for _ in 0..times {
        public.verify_strict(black_box(&message), black_box(&signature))?;
    }
    Ok(())
}

fn mint(times: usize) -> Fallible<()> {
    let chain = Chain::of(0)?;
    let grant = fixture::grant(0, &chain.holder, chain.now)?;
    for _ in 0..times {
        black_box(Token::mint(chain.owner.clone(), &chain.root, grant.clone(), chain.now)?);
    }
    Ok(())
}

fn parse(times: usize, delegations: usize) -> Fallible<()> {
    let text = Chain::of(delegations)?.token.to_text();
    for _ in 0..times {
        black_box(Token::parse(black_box(&text))?);
    }
    Ok(())
}

fn delegate(times: usize) -> Fallible<()> {
    let chain = Chain::of(7)?;
    for _ in 0..times {
        black_box(chain.token.delegate(&chain.holder, chain.further.clone(), chain.now)?);
    }
    Ok(())
}

fn present(times: usize) -> Fallible<()> {
    let chain = Chain::of(7)?;
    for _ in 0..times {
        black_box(chain.token.present(&chain.holder, &chain.request, chain.now)?);
    }
    Ok(())
}

fn cold(times: usize, delegations: usize) -> Fallible<()> {
    let chain = Chain::of(delegations)?;
    decide(times, &chain, &chain.verifier)
}

fn cached(times: usize, delegations: usize) -> Fallible<()> {
    let chain = Chain::of(delegations)?;
    let knowing = chain.verifier.clone().with_cache(ChainCache::new(1_000));
    decide(1, &chain, &knowing)?;
    decide(times, &chain, &knowing)
}

/// From the received text to the decision.
fn decide(times: usize, chain: &Chain, verifier: &deputize::Verifier) -> Fallible<()> {
    for _ in 0..times {
        let presentation = Presentation::parse(black_box(&chain.text))?;
        let decision = verifier.decide(presentation, chain.request.clone(), chain.now);
        if !black_box(decision).is_allowed() {
            return Err("the call is refused".into());
        }
    }
    Ok(())
}
