//! The cost of a guard for a call over stdio, beside that of a proxy that forwards lines, in multiples of one
//! signature check.
//!
//! `cargo bench -p deputize-mcp --bench cost` prints one table, and fails where a target is missed. In each round
//! a client makes one call of each server in turn and waits for its answer, and one signature is checked; a
//! figure is the median of the rounds of one run, and the best of three runs. The server, the proxy and the
//! guard are processes of their own: this program, started with an argument. The guard has the chain in its
//! cache, a replay guard in memory, and no log. `tests/setup` installs the server in Python.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "the table is its output, and a benchmark that cannot go on should stop"
)]

use std::hint::black_box;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use deputize::bind::{MCP_PRESENTATION, McpCall};
use deputize::{
    Capability, ChainCache, Constraint, Grant, MemoryReplayGuard, Owner, Principal, PublicKey,
    ReplayPolicy, Request, RevocationPolicy, Signer as _, SigningKey, Token, TrustAnchor, Verifier,
};
use deputize_guard::{Guard, Recording};
use deputize_mcp::guarding::GuardSession;
use deputize_mcp::serve;
use serde_json::{Value, json};
use time::{Duration as Span, OffsetDateTime};

const AUDIENCE: &str = "time.acme.com";

/// Most that the guard may add to a call beside the cost of a proxy, in signature checks.
const MOST_CHECKS: f64 = 2.5;

/// Most that the guard may add to a call of a server in Python.
const MOST_OF_PYTHON: f64 = 0.20;

const RUNS: usize = 3;

/// Rounds of a run. A median of so many differs by about 2 % between two runs.
const ROUNDS: usize = 1_000;

/// Rounds with the server in Python, whose calls take milliseconds.
const PYTHON_ROUNDS: usize = 300;

/// Calls before a run is measured.
const WARM_UP: usize = 100;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["server"] => server(),
        ["proxy", rest @ ..] => proxy(rest),
        ["guard", root, rest @ ..] => guard(root, rest),
        _ => return measure(),
    }
    ExitCode::SUCCESS
}

/// A server that answers each call with the same text.
fn server() {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let call: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if call.get("id").is_none() {
            continue;
        }
        let result = json!({ "content": [{ "type": "text", "text": "12:00" }] });
        writeln!(out, "{}", json!({ "jsonrpc": "2.0", "id": call["id"], "result": result }))
            .unwrap();
        out.flush().unwrap();
    }
}

