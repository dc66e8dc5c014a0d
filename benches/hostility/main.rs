//! The cost of hostile input: the most expensive input that an outsider and an agent can send
//! within the limits.
//!
//! `cargo bench --bench hostility` prints one table and the targets, and fails where one is missed.
//!
//! A figure is the CPU time of the thread, the minimum of many tries. The ratio is to an Ed25519
//! `verify_strict` measured between the same tries, so it is the same on a slow or busy machine. A
//! target in µs is judged by its ratio, for a machine on which `verify_strict` takes 38 µs. Memory
//! is the peak of additional allocations. The most expensive grants are searched for: some are made
//! by hand, and many are random.

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
mod notes;
mod refusals;
mod search;
mod outsider;

use std::process::ExitCode;

use deputize::Report;

use agent::{Case, Limits};
use measure::{Figure, TRIES, Yardstick};

/// The time of a `verify_strict` on the machine on which the targets in µs were set.
const REFERENCE_MICROS: f64 = 38.0;

const OUTSIDER_MICROS: f64 = 1_000.0;
const AGENT_MICROS: f64 = 5_000.0;
const NOTE_MICROS: f64 = 15_000.0;

/// Maximum ratio of a refused call to an allowed one with the same token.
const MAX_REFUSAL_RATIO: f64 = 2.0;

/// Peak bytes of allocations, for each byte of the longest text that the verifier accepts.
const MEMORY_FACTOR: usize = 64;

/// A measured input, with the length of its text.
struct Row {
    what: String,
    bytes: usize,
    figure: Figure,
}

fn main() -> ExitCode {
    let yard = Yardstick::new();
    let mut missed = Vec::new();
    println!("Refused and allowed calls with the same token");
    for pair in refusals::pairs(&yard) {
        println!("{pair}");
        if pair.times() > MAX_REFUSAL_RATIO {
            missed.push(format!("{}: {:.2} times the allowed call", pair.what, pair.times()));
        }
    }
    for (room, name) in [(Limits::DEFAULT, "default limits"), (Limits::HARD, "hard limits")] {
        let is_default = name == "default limits";
        head(&format!("An outsider, {name}"));
        let outsiders = outsider::rows(&yard, room);
        outsiders.iter().for_each(Row::print);
        if is_default {
            head("Arguments of 64 KiB, without a limit of the service's own");
            outsider::requests(&yard).iter().for_each(Row::print);
        }
        head(&format!("A malicious agent, {name}"));
        let (agents, costliest) = agents(&yard, room);
        agents.iter().for_each(Row::print);
        head(&format!("Reports of that agent's most expensive denial, {name}"));
        let reports = reports(&yard, &costliest);
        reports.iter().for_each(Row::print);
        if is_default {
            missed.extend(over("an outsider", &outsiders, OUTSIDER_MICROS));
            missed.extend(over("an agent", &agents, AGENT_MICROS));
            missed.extend(over("an agent's report", &reports, AGENT_MICROS));
        }
        missed.extend(outsiders.iter().chain(&agents).filter_map(|row| row.memory(room)));
    }
    head("Signed notes of 1 MB, read and verified");
    let notes = notes::rows(&yard);
    notes.iter().for_each(Row::print);
    missed.extend(over("a note", &notes, NOTE_MICROS));
    println!(
        "\nThe least of {TRIES} tries. Targets, where `verify_strict` takes {REFERENCE_MICROS} µs:"
    );
    println!(
        "an outsider {OUTSIDER_MICROS} µs of CPU time, an agent {AGENT_MICROS} µs (default limits);"
    );
    println!("a note {NOTE_MICROS} µs;");
    println!("a refused call at most {MAX_REFUSAL_RATIO} times an allowed one;");
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

    fn memory(&self, room: Limits) -> Option<String> {
        let most = MEMORY_FACTOR * room.text;
        (self.figure.peak > most)
            .then(|| format!("{}: {} bytes allocated, at most {most}", self.what, self.figure.peak))
    }
}

fn over(who: &str, rows: &[Row], most: f64) -> Option<String> {
    let costliest = rows.iter().max_by(|a, b| a.figure.ratio.total_cmp(&b.figure.ratio))?;
    let micros = costliest.figure.ratio * REFERENCE_MICROS;
    println!(
        "-- most expensive of {who}: {micros:.0} µs ({:.1} verifications), {}",
        costliest.figure.ratio, costliest.what
    );
    (micros > most).then(|| format!("{who}: {micros:.0} µs, at most {most}: {}", costliest.what))
}

/// Rows for the agent's grants, and the most expensive of all that were tried.
fn agents(yard: &Yardstick, room: Limits) -> (Vec<Row>, Case) {
    let mut rows = Vec::new();
    let mut costliest: Option<(f64, Case)> = None;
    for (shape, case) in search::costliest(yard, room) {
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
        if costliest.as_ref().is_none_or(|(most, _)| ratio > *most) {
            costliest = Some((ratio, case));
        }
    }
    rows.extend(agent::unreadable(yard, room));
    (rows, costliest.unwrap().1)
}

/// Rows for each format, starting from the decision.
fn reports(yard: &Yardstick, case: &Case) -> Vec<Row> {
    type Form = (&'static str, fn(&Report) -> String);
    const FORMS: [Form; 6] = [
        ("text", |report| report.to_string()),
        ("JSON", |report| report.to_json().unwrap()),
        ("Markdown", Report::to_markdown),
        ("Mermaid", Report::to_mermaid),
        ("DOT", Report::to_dot),
        ("HTML", deputize_pages::report_page),
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
