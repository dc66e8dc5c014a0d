//! Notes with random changes: we accept none that Go refuses, and read the same text in the others.

use deputize::Note;

use crate::keys::{Named, written};
use crate::source::Source;
use crate::{go, rust};

const NOTES: u64 = 10_000;

/// Pieces that mean something in a note.
const PIECES: [&[u8]; 18] = [
    b"\n",
    b"\n\n",
    b" ",
    b"=",
    b"+",
    b"A",
    b"/",
    b"\r",
    b"\0",
    b"\xff",
    "— ".as_bytes(),
    "—".as_bytes(),
    b"- ",
    b"\xe2\x80",
    "\u{2028}".as_bytes(),
    "\u{a0}".as_bytes(),
    "\u{200b}".as_bytes(),
    b"b",
];

/// The one key that all readers know.
fn alice() -> Named {
    Named::new("alice", 1)
}

/// A note that Alice signed, alone or with others, and then a change; or a changed text that she
/// signed.
fn note(source: &mut Source) -> Vec<u8> {
    let text = source.pick(&["a\n", "a\nb\n", "— alice AAAA\n", " \n", "ключ = 🔑\n"]);
    if source.chance(50) {
        let mut text = text.as_bytes().to_vec();
        change(source, &mut text);
        return alice().note(&String::from_utf8_lossy(&text)).into_bytes();
    }
    let keys = [alice(), Named::new("bob", 2), Named::new("alice", 3)];
    let (first, count) = (source.below(3), 1 + source.below(3));
    let keys: Vec<_> = keys.iter().cycle().skip(first).take(count).cloned().collect();
    let mut note = written(text, &keys).to_string().into_bytes();
    (0..=source.below(2)).for_each(|_| change(source, &mut note));
    note
}

/// Changes a byte, puts a piece in, takes some bytes out, or repeats or swaps lines.
fn change(source: &mut Source, note: &mut Vec<u8>) {
    let at = source.below(note.len().max(1));
    let to = (at + 1 + source.below(6)).min(note.len());
    match source.below(6) {
        0 => note.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << (at % 8)),
        1 => drop(note.splice(at..at, source.pick(&PIECES).iter().copied())),
        2 => drop(note.drain(at..to)),
        3 => drop(note.splice(at..to, source.pick(&PIECES).iter().copied())),
        kind => {
            let mut lines: Vec<_> = note.split_inclusive(|byte| *byte == b'\n').collect();
            let [one, other] = [(); 2].map(|()| source.below(lines.len().max(1)));
            match kind {
                4 if !lines.is_empty() => lines.swap(one, other),
                _ => lines.extend(lines.get(one).copied()),
            }
            *note = lines.concat();
        }
    }
}

#[test]
fn changed_notes_are_not_accepted_by_us_alone() {
    let known = vec![alice().verifier()];
    let changed: Vec<_> = (0..NOTES).map(|seed| note(&mut Source(seed))).collect();
    let tasks: Vec<_> = changed.iter().map(|note| (&note[..], known.clone())).collect();
    let (mut by_all, mut by_others, mut by_none) = (0, 0, 0);
    for (note, by_go) in changed.iter().zip(go::open(&tasks)) {
        let shown = String::from_utf8_lossy(note);
        let by_rust = rust::open(note, &known);
        if alice().signed(note) {
            let (by_go, by_rust) = (by_go.unwrap(), by_rust.unwrap());
            let ours = Note::parse(note).unwrap();
            assert_eq!([&by_go.text, &by_rust.text], [ours.text(); 2], "{shown:?}");
            assert_eq!(ours.to_string().as_bytes(), note, "{shown:?}");
            assert_eq!(by_go.signers.len() + by_go.unverified, ours.claimed_names().count());
            by_all += 1;
        } else if by_go.is_err() && by_rust.is_err() {
            by_none += 1;
        } else {
            by_others += 1;
        }
    }
    println!("accepted by all {by_all}, by others alone {by_others}, by none {by_none}");
    assert!([by_all, by_others, by_none].into_iter().all(|count| count > NOTES / 20));
}
