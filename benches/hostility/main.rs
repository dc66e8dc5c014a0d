//! What hostile input costs: the dearest that a stranger and an agent can send within the limits.
//!
//! `cargo bench --bench hostility` prints one table and the targets, and fails where one is missed.
//!
//! A figure is the CPU time of the thread, the least of many tries; the ratio is to an Ed25519
//! `verify_strict` measured between the same tries, so it stays the same on a machine that is slow or
//! busy. A target in µs is judged by its ratio, for a machine on which `verify_strict` takes 38 µs.
//! Memory is the most that was allocated at once, beyond what was there before. The dearest grants
//! are looked for: some are made by hand, and many are put together at random.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a benchmark that cannot go on should stop"
)]

mod agent;
mod measure;
mod refusals;
mod search;
mod stranger;

use std::process::ExitCode;

use deputize::Report;

use agent::{Case, Room};
use measure::{Figure, TRIES, Yardstick};

/// What a `verify_strict` takes where the targets in µs were set.
const REFERENCE_MICROS: f64 = 38.0;

const STRANGER_MICROS: f64 = 1_000.0;
const AGENT_MICROS: f64 = 5_000.0;

/// Times an allowed call of the same token.
const MOST_DEARER: f64 = 2.0;

/// Bytes allocated at once, for each byte of the longest text that the verifier accepts.
const MEMORY_FACTOR: usize = 64;

/// What was measured, of so many bytes of text.
struct Row {
    what: String,
    bytes: usize,
    figure: Figure,
}

fn main() -> ExitCode {
    let yard = Yardstick::new();
    let mut missed = Vec::new();
    println!("Refused, and allowed, of the same token");
    for pair in refusals::pairs(&yard) {
        println!("{pair}");
        if pair.times() > MOST_DEARER {
            missed.push(format!("{}: {:.2} times the allowed call", pair.what, pair.times()));
        }
    }
    for (room, name) in [(Room::DEFAULT, "default limits"), (Room::HARD, "hard limits")] {
        let is_default = name == "default limits";
        head(&format!("A stranger, {name}"));
        let strangers = stranger::rows(&yard, room);
        strangers.iter().for_each(Row::print);
        if is_default {
            head(
                "Arguments that a service is sent, of 64 KiB; its own limit on them is its affair",
            );
            stranger::requests(&yard).iter().for_each(Row::print);
        }
        head(&format!("A malicious agent, {name}"));
        let (agents, dearest) = agents(&yard, room);
        agents.iter().for_each(Row::print);
        head(&format!("Reports of that agent's dearest denial, {name}"));
        let reports = reports(&yard, &dearest);
        reports.iter().for_each(Row::print);
        if is_default {
            missed.extend(over("a stranger", &strangers, STRANGER_MICROS));
            missed.extend(over("an agent", &agents, AGENT_MICROS));
            missed.extend(over("an agent's report", &reports, AGENT_MICROS));
        }
        missed.extend(strangers.iter().chain(&agents).filter_map(|row| row.memory(room)));
    }
    println!(
        "\nThe least of {TRIES} tries. Targets, where `verify_strict` takes {REFERENCE_MICROS} µs:"
    );
    println!(
        "a stranger {STRANGER_MICROS} µs of CPU time, an agent {AGENT_MICROS} µs (default limits);"
    );
    println!("a refused call at most {MOST_DEARER} times an allowed one;");
    println!("memory at most {MEMORY_FACTOR} times the longest text that the verifier accepts.");
    if missed.is_empty() {
        println!("All targets are met.");
        return ExitCode::SUCCESS;
    }
    missed.iter().for_each(|line| println!("MISSED: {line}"));
    ExitCode::FAILURE
}

fn head(what: &str) {
    println!("\n{what}");
    println!(
        "{:<66} {:>6} {:>8} {:>7} {:>8} {:>9} {:>6}",
        "", "bytes", "µs", "× vfy", "at 38 µs", "peak", "× text"
    );
}

impl Row {
    fn print(&self) {
        let Figure { micros, ratio, peak } = self.figure;
        println!(
            "{:<66} {:>6} {micros:>8.0} {ratio:>7.1} {:>8.0} {peak:>9} {:>6.1}",
            self.what,
            self.bytes,
            ratio * REFERENCE_MICROS,
            peak as f64 / self.bytes as f64
        );
    }

    fn memory(&self, room: Room) -> Option<String> {
        let most = MEMORY_FACTOR * room.text;
        (self.figure.peak > most)
            .then(|| format!("{}: {} bytes allocated, at most {most}", self.what, self.figure.peak))
    }
}

fn over(who: &str, rows: &[Row], most: f64) -> Option<String> {
    let dearest = rows.iter().max_by(|a, b| a.figure.ratio.total_cmp(&b.figure.ratio))?;
    let micros = dearest.figure.ratio * REFERENCE_MICROS;
    println!(
        "-- dearest of {who}: {micros:.0} µs ({:.1} verifications), {}",
        dearest.figure.ratio, dearest.what
    );
    (micros > most).then(|| format!("{who}: {micros:.0} µs, at most {most}: {}", dearest.what))
}

/// The agent's grants, and the dearest of all that were tried.
fn agents(yard: &Yardstick, room: Room) -> (Vec<Row>, Case) {
    let mut rows = Vec::new();
    let mut dearest: Option<(f64, Case)> = None;
    for (shape, case) in search::dearest(yard, room) {
        for (word, request) in [("first call", &case.allowed), ("refused", &case.refused)] {
            let figure = yard.measure(TRIES, || request.clone(), |request| case.decide(request));
            let is_allowed = case.decide(request.clone()).is_allowed();
            let word = if is_allowed {
                "allowed"
            } else if word == "refused" {
                word
            } else {
                "too much work"
            };
            rows.push(Row {
                what: format!("{}: {word}", shape.name()),
                bytes: case.text.len(),
                figure,
            });
        }
        let ratio = rows.last().map_or(0.0, |row| row.figure.ratio);
        if dearest.as_ref().is_none_or(|(most, _)| ratio > *most) {
            dearest = Some((ratio, case));
        }
    }
    rows.extend(agent::unreadable(yard, room));
    (rows, dearest.unwrap().1)
}

/// Each form from the decision on.
fn reports(yard: &Yardstick, case: &Case) -> Vec<Row> {
    type Form = (&'static str, fn(&Report) -> String);
    const FORMS: [Form; 6] = [
        ("text", |report| report.to_string()),
        ("JSON", |report| report.to_json().unwrap()),
        ("Markdown", Report::to_markdown),
        ("Mermaid", Report::to_mermaid),
        ("DOT", Report::to_dot),
        ("HTML", Report::to_html),
    ];
    let decision = case.decide(case.refused.clone());
    let row = |what: &str, figure| Row { what: what.to_owned(), bytes: case.text.len(), figure };
    let mut rows =
        vec![row("the report itself", yard.measure(TRIES, || (), |()| Report::of(&decision)))];
    let report = Report::of(&decision);
    for (what, form) in FORMS {
        rows.push(row(what, yard.measure(TRIES, || (), |()| form(&report))));
    }
    rows
}
