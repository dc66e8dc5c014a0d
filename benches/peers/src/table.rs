//! The figures and the targets, as tables.

#![expect(clippy::print_stdout, reason = "the tables are its output")]

use crate::measure::{ROUNDS, TRIES, count};
use crate::results::{Decision, Results};
use crate::story::Fallible;

pub(crate) fn print(results: &Results) {
    println!(
        "{:<17} {:>4} {:>11} {:>8} {:>8}\n{:<17} {:>4} {:>11} {:>8} {:>8}",
        "system", "hops", "median", "× floor", "sent", "", "", "µs", "", "bytes"
    );
    for system in results.systems() {
        for row in results.of_system(system) {
            println!(
                "{:<17} {:>4} {:>11.1} {:>8.2} {:>8}",
                row.system,
                row.hops,
                row.median_ns / 1e3,
                row.to_floor,
                row.wire_bytes
            );
        }
    }
    println!(
        "\nfloor: one `verify_strict` of ed25519-dalek over 450 bytes, {:.1} µs in this run; a \
         ratio is the\nmedian over {ROUNDS} rounds, the best of {TRIES} tries in each. Sent: text, \
         as in a header: base64url,\nJWTs, and the proof of possession where it is another header. `jsonwebtoken` verifies with \
         aws-lc-rs,\nwhere one signature takes {:.2} floors.\n",
        results.floor_ns / 1e3,
        results.aws_lc_to_floor
    );
    println!(
        "{:<9} {:>4} {:>11} {:>8} {:>11} {:>13}\n{:<9} {:>4} {:>11} {:>8} {:>11} {:>13}",
        "step",
        "to",
        "median",
        "× sign",
        "of that",
        "the rest",
        "",
        "hops",
        "µs",
        "",
        "encoding",
        "× sign"
    );
    for row in &results.makings {
        println!(
            "{:<9} {:>4} {:>11.1} {:>8.2} {:>11.1} {:>13.2}",
            row.step,
            row.hops,
            row.median_ns / 1e3,
            row.to_sign,
            row.encoding_ns / 1e3,
            row.beyond_encoding
        );
    }
    println!(
        "\nsign: one `sign` of ed25519-dalek over 450 bytes, {:.1} µs. Encoding: the same step with \
         a signer\nthat takes no time.\n",
        results.sign_ns / 1e3
    );
}

/// Prints the targets, and whether they are met.
///
/// # Errors
///
/// A system that was not measured.
pub(crate) fn print_targets(results: &Results) -> Fallible<()> {
    const HOPS: usize = 8;
    let cold = results.find("deputize-cold", HOPS)?;
    let cached = results.find("deputize-cached", HOPS)?;
    println!("targets at {HOPS} hops");
    at_most("cached, in floors", cached.to_floor, 1.3);
    for peer in ["tenuo", "tenuo-labelled", "jsonwebtoken"] {
        let peer = results.find(peer, HOPS)?;
        let name = peer.system;
        at_most(&format!("cold, to {name}"), cold.to_floor / peer.to_floor, 0.5);
        at_most(&format!("cached, to {name}"), cached.to_floor / peer.to_floor, 0.1);
        let bytes = |row: &Decision| count(row.wire_bytes);
        at_most(&format!("sent bytes, to {name}"), bytes(cold) / bytes(peer), 0.75);
    }
    println!("targets of making, in signatures beside encoding");
    for row in &results.makings {
        at_most(&format!("{} to {} hops", row.step, row.hops), row.beyond_encoding, 2.0);
    }
    println!(
        "\n`tenuo` proves possession by itself. To `jsonwebtoken` a proof of possession was added \
         here, as one\nmore JWT; `tenuo-labelled` also carries names and a purpose, as the tokens of \
         this crate do."
    );
    Ok(())
}

fn at_most(what: &str, found: f64, most: f64) {
    let word = if found <= most { "met" } else { "MISSED" };
    println!("  {what:<30} {found:>7.3}   ≤ {most}: {word}");
}
