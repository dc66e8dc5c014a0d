//! Strings that Node or Python reads as an integer are the same id as that integer.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use deputize_mcp::{Content, Id, Lines, Message, OpenIds};
use serde_json::Value as Json;

use crate::mutate::Random;

const CASES: usize = 50_000;

/// Parts of numbers as some reader writes them, and parts that no number has.
const PARTS: [&str; 44] = [
    "0",
    "1",
    "7",
    "9",
    "10",
    "00",
    "42",
    "123",
    "9007199254740991",
    "9007199254740992",
    ".",
    "-",
    "+",
    "_",
    "e",
    "E",
    "e1",
    "e-1",
    "E+2",
    "0x",
    "0X",
    "0o",
    "0b",
    "a",
    "f",
    "x",
    "n",
    "Infinity",
    "inf",
    "NaN",
    " ",
    "\t",
    "\n",
    "\u{a0}",
    "\u{feff}",
    "\u{2003}",
    "\u{660}",
    "\u{ff17}",
    "\u{1d7d8}",
    "\u{200b}",
    "\0",
    "/",
    "{",
    "\"",
];

/// Strings that SDKs use as ids.
const USED: [&str; 8] = [
    "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "listen-1",
    "b3c1",
    "V1StGXR8_Z5jdHi6B-myT",
    "abc-0",
    "c-6",
    "3f2504e04f8911d39a0c0305e82c3301",
    "Zm9v+/==",
];

fn id(raw: &str) -> Option<Id> {
    let line = format!("{{\"jsonrpc\":\"2.0\",\"id\":{raw},\"method\":\"ping\"}}\n");
    let line = Lines::new(line.as_bytes()).next_line().unwrap().unwrap();
    match Message::read(line).ok()?.content() {
        Content::Request { id, .. } => Some(id.clone()),
        _ => None,
    }
}

fn read_by(program: &str, script: &str, input: &Path) -> Vec<Option<i64>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers").join(script);
    let output = Command::new(program).arg(script).stdin(File::open(input).unwrap()).output();
    let output = output.expect("tests/setup installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_string_that_others_read_as_an_integer_is_that_id() {
    let mut random = Random(11);
    let made = std::iter::repeat_with(|| {
        let parts = 1 + random.below(4);
        (0..parts).map(|_| PARTS[random.below(PARTS.len())]).collect::<String>()
    });
    let texts: Vec<String> = [String::new()]
        .into_iter()
        .chain(USED.map(str::to_owned))
        .chain(made)
        .take(CASES)
        .collect();
    let input = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ids_for_readers");
    fs::write(&input, serde_json::to_string(&texts).unwrap()).unwrap();
    let readers = [("node", "ids.js"), ("python3", "ids.py")];
    let read = readers.map(|(program, script)| read_by(program, script, &input));
    let (mut refused, mut same) = (0, [0, 0]);
    for (at, text) in texts.iter().enumerate() {
        let Some(own) = id(&Json::from(text.as_str()).to_string()) else {
            assert!(!USED.contains(&text.as_str()), "{text:?}");
            refused += usize::from(read.iter().any(|read| read[at].is_some()));
            continue;
        };
        for (reader, read) in read.iter().enumerate() {
            let Some(integer) = read[at] else { continue };
            let mut open = OpenIds::new();
            open.open(&id(&integer.to_string()).unwrap(), ()).unwrap();
            assert!(open.open(&own, ()).is_err(), "{}: {text:?} is {integer}", readers[reader].0);
            same[reader] += 1;
        }
        // And an id of its own, where nobody reads a number.
        if USED.contains(&text.as_str()) {
            let mut open = OpenIds::new();
            for other in 0..1_000 {
                open.open(&id(&other.to_string()).unwrap(), ()).unwrap();
            }
            open.open(&own, ()).unwrap();
        }
    }
    // Otherwise the test would show little.
    assert!(
        refused > CASES / 50 && same.iter().all(|same| *same > CASES / 50),
        "{refused} {same:?}"
    );
}
