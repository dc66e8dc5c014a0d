//! Notes that everybody reads and writes alike.

use std::sync::OnceLock;

use deputize::{Note, Signer};

use crate::keys::{Named, written};
use crate::source::Source;
use crate::{Opened, go, rust};

/// A text for each number of signatures.
const NOTES: u64 = 100;

/// Parts of texts and names: of several scripts, with marks and symbols that have a meaning
/// elsewhere in a note.
const PARTS: [&str; 24] = [
    "a",
    "Z",
    "0",
    "deputize",
    "v1",
    "ed25519/",
    "/",
    ".",
    ":",
    "=",
    "-",
    "\"",
    "\\",
    "é",
    "e\u{301}",
    "ß",
    "ключ",
    "鍵",
    "مفتاح",
    "🔑",
    "\u{fffd}",
    "—",
    "\u{10ffff}",
    "\u{378}",
];

#[derive(Clone)]
struct Case {
    text: String,
    keys: Vec<Named>,
}

/// A random text, and random names for 1 to 100 keys.
fn case(seed: u64) -> Case {
    let source = &mut Source(seed);
    let lines = 1 + source.below(12);
    let text = (0..lines).map(|_| line(source)).collect();
    let signatures = 1 + usize::try_from(seed % 100).unwrap();
    let key = |n: usize, source: &mut Source| {
        let most = if source.chance(5) { 200 } else { 6 };
        let parts = 1 + source.below(most);
        let name: String = (0..parts).map(|_| source.pick(&PARTS)).collect();
        let mut key = Named::new(&name, u8::try_from(n).unwrap());
        if source.chance(50) {
            key.name = key.key.public_key().to_string();
        }
        key
    };
    Case { text, keys: (0..signatures).map(|n| key(n, source)).collect() }
}

/// A line, which may look like one of the other lines of a note.
fn line(source: &mut Source) -> String {
    let start = source.pick(&["", "", "", " ", "— ", "— a AAAAAAA=", "+ "]);
    let most = if source.chance(5) { 2_000 } else { 30 };
    let parts = 1 + source.below(most);
    let parts = (0..parts).map(|_| {
        let blank = if source.chance(20) { " " } else { "" };
        [source.pick(&PARTS), blank].concat()
    });
    format!("{start}{}\n", parts.collect::<String>())
}

/// The cases, each with our note.
fn cases() -> &'static [(Case, String)] {
    static CASES: OnceLock<Vec<(Case, String)>> = OnceLock::new();
    CASES.get_or_init(|| {
        let written = |own: &Case| written(&own.text, &own.keys).to_string();
        (0..NOTES).map(case).map(|own| (own.clone(), written(&own))).collect()
    })
}

/// Reads our notes, with every `step`th key known from the `first` on.
fn read(first: usize, step: usize) {
    let known: Vec<Vec<&Named>> = cases()
        .iter()
        .map(|(own, _)| own.keys.iter().skip(first).step_by(step).collect())
        .collect();
    let tasks = cases().iter().zip(&known).filter(|(_, known)| !known.is_empty());
    let tasks: Vec<_> = tasks
        .map(|((own, note), known)| {
            let expected = Opened {
                text: own.text.clone(),
                signers: known.iter().map(|key| key.id()).collect(),
                unverified: own.keys.len() - known.len(),
            };
            let keys: Vec<_> = known.iter().map(|key| key.verifier()).collect();
            ((note.as_bytes(), keys), expected)
        })
        .collect();
    let (notes, expected): (Vec<_>, Vec<_>) = tasks.into_iter().unzip();
    let by_go = go::open(&notes);
    for (((note, keys), expected), by_go) in notes.iter().zip(&expected).zip(&by_go) {
        assert_eq!(by_go.as_ref(), Ok(expected));
        assert_eq!(rust::open(note, keys).as_ref(), Ok(expected));
    }
}

#[test]
fn notes_are_read_alike() {
    read(0, 1);
    for (own, note) in cases() {
        let read = Note::parse(note.as_bytes()).unwrap();
        assert_eq!(read.text(), own.text);
        assert!(read.claimed_names().eq(own.keys.iter().map(|key| key.name.as_str())));
        assert!(own.keys.iter().all(|key| read.verify(&key.name, &key.key.public_key()).is_ok()));
    }
}

#[test]
fn signatures_of_unknown_keys_are_left_aside() {
    read(1, 2);
}

#[test]
fn notes_are_written_alike() {
    let texts: Vec<_> = cases()
        .iter()
        .map(|(own, _)| (own.text.as_bytes(), own.keys.iter().map(Named::signer).collect()))
        .collect();
    for (((text, keys), by_go), (_, ours)) in texts.iter().zip(go::sign(&texts)).zip(cases()) {
        assert_eq!(String::from_utf8(by_go.clone()).as_ref(), Ok(ours));
        assert_eq!(rust::sign(text, keys), by_go);
        assert_eq!(Note::parse(&by_go).unwrap().to_string(), *ours);
    }
}

/// As many bytes as a note may have, in all.
#[test]
fn the_longest_note_is_read_alike() {
    let key = Named::new("a", 1);
    let text = format!("{}\n", "b".repeat(99)).repeat(9_999);
    let note = written(&text, std::slice::from_ref(&key)).to_string();
    assert_eq!(note.len(), 1_000_000);
    assert!(key.signed(note.as_bytes()));
    let known = vec![key.verifier()];
    let expected = Opened { text, signers: vec![key.id()], unverified: 0 };
    assert_eq!(rust::open(note.as_bytes(), &known).as_ref(), Ok(&expected));
    assert_eq!(go::open(&[(note.as_bytes(), known)]), [Ok(expected)]);
}
