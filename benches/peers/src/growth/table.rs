//! The figures, as a person reads them.

#![expect(clippy::print_stdout, reason = "the tables are what it is for")]

use shared::measure;

use crate::chain::HOPS;
use crate::memory::Kept;
use crate::series::Series;
use crate::throughput::{self, Throughput};

pub(crate) const LEAST_SCALING: f64 = 1.8;
pub(crate) const LEAST_R2: f64 = 0.99;

pub(crate) fn print_throughput(rows: &[Throughput]) {
    println!(
        "decisions per second, {HOPS} hops\n{:<14} {:>8} {:>10} {:>10} {:>9}   {:>7} {:>9}\n\
         {:<14} {:>8} {:>10} {:>10} {:>9}   {:>7} {:>9}",
        "",
        "chains",
        "on one",
        "on two",
        "× floor",
        "scaling",
        "scaling",
        "",
        "in use",
        "thread",
        "threads",
        "",
        "by clock",
        "on cores"
    );
    for row in rows {
        let Throughput { system, chains, one, two, to_floor, scaling_wall, scaling } = row;
        let target = if *system == "verify_strict" {
            String::new()
        } else {
            target(*scaling, LEAST_SCALING)
        };
        println!(
            "{system:<14} {chains:>8} {one:>10.0} {two:>10.0} {to_floor:>9.2}   \
             {scaling_wall:>7.2} {scaling:>9.2}   {target}"
        );
    }
    println!(
        "\nFrom the text that arrives to the decision; `verify_strict` is the floor, and says what \
         two\nthreads are worth on this machine. Medians over {} rounds; scaling is that of one \
         round. By\nclock: with whatever else ran on the two cores. On cores (and per second): \
         without the time for\nwhich a thread could have run and something else had its core.\n",
        throughput::ROUNDS
    );
}

pub(crate) fn print_kept(rows: &[Kept]) {
    println!("memory of a cached chain\n{:>6} {:>12} {:>12}", "hops", "text, bytes", "kept, bytes");
    for Kept { hops, text_bytes, bytes } in rows {
        println!("{hops:>6} {text_bytes:>12} {bytes:>12.0}");
    }
    println!("\nWhat remains allocated when 1,000 of them have come by, divided by 1,000.\n");
}

pub(crate) fn print_series(all: &[Series]) {
    for series in all {
        let name = series.growing.name();
        println!("cost against {name}, in floors");
        println!("{:>6} {:>12} {:>8} {:>8}", "", "text, bytes", "cold", "cached");
        let both = series.cold.points.iter().zip(&series.cached.points);
        for (((size, cold), (_, cached)), bytes) in both.zip(&series.text_bytes) {
            println!("{size:>6} {bytes:>12} {cold:>8.2} {cached:>8.3}");
        }
        for (what, curve) in series.curves() {
            let line = curve.line;
            println!(
                "  {what:<6} {:.3} + {:.4} each, R² {:.4}   {}",
                line.start,
                line.slope,
                line.r2,
                target(line.r2, LEAST_R2)
            );
        }
        println!();
    }
    println!(
        "Medians over {} rounds of ratios to one `verify_strict` of the same round, the best of {} \
         tries each.",
        measure::ROUNDS,
        measure::TRIES
    );
}

pub(crate) fn is_met(found: f64, least: f64) -> bool {
    found >= least
}

fn target(found: f64, least: f64) -> String {
    format!("≥ {least}: {}", if is_met(found, least) { "met" } else { "MISSED" })
}
