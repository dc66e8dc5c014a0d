//! Signed notes as long as a reader accepts them, from anybody who can offer one.

use deputize::limits::MAX_NOTE_BYTES;
use deputize::{Note, Signer};

use crate::Row;
use crate::agent::key;
use crate::measure::{TRIES, Yardstick};

/// Base64 of four bytes and one more.
const SHORT: &str = "AAAAAAA=";

pub(crate) fn rows(yard: &Yardstick) -> Vec<Row> {
    let signer = key(0);
    let lines = |line: &str| line.repeat((MAX_NOTE_BYTES - 200) / line.len());
    let by_another = |text: String| {
        Note::new(text).and_then(|note| note.signed_by("name", &key(1))).unwrap().to_string()
    };
    // In place of the honest signature, with the hash of the key that is asked for.
    let forged = |text: String| {
        let honest = Note::new("a\n").and_then(|note| note.signed_by("name", &signer)).unwrap();
        format!("{text}\n{}", honest.to_string().trim_start_matches("a\n\n"))
    };
    let names = |tail: fn(usize) -> String| {
        let lines = (0..100).map(|n| format!("— {}{} {SHORT}\n", "n".repeat(9_975), tail(n)));
        format!("a\n\n{}", lines.collect::<String>())
    };
    let tokens = lines(&format!("{}\n", "A".repeat(66_000)));
    let notes = [
        ("no empty line", lines("a\n")),
        ("as many lines as fit, and a signature by another key", by_another(lines("a\n"))),
        ("the same, and a wrong signature", forged(lines("a\n"))),
        (
            "a text that is not ASCII, and a wrong signature",
            forged(lines(&format!("{}\n", "ж".repeat(90)))),
        ),
        ("long lines, and a wrong signature", forged(tokens)),
        ("100 signatures with long names and one hash", names(|n| format!("{n:03}"))),
        (
            "the same, and one signature more",
            format!("{}— a {SHORT}\n", names(|n| format!("{n:03}"))),
        ),
        ("long signatures", format!("a\n\n{}", lines(&format!("— a {}\n", "AAAA".repeat(16_000))))),
    ];
    notes
        .map(|(what, note)| {
            let run = |()| {
                let read = Note::parse(note.as_bytes());
                read.and_then(|read| read.verify("name", &signer.public_key()))
            };
            assert!(run(()).is_err(), "{what} is accepted");
            let figure = yard.measure(TRIES, || (), run);
            Row { what: what.to_owned(), bytes: note.len(), figure }
        })
        .into()
}
