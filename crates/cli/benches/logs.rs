//! Logs of 100,000 and of 1,000,000 records, verified, shown and reviewed by the command itself: the time,
//! the CPU time and the greatest resident memory of each process.
//!
//! `cargo bench -p deputize-cli --bench logs` prints one table, and fails where memory exceeds its bound.
//! With arguments it measures logs of these sizes alone: `-- 100000`. It writes about 2 GB to the system's
//! temporary folder, or to `TMPDIR`. Memory is `VmHWM` of `/proc/<process>/status`, as last read before
//! the process ended, and CPU time stands in `stat` beside it, so it needs Linux.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "the table is its output, and a benchmark that cannot go on should stop"
)]

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use deputize::time::{Duration as Span, OffsetDateTime};
use deputize::{
    Capability, ChainCache, Decision, FieldKind, Grant, OperationPattern, Owner, PresentOptions,
    Principal, Record, RecordRules, ReplayPolicy, Request, RevocationPolicy, Signer as _,
    SigningKey, Token, TrustAnchor, Verifier,
};
use deputize_audit::{ErasedRange, ErasureReason, Log, LogSettings};

/// Sizes of the logs. With both, growth is seen.
const SIZES: [u64; 2] = [100_000, 1_000_000];

/// Most resident memory of a command, in MiB, however long the log is.
const MOST_MEMORY: f64 = 300.0;

const AUDIENCE: &str = "crm.acme.com";

/// An agent's token, and the calls that it makes: operation, resource, arguments.
struct Agent {
    token: Token,
    key: SigningKey,
    call: fn(u64) -> (&'static str, String, String),
}

fn main() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let asked: Vec<u64> = std::env::args().filter_map(|own| own.parse().ok()).collect();
    let sizes = SIZES.into_iter().filter(|size| asked.is_empty() || asked.contains(size));
    let mut missed = Vec::new();
    println!("{:<44} {:>8} {:>8} {:>8} {:>11}", "", "s", "CPU s", "MiB", "MB printed");
    for size in sizes {
        let place = folder.path().join(size.to_string());
        let started = Instant::now();
        write_log(&place, size);
        println!(
            "{:<44} {:>9.1}",
            format!("{size} records written"),
            started.elapsed().as_secs_f64()
        );
        for command in [
            "audit verify --without-values",
            "audit verify",
            "audit show",
            "audit show --format json",
            "audit show --format html",
            "review",
            "review --format json",
            "review --format html",
        ] {
            let (seconds, cpu, memory, printed) = measure(command, &place);
            println!("{command:<44} {seconds:>8.1} {cpu:>8.1} {memory:>8.1} {printed:>11.1}");
            io::stdout().flush().unwrap();
            if memory > MOST_MEMORY {
                missed.push(format!("{command}, {size} records: {memory:.1} MiB"));
            }
        }
        std::fs::remove_dir_all(&place).unwrap();
    }
    missed.iter().for_each(|line| println!("MISSED: {line}, ≤ {MOST_MEMORY} MiB"));
    if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a command about a log. Returns its seconds by the clock and of CPU time, its memory in MiB and its output
/// in MB.
fn measure(command: &str, place: &Path) -> (f64, f64, f64, f64) {
    let started = Instant::now();
    let mut process = Command::new(env!("CARGO_BIN_EXE_deputize"))
        .args(command.split(' '))
        .arg(place)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = process.stdout.take().unwrap();
    let reader = thread::spawn(move || io::copy(&mut output, &mut io::sink()).unwrap());
    let (cpu, memory) = watch(&mut process);
    let status = process.wait().unwrap();
    assert!(status.success(), "{command}: {status}");
    let printed = reader.join().unwrap() as f64;
    (started.elapsed().as_secs_f64(), cpu, memory, printed / 1e6)
}

/// Returns the seconds of CPU time of a process, and its greatest resident memory in MiB, when it has
/// ended.
fn watch(process: &mut Child) -> (f64, f64) {
    let folder = PathBuf::from(format!("/proc/{}", process.id()));
    let read = |name| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    let (mut cpu, mut memory) = (0.0_f64, 0.0_f64);
    loop {
        // A process that has ended has no such line.
        let status = read("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|own| own.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        memory = memory.max(kilobytes.unwrap_or(0.0) / 1024.0);
        // Behind the name, which can have blanks; in hundredths, in user mode and in the kernel.
        let stat = read("stat");
        let times = stat.rsplit(')').next().unwrap_or_default().split(' ').skip(12).take(2);
        cpu = cpu.max(times.filter_map(|own| own.parse::<f64>().ok()).sum::<f64>() / 100.0);
        if process.try_wait().unwrap().is_some() {
            return (cpu, memory);
        }
        thread::sleep(Duration::from_millis(10));
    }
}

fn start() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_456_800).unwrap()
}

