//! The cost of a log: records with synced group commit by those with one sync each, the CPU time that
//! a call's records add, verification of a million records, and proofs.
//!
//! `cargo bench -p deputize-audit --bench log` prints one table, and fails where a target is missed.
//! With arguments it measures only these parts: `-- appends cpu million`.
//! Appends are measured by the clock, since they wait for the disk; ratios are of one run. It writes
//! about 2 GB to the system's temporary folder, or to `TMPDIR`.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "the table is its output, and a benchmark that cannot go on should stop"
)]

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use deputize::testing::Scene;
use deputize::{
    Decision, OpeningsWriter, OutcomeResult, Record, RecordRules, Request, Signature, Signer,
    SigningKey,
};
use deputize_audit::{
    FolderFiles, FolderTiles, InclusionProof, Log, LogSettings, LogVerifier, Recorded, TiledHashes,
};
use rustix::time::{ClockId, clock_gettime};
use time::OffsetDateTime;

/// Records of the log that is verified.
const MILLION: u64 = 1_000_000;

fn main() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let mut table = Table::default();
    // `cargo bench` passes an option of its own.
    let parts: Vec<String> = std::env::args().skip(1).filter(|own| own != "--bench").collect();
    let measures = |part: &str| parts.is_empty() || parts.iter().any(|own| own == part);
    if measures("appends") {
        appends(&mut table, folder.path());
    }
    if measures("cpu") {
        cpu(&mut table);
    }
    if measures("million") {
        verification(&mut table, folder.path());
    }
    table.verdict()
}

/// The measured figures, and the targets that were missed.
#[derive(Default)]
struct Table {
    missed: Vec<String>,
}

impl Table {
    fn row(&mut self, what: &str, found: f64, unit: &str, target: Option<(&str, f64)>) {
        let text =
            target.map_or_else(String::new, |(sign, bound)| format!("{sign} {bound} {unit}"));
        println!("{what:<64} {found:>12.2} {unit:<10} {text}");
        let is_missed = target.is_some_and(|(sign, bound)| match sign {
            "≤" => found > bound,
            _ => found < bound,
        });
        if is_missed {
            self.missed.push(format!("{what}: {found:.2} {unit}, {text}"));
        }
    }

