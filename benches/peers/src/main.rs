//! This crate beside others that delegate authority: the same story, in one process and one run.
//!
//! `bash benches/peers/run` prints the tables; its arguments are the paths of the figures and the
//! plot.

mod story;
mod measure;
mod peers;
mod colours;
mod results;
mod table;
mod plot;

use std::env::args_os;
use std::path::PathBuf;

use measure::{ROUNDS, Rounds, System};
use peers::deputize;
use results::{Decision, Making, Results};
use story::{Fallible, HOPS};

fn main() -> Fallible<()> {
    let mut paths = args_os().skip(1).map(PathBuf::from);
    let (Some(figures), Some(plot)) = (paths.next(), paths.next()) else {
        return Err("expected two arguments: the paths of the figures and of the plot".into());
    };
    let results = measure()?;
    table::print(&results);
    table::print_targets(&results)?;
    results.write(&figures)?;
    plot::draw(&results, &plot)
}

fn measure() -> Fallible<Results> {
    progress(format_args!("checking all systems"));
    let mut systems = Vec::new();
    let mut add = |system: System| {
        systems.push(system);
        systems.len().saturating_sub(1)
    };
    let floor = add(peers::raw::verify_strict());
    let sign = add(peers::raw::sign());
    let aws_lc = add(peers::raw::aws_lc_verify());
    let (mut deciding, mut making) = (Vec::new(), Vec::new());
    for hops in HOPS {
        for system in peers::deciding(hops)? {
            deciding.push((system.name, system.hops, system.wire_bytes, add(system)));
        }
        let deputize::Making { whole, unsigned } = deputize::Making::of(hops)?;
        making.push((whole.name, whole.hops, add(whole), add(unsigned)));
    }

    let rounds = Rounds::of(&systems, |round| progress(format_args!("round {round} of {ROUNDS}")));
    progress(format_args!("done\n"));
    let median_ns = |system: usize| rounds.median(|round| round(system));
    let decision = |(system, hops, wire_bytes, at)| Decision {
        system,
        hops,
        median_ns: median_ns(at),
        to_floor: rounds.median(|round| round(at) / round(floor)),
        wire_bytes,
    };
    let making_row = |(step, hops, at, unsigned)| Making {
        step,
        hops,
        median_ns: median_ns(at),
        to_sign: rounds.median(|round| round(at) / round(sign)),
        encoding_ns: median_ns(unsigned),
        beyond_encoding: rounds.median(|round| (round(at) - round(unsigned)) / round(sign)),
    };
    Ok(Results {
        floor_ns: median_ns(floor),
        sign_ns: median_ns(sign),
        aws_lc_to_floor: rounds.median(|round| round(aws_lc) / round(floor)),
        decisions: deciding.into_iter().map(decision).collect(),
        makings: making.into_iter().map(making_row).collect(),
    })
}

/// Prints a progress line, which the next one replaces.
fn progress(what: std::fmt::Arguments<'_>) {
    eprint!("\r\x1b[K{what}");
}
