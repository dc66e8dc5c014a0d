//! Limits of signed notes, when they are written and when they are read.

use deputize::Note;

use super::{Limit, made, x};
use crate::common::alice;

pub(super) const LIMITS: &[Limit] = &[
    (
        "bytes of a note's text",
        1_000_000,
        |n| made(Note::new(text_of(n))),
        "longer than 1000000 bytes",
    ),
    (
        "bytes of a note, written",
        1_000_000,
        |n| written(Note::new(text_of(n - 100)).unwrap(), "a"),
        "longer than 1000000 bytes",
    ),
    (
        "bytes of a note, read",
        1_000_000,
        |n| made(Note::parse(format!("{}\n— a AAAAAAA=\n", text_of(n - 16)).as_bytes())),
        "longer than 1000000 bytes",
    ),
    (
        "bytes of a line of a note's text",
        66_560,
        |n| made(Note::new(format!("a\n{}\n", x(n)))),
        "line 2 of the note is longer than 66560 bytes",
    ),
    (
        "bytes of a signature line, written",
        66_560,
        |n| written(Note::new("a\nb\n").unwrap(), &x(n - 97)),
        "line 4 of the note is longer than 66560 bytes",
    ),
    (
        "bytes of a signature line, read",
        66_560,
        |n| made(Note::parse(format!("a\nb\n\n— {} AAAAAAA=\n", x(n - 13)).as_bytes())),
        "line 4 of the note is longer than 66560 bytes",
    ),
    (
        "signatures of a note, written",
        100,
        |n| {
            let signed = |note: Note, nth| note.signed_by(format!("key{nth}"), &alice());
            made((0..n).try_fold(Note::new("a\n").unwrap(), signed))
        },
        "more than 100 signatures",
    ),
    (
        "signatures of a note, read",
        100,
        |n| {
            let lines = (0..n).map(|nth| format!("— key{nth} AAAAAAA=\n"));
            made(Note::parse(format!("a\n\n{}", lines.collect::<String>()).as_bytes()))
        },
        "more than 100 signatures",
    ),
];

/// A text of `n` bytes, in lines of 1,000, but for the first and the last.
fn text_of(n: usize) -> String {
    let lines = format!("{}\n", x(999)).repeat(n / 1_000 - 1);
    format!("{}\n{lines}{}\n", x(9), x(n - lines.len() - 11))
}

/// Signs a note. What is written is read.
fn written(note: Note, name: &str) -> Result<(), String> {
    let note = note.signed_by(name, &alice()).map_err(|e| e.to_string())?;
    assert_eq!(Note::parse(note.to_string().as_bytes()), Ok(note));
    Ok(())
}