    fn verdict(self) -> ExitCode {
        self.missed.iter().for_each(|line| println!("MISSED: {line}"));
        if self.missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap()
}

fn create(folder: &Path, name: &str) -> Log {
    let key = SigningKey::from_bytes(&[70; 32]);
    Log::create(folder.join(name), key, LogSettings::new("crm", "crm-1"), now()).unwrap()
}

fn scene() -> Scene {
    Scene::allowing(["crm.read accounts/** limit<=10"], now()).unwrap()
}

fn decide(scene: &Scene, verifier: &deputize::Verifier, number: usize) -> Decision {
    let call = Request::new("crm.read", &format!("accounts/{number}"), "crm.acme.com").unwrap();
    let call = call.with_args(r#"{"limit":5}"#).unwrap();
    let decision = verifier.decide(scene.present(&call).unwrap(), call, now());
    assert!(decision.is_allowed());
    decision
}

fn decisions(count: usize) -> Vec<Decision> {
    let scene = scene();
    let verifier = scene.verifier();
    (0..count).map(|number| decide(&scene, &verifier, number)).collect()
}

/// Records a second, when this many threads wait for each of theirs.
fn rate(folder: &Path, name: &str, threads: usize, each: usize) -> f64 {
    let log = Arc::new(create(folder, name));
    let all: Vec<_> = (0..threads).map(|_| decisions(each)).collect();
    let started = Instant::now();
    let threads: Vec<_> = all
        .into_iter()
        .map(|own| {
            let log = Arc::clone(&log);
            thread::spawn(move || {
                let record = |decision| match log.record(decision).unwrap() {
                    Recorded::Allowed(call) => call,
                    Recorded::Refused { denial, .. } => panic!("{denial}"),
                };
                // Dropped after the measurement: each has an outcome then.
                own.into_iter().map(record).collect::<Vec<_>>()
            })
        })
        .collect();
    let count = threads.len() * each;
    let calls: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    let rate = count as f64 / started.elapsed().as_secs_f64();
    drop(calls);
    rate
}

/// Records a second, when one thread leaves a thousand and then waits for the last.
fn rate_of_batches(folder: &Path, name: &str) -> f64 {
    let log = create(folder, name);
    let all: Vec<_> = decisions(2_000);
    let rules = RecordRules::default();
    let records: Vec<_> = all.iter().map(|own| Record::of(own, &rules).unwrap()).collect();
    let count = records.len() * 5;
    let started = Instant::now();
    for _ in 0..5 {
        for batch in records.chunks(1_000) {
            let mut last = None;
            for record in batch {
                last = Some(log.append(record).unwrap());
            }
            last.unwrap().wait().unwrap();
        }
    }
    count as f64 / started.elapsed().as_secs_f64()
}

fn appends(table: &mut Table, folder: &Path) {
    let (mut best_single, mut best_group, mut best_batch) = (0.0_f64, 0.0_f64, 0.0_f64);
    for run in 0..3 {
        best_single = best_single.max(rate(folder, &format!("single{run}"), 1, 500));
        best_group = best_group.max(rate(folder, &format!("group{run}"), 64, 100));
        best_batch = best_batch.max(rate_of_batches(folder, &format!("batch{run}")));
    }
    table.row("one caller, a sync for each record", best_single, "records/s", None);
    table.row("64 callers, group commit", best_group, "records/s", None);
    table.row("batches of 1,000", best_batch, "records/s", None);
    table.row("64 callers by one", best_group / best_single, "×", Some(("≥", 5.0)));
    table.row("batches of 1,000 by one caller", best_batch / best_single, "×", Some(("≥", 50.0)));
}

/// The CPU time of a thread, in microseconds.
fn cpu_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

/// The least CPU time of some tries, in microseconds a repetition.
fn least(repetitions: usize, mut work: impl FnMut()) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..15 {
        let started = cpu_time();
        (0..repetitions).for_each(|_| work());
        best = best.min((cpu_time() - started) / repetitions as f64);
    }
    best
}

fn cpu(table: &mut Table) {
    let key = SigningKey::from_bytes(&[1; 32]);
    let (public, signature) = (key.public_key(), key.sign(b"message").unwrap());
    let check = least(100, || {
        assert!(public.verify(b"message", &Signature::from_bytes(&signature.to_bytes())));
    });
    // Making, spelling and hashing both; the tree and the writes are a few hundred nanoseconds more.
    let rules = RecordRules::default();
    let mut openings = OpeningsWriter::default();
    let mut index = 0;
    let mut write_both = |decision: &Decision| {
        for record in [
            Record::of(decision, &rules).unwrap(),
            Record::outcome(index, OutcomeResult::Done, Some(b"result"), now()).unwrap(),
        ] {
            index += 1;
            let (core, _) = openings.write(&record, index).unwrap();
            std::hint::black_box(deputize_audit::leaf_hash(core.as_bytes()));
        }
    };
    let decision = decisions(1).pop().unwrap();
    let both = least(100, || write_both(&decision));
    // Each has a chain of its own, as where a verifier has no cache.
    let all = decisions(15 * 100);
    let mut all = all.iter();
    let alone = least(100, || write_both(all.next().unwrap()));
    table.row("CPU time of a signature check", check, "µs", None);
    table.row("CPU time of both records of a call, cached chain", both, "µs", None);
    table.row("both records by a signature check", both / check, "×", Some(("≤", 0.8)));
    table.row("CPU time of both, a chain that was just read", alone, "µs", None);
    table.row("both records by a signature check", alone / check, "×", Some(("≤", 0.8)));
}

fn verification(table: &mut Table, folder: &Path) {
    let log = create(folder, "million");
    let all = decisions(1_000);
    let rules = RecordRules::default();
    let records: Vec<_> = all.iter().map(|own| Record::of(own, &rules).unwrap()).collect();
    let mut last = None;
    for number in 0..MILLION - 1 {
        let record = records.get(number as usize % records.len()).unwrap();
        last = Some(log.append(record).unwrap());
        if number % 10_000 == 0 {
            last.take().unwrap().wait().unwrap();
        }
    }
    last.unwrap().wait().unwrap();
    log.close().unwrap();
    let place = folder.join("million");
    let size: u64 = ["jsonl", "open.jsonl"]
        .iter()
        .flat_map(|end| (0..16).map(move |n| format!("segments/{n:08}.{end}")))
        .map(|name| fs::metadata(place.join(name)).unwrap().len())
        .sum();
    table.row("bytes of a record with its values", size as f64 / MILLION as f64, "bytes", None);
    let files = FolderFiles::new(&place);
    let started = Instant::now();
    let verdict = LogVerifier::default().without_values().verify(&files, |_| ()).unwrap();
    assert!(verdict.is_whole() && verdict.read == MILLION);
    table.row(
        "a million records verified",
        started.elapsed().as_secs_f64(),
        "s",
        Some(("≤", 10.0)),
    );
    let started = Instant::now();
    let verdict = LogVerifier::default().verify(&files, |_| ()).unwrap();
    assert!(verdict.is_whole());
    table.row("with values and signatures", started.elapsed().as_secs_f64(), "s", None);
    let started = Instant::now();
    let verdict = LogVerifier::default().without_signatures().verify(&files, |_| ()).unwrap();
    assert!(verdict.is_whole());
    table.row("with values, without signatures", started.elapsed().as_secs_f64(), "s", None);
    let tiles = FolderTiles::new(&place);
    let prove = |index: u64| {
        let hashes = &mut TiledHashes::new(MILLION, &tiles);
        InclusionProof::prove(index, MILLION, hashes).unwrap()
    };
    let started = Instant::now();
    (0..100).for_each(|n| drop(prove(n * 9_973)));
    let each = started.elapsed().as_secs_f64() * 1e3 / 100.0;
    table.row("a proof of one record from the folder", each, "ms", Some(("≤", 1.0)));
}