fn started(command: &[&str]) -> Child {
    let mut child = Command::new(command[0]);
    child.args(&command[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    child.spawn().unwrap()
}

/// Forwards lines in both directions, each on a thread, and reads nothing of them.
fn proxy(server: &[&str]) {
    let mut server = started(server);
    let (mut to, from) = (server.stdin.take().unwrap(), server.stdout.take().unwrap());
    let back = thread::spawn(move || {
        let (mut from, mut line) = (BufReader::new(from), Vec::new());
        let mut out = io::stdout().lock();
        while from.read_until(b'\n', &mut line).unwrap() > 0 {
            out.write_all(&line).unwrap();
            out.flush().unwrap();
            line.clear();
        }
    });
    let (mut input, mut line) = (io::stdin().lock(), Vec::new());
    while input.read_until(b'\n', &mut line).unwrap() > 0 {
        to.write_all(&line).unwrap();
        line.clear();
    }
    drop(to);
    back.join().unwrap();
    server.wait().unwrap();
}

fn guard(root: &str, server: &[&str]) {
    let root: PublicKey = root.parse().unwrap();
    let verifier = Verifier::new(
        TrustAnchor::new(root, "alice@acme.com"),
        RevocationPolicy::OnlyByExpiry { at_most: Span::hours(8) },
        ReplayPolicy::refused_by(MemoryReplayGuard::for_new_audience(100_000)),
    )
    .with_cache(ChainCache::new(100));
    let session = GuardSession::new(Guard::new(verifier, Recording::Nothing), AUDIENCE);
    serve(session, BufReader::new(io::stdin()), io::stdout(), started(server), |_| {}).unwrap();
}

/// The last agent of a chain of three hops.
struct Agent {
    root: PublicKey,
    key: SigningKey,
    token: Token,
}

impl Agent {
    fn new() -> Self {
        let now = OffsetDateTime::now_utc();
        let owner = SigningKey::generate().unwrap();
        let keys: Vec<_> = (0..3).map(|_| SigningKey::generate().unwrap()).collect();
        let grant = |hop: usize| {
            let capability =
                Capability::new(McpCall::CallTool.method(), "get_current_time").unwrap();
            let zones = [Constraint::one_of(["Etc/UTC", "Europe/Berlin"])];
            let to = Principal::agent(format!("agent-{hop}"), keys[hop].public_key()).unwrap();
            let capabilities = [capability.with_arg("timezone", zones).unwrap()];
            let purpose = "the cost of a guard";
            Grant::new(to, capabilities, now + Span::hours(2), purpose)
                .unwrap()
                .with_max_hops(u32::try_from(5 - hop).unwrap())
        };
        let alice = Owner::human("alice@acme.com").unwrap();
        let mut token = Token::mint(alice, &owner, grant(0), now).unwrap();
        for hop in 1..3 {
            token = token.delegate(&keys[hop - 1], grant(hop), now).unwrap();
        }
        let key = keys.into_iter().last().unwrap();
        Self { root: owner.public_key(), key, token }
    }

    fn line(&self, id: usize) -> String {
        let args = r#"{"timezone": "Etc/UTC"}"#;
        let request = Request::call("get_current_time", Some(args), AUDIENCE).unwrap();
        let shown = self.token.present(&self.key, &request, OffsetDateTime::now_utc()).unwrap();
        let params = json!({
            "name": "get_current_time", "arguments": request.args(),
            "_meta": { MCP_PRESENTATION: shown.to_text() },
        });
        json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string()
    }
}

/// A connection to a server.
struct Connection {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Connection {
    fn to(command: &[&str]) -> Self {
        let mut child = started(command);
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut own = Self { child, to, from: BufReader::new(from) };
        let params = json!({
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": { "name": "bench", "version": "1" },
        });
        own.ask(
            "\"i\"",
            &json!({ "jsonrpc": "2.0", "id": "i", "method": "initialize", "params": params })
                .to_string(),
        );
        own.to
            .write_all(b"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n")
            .unwrap();
        own
    }

    /// Makes a call, which must be answered by a result of its own, and returns the time to its answer.
    fn ask(&mut self, id: &str, line: &str) -> Duration {
        let line = format!("{line}\n");
        let mut answer = String::new();
        let began = Instant::now();
        self.to.write_all(line.as_bytes()).unwrap();
        self.from.read_line(&mut answer).unwrap();
        let took = began.elapsed();
        let is_error = answer.contains("\"isError\":true") || answer.contains("\"error\":");
        let is_own =
            answer.contains(&format!("\"id\":{id},")) || answer.contains(&format!("\"id\":{id}}}"));
        assert!(is_own && !is_error && answer.contains("\"result\""), "{id}: {answer}");
        took
    }

    fn end(self) {
        let Self { mut child, to, .. } = self;
        drop(to);
        child.wait().unwrap();
    }
}

/// The medians of one run, in seconds: each connection's, and that of one signature check.
fn run(agent: &Agent, commands: &[Vec<&str>], rounds: usize) -> (Vec<f64>, f64) {
    let mut connections: Vec<_> = commands.iter().map(|own| Connection::to(own)).collect();
    let check = signature_check();
    let (mut calls, mut checks) = (vec![Vec::new(); commands.len()], Vec::new());
    for round in 0..WARM_UP + rounds {
        // A presentation is used once, and servers without a guard get the same bytes.
        let line = agent.line(round);
        let took: Vec<_> =
            connections.iter_mut().map(|own| own.ask(&round.to_string(), &line)).collect();
        let began = Instant::now();
        check();
        let checked = began.elapsed();
        if round >= WARM_UP {
            calls.iter_mut().zip(took).for_each(|(all, own)| all.push(own));
            checks.push(checked);
        }
    }
    connections.into_iter().for_each(Connection::end);
    (calls.into_iter().map(median).collect(), median(checks))
}

/// One strict check of a signature over as many bytes as a delegation has.
fn signature_check() -> impl Fn() {
    use ed25519_dalek::Signer as _;
    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    let message = [5; 331];
    let (signature, public) = (key.sign(&message), key.verifying_key());
    move || public.verify_strict(black_box(&message), &signature).unwrap()
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64()
}

fn python_server() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target =
        target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"));
    let server = target.join("mcp-venv/bin/mcp-server-time");
    assert!(server.exists(), "{} is missing: run tests/setup", server.display());
    server
}

fn measure() -> ExitCode {
    let agent = Agent::new();
    let own = std::env::current_exe().unwrap();
    let (own, root) = (own.to_str().unwrap(), agent.root.to_string());
    let python = python_server();
    let python = python.to_str().unwrap();
    let mut is_met = true;

    let commands = [
        vec![own, "server"],
        vec![own, "proxy", own, "server"],
        vec![own, "guard", &root, own, "server"],
    ];
    println!("a server that does nothing: medians in µs, and in signature checks");
    println!(
        "{:>5} {:>9} {:>9} {:>9} {:>9} {:>22}",
        "run", "check", "bare", "proxy", "guard", "guard − proxy, checks"
    );
    let mut best = f64::INFINITY;
    for number in 1..=RUNS {
        let (calls, check) = run(&agent, &commands, ROUNDS);
        let [bare, proxy, guard] = [calls[0], calls[1], calls[2]].map(|own| own * 1e6);
        let check = check * 1e6;
        let beyond = (guard - proxy) / check;
        best = best.min(beyond);
        println!("{number:>5} {check:>9.1} {bare:>9.1} {proxy:>9.1} {guard:>9.1} {beyond:>22.2}");
    }
    is_met &= verdict(best, MOST_CHECKS, "signature checks beside the proxy");

    let commands = [vec![python], vec![own, "guard", &root, python]];
    println!("\nmcp-server-time, in Python: medians in µs");
    println!("{:>5} {:>9} {:>9} {:>22}", "run", "bare", "guard", "guard / bare − 1");
    let mut best = f64::INFINITY;
    for number in 1..=RUNS {
        let (calls, _) = run(&agent, &commands, PYTHON_ROUNDS);
        let [bare, guard] = [calls[0], calls[1]].map(|own| own * 1e6);
        let more = guard / bare - 1.0;
        best = best.min(more);
        println!("{number:>5} {bare:>9.1} {guard:>9.1} {more:>22.3}");
    }
    is_met &= verdict(best, MOST_OF_PYTHON, "of a call to a server in Python");
    if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn verdict(found: f64, most: f64, unit: &str) -> bool {
    let is_met = found <= most;
    let word = if is_met { "met" } else { "MISSED" };
    println!("the guard adds {found:.2} {unit}; target at most {most}: {word}");
    is_met
}
