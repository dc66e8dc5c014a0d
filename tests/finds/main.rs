//! What the fuzzer found: every input in `fuzz/finds` holds what its target asserts, and so does
//! every seed. The targets that need the command are in `crates/cli/tests/finds.rs`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test that cannot go on should stop; the fuzzer uses the same files"
)]

#[path = "../../fuzz/src/dice.rs"]
mod dice;
#[path = "../../fuzz/src/free.rs"]
mod free;
#[path = "../../fuzz/src/related.rs"]
mod related;
#[path = "../../fuzz/src/respell.rs"]
mod respell;

#[path = "../common/mod.rs"]
mod common;
#[path = "../messages/graphs.rs"]
mod graphs;
#[path = "../messages/markdown.rs"]
mod markdown;
#[path = "../messages/told.rs"]
mod told;
#[path = "../laws/oracle.rs"]
mod oracle;
#[path = "../laws/random.rs"]
mod random;

#[path = "../../fuzz/src/json.rs"]
mod json;
#[path = "../../fuzz/src/page.rs"]
mod page;
#[path = "../../fuzz/src/wire.rs"]
mod wire;

#[path = "../../fuzz/src/differential.rs"]
mod differential;
#[path = "../../fuzz/src/forgery/mod.rs"]
mod forgery;
#[path = "../../fuzz/src/narrowing.rs"]
mod narrowing;
#[path = "../../fuzz/src/reports.rs"]
mod reports;
#[path = "../../fuzz/src/requests.rs"]
mod requests;
#[path = "../../fuzz/src/spelling.rs"]
mod spelling;

use std::fs;
use std::path::Path;

fn replay(target: &str, check: fn(&[u8])) {
    let mut count = 0;
    for kept in ["finds", "seeds"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(kept).join(target);
        // A target that has found nothing has no folder.
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            println!("{}", path.display());
            check(&fs::read(path).unwrap());
            count += 1;
        }
    }
    assert!(count > 0, "nothing is kept of {target}");
}

#[test]
fn spelling_finds() {
    replay("spelling", spelling::check);
}

#[test]
fn forgery_finds() {
    replay("forgery", forgery::check);
}

#[test]
fn narrowing_finds() {
    replay("narrowing", narrowing::check);
}

#[test]
fn requests_finds() {
    replay("requests", requests::check);
}

#[test]
fn reports_finds() {
    replay("reports", reports::check);
}

#[test]
fn differential_finds() {
    replay("differential", differential::check);
}
