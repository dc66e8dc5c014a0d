//! Attacks: a module for each goal of an attacker, a test for each attempt.
//!
//! If the verifier refuses, a test states the hop and the code; if the library does not even make
//! or read the value, it states the error.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::print_stdout,
    reason = "a test that cannot go on should stop"
)]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/plain_list.rs"]
mod plain_list;

mod editing;

mod theft;
mod splice;
mod standing;
mod transplant;
mod foreign;
mod biscuit_samples;
mod rewording;
mod vocabulary;
mod impersonation;
mod names;
mod grants;
mod delegating;
mod oracles;
mod arguments;
mod shapes;
mod json;
mod texts;
mod conversions;
mod urls;
mod clocks;
mod keys;
mod signatures;
mod notes;
mod spellings;
mod bit_flips;
mod encoding;
mod injection;
mod records;
mod records_more;
mod reports;
mod directories;
mod agents;
mod keepers;
mod exhaustion;
mod nesting;
mod bounds;
mod outages;
mod lists;
mod revocation;
mod statements;

use std::fs;
use std::path::Path;

use common::{decided, presented};
use deputize::DenyCode;

/// The chain from which all attacks start. If it were refused, they would prove nothing.
#[test]
fn the_honest_chain_is_allowed() {
    assert!(decided(&presented()).is_allowed());
}

/// Each deny code stops an attack here.
#[test]
fn every_code_refuses_an_attack() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attacks");
    let mut suite = String::new();
    let transplant = folder.join("transplant");
    for file in [folder, transplant].iter().flat_map(|folder| fs::read_dir(folder).unwrap()) {
        let path = file.unwrap().path();
        if path.is_file() {
            suite.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    let is_met = |code: &DenyCode| suite.contains(&format!(", DenyCode::{code:?})"));
    let missing: Vec<_> = DenyCode::ALL.iter().filter(|code| !is_met(code)).collect();
    assert!(missing.is_empty(), "codes that refuse no attack: {missing:?}");
}