/// Alice's planner, to whom every chain goes, and four agents below it.
fn agents() -> (SigningKey, Vec<Agent>) {
    let key = |number: u8| SigningKey::from_bytes(&[number; 32]);
    let capabilities = |texts: &[&str]| -> Vec<Capability> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    };
    let expires = start() + Span::days(30);
    let to = |name: &str, number: u8| Principal::agent(name, key(number).public_key()).unwrap();
    let granted = [
        "crm.* accounts/** limit<=100 note?",
        "files.read docs/** path:subpath=/srv/docs",
        "mail.send **",
    ];
    let grant = Grant::new(to("planner", 2), capabilities(&granted), expires, "CRM work").unwrap();
    let owner = Owner::human("alice@acme.com").unwrap();
    let planners = Token::mint(owner, &key(1), grant.with_max_hops(3), start()).unwrap();
    let below = |above: &Token, by: u8, (name, number): (&str, u8), granted: &[&str], hops| {
        let grant = Grant::new(to(name, number), capabilities(granted), expires, "research");
        above.delegate(&key(by), grant.unwrap().with_max_hops(hops), start()).unwrap()
    };
    let reads =
        ["crm.read accounts/** limit<=100 note?", "crm.export accounts/** limit<=100 note?"];
    let researchers = below(&planners, 2, ("researcher", 3), &reads, 1);
    let helpers = below(&researchers, 3, ("helper", 4), &reads[..1], 0);
    let librarians = below(&planners, 2, ("librarian", 5), &granted[1..2], 0);
    let own = |token: Token, number: u8, call| Agent { token, key: key(number), call };
    let agents = vec![
        own(planners, 2, |n| ("mail.send", format!("people/{n}"), "{}".to_owned())),
        own(researchers, 3, |n| {
            let args = format!(r#"{{"limit":{},"note":"about {n}"}}"#, n % 120);
            ("crm.read", format!("accounts/eu/{n}"), args)
        }),
        own(helpers, 4, |n| {
            ("crm.read", format!("accounts/us/{}", n % 50), format!(r#"{{"limit":{}}}"#, n % 40))
        }),
        own(librarians, 5, |n| {
            let args = format!(r#"{{"path":"/srv/docs/{}/{n}.md"}}"#, n % 12);
            ("files.read", format!("docs/{}", n % 1_000), args)
        }),
    ];
    (key(1), agents)
}

/// Writes a log of so many records: of calls by four agents through one to three hops, some of them
/// refused, each with a presentation of its own; the arguments of some are erased.
fn write_log(place: &Path, size: u64) {
    let log = Log::create(
        place,
        SigningKey::from_bytes(&[70; 32]),
        LogSettings::new(AUDIENCE, "crm-1"),
        start(),
    )
    .unwrap();
    let (owner, agents) = agents();
    let verifier = Verifier::new(
        TrustAnchor::new(owner.public_key(), "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: Span::days(40) },
        ReplayPolicy::accepted_for([OperationPattern::Any]),
    )
    .with_max_lifetime(Span::days(40))
    .with_cache(ChainCache::new(1_000));
    // The records of the log itself are the first, and that of the erasure.
    let calls = size - 2;
    let (sender, receiver) = mpsc::sync_channel::<Record>(10_000);
    thread::scope(|scope| {
        let cores = thread::available_parallelism().unwrap().get() as u64;
        for core in 0..cores {
            let (sender, agents, verifier) = (sender.clone(), &agents, &verifier);
            scope.spawn(move || {
                let rules = RecordRules::default();
                for number in (core..calls).step_by(cores as usize) {
                    let decision = decide(agents, verifier, number);
                    sender.send(Record::of(&decision, &rules).unwrap()).unwrap();
                }
            });
        }
        drop(sender);
        let mut last = None;
        for (number, record) in receiver.into_iter().enumerate() {
            last = Some(log.append(&record).unwrap());
            if number % 10_000 == 0 {
                last.take().unwrap().wait().unwrap();
            }
        }
        last.into_iter().for_each(|last| assert!(last.wait().unwrap() > 0));
    });
    let range = ErasedRange { first: 100, last: 600, kinds: Some(vec![FieldKind::Argument]) };
    let _ = log.erase([range], ErasureReason::Request, start() + Span::days(1)).unwrap();
    log.close().unwrap();
}

fn decide(agents: &[Agent], verifier: &Verifier, number: u64) -> Decision {
    let agent = agents.get(number as usize % agents.len()).unwrap();
    let (operation, resource, args) = (agent.call)(number);
    let call = Request::new(operation, &resource, AUDIENCE).unwrap().with_args(&args).unwrap();
    // A day, however many calls there are.
    let at = start() + Span::milliseconds((number % 86_400_000) as i64);
    let anyway = PresentOptions::default().anyway();
    let presentation = agent.token.present_with(&agent.key, &call, at, anyway).unwrap();
    verifier.decide(presentation, call, at)
}
