//! A line of a log has one spelling; and whoever can write to the folder of a log, and has no key, does
//! not change what a reader believes: if a log is whole, its covered records are those that were
//! written, and every value that is shown is the recorded one.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Read};
use std::sync::LazyLock;

use crate::source::Source;
use deputize::{Note, Openings, OpeningsLine, RecordCore};
use deputize_audit::{
    Bundle, Erasure, LogFiles, LogReader, LogVerifier, RecordProof, ReadRecord, SignedCheckpoint,
};

const CORES: &str = "segments/00000000.jsonl";

/// The files of a log that was written with a key that nobody here has.
static WRITTEN: LazyLock<Files> = LazyLock::new(|| {
    let files: [(&str, &[u8]); 4] = [
        ("checkpoint", include_bytes!("../../crates/audit/tests/vectors/log/checkpoint")),
        (CORES, include_bytes!("../../crates/audit/tests/vectors/log/segments/00000000.jsonl")),
        (
            "segments/00000000.open.jsonl",
            include_bytes!("../../crates/audit/tests/vectors/log/segments/00000000.open.jsonl"),
        ),
        ("tile/0/000.p/13", include_bytes!("../../crates/audit/tests/vectors/log/tile/0/000.p/13")),
    ];
    Files(files.map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).into())
});

static RECORDS: LazyLock<Vec<ReadRecord>> = LazyLock::new(|| WRITTEN.records());

/// Files in memory.
#[derive(Clone)]
struct Files(BTreeMap<String, Vec<u8>>);

impl LogFiles for Files {
    fn open(&self, name: &str) -> io::Result<Option<Box<dyn Read + '_>>> {
        let file = self.0.get(name);
        Ok(file.map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn Read>))
    }
}

impl Files {
    fn records(&self) -> Vec<ReadRecord> {
        let mut reader = LogReader::new(self);
        std::iter::from_fn(|| reader.next_record().unwrap()).collect()
    }
}

/// The first byte selects how the rest is read.
pub fn check(data: &[u8]) {
    let Some((what, rest)) = data.split_first() else { return };
    match what % 4 {
        0 => read(rest),
        1 => changed(&mut Source::new(rest), &[]),
        2 => changed(&mut Source::new(rest), &[CORES]),
        _ => changed(&mut Source::new(rest), &["segments/00000000.open.jsonl"]),
    }
}

/// Reads bytes as everything that a reader of logs reads.
fn read(bytes: &[u8]) {
    if RecordCore::parse(bytes).is_ok() {
        // One spelling: a blank more is another line.
        assert!(RecordCore::parse(&[bytes, b" "].concat()).is_err());
    }
    if let Ok(openings) = Openings::parse(bytes) {
        assert_eq!(openings.to_line().as_bytes(), bytes);
        assert!(OpeningsLine::parse(bytes).is_ok());
    }
    if let Ok(checkpoint) = SignedCheckpoint::parse(bytes) {
        assert_eq!(checkpoint.to_string().as_bytes(), bytes);
    }
    if let Ok(proof) = RecordProof::parse(bytes) {
        assert_eq!(proof.to_string().as_bytes(), bytes);
    }
    if let Ok(note) = Note::parse(bytes)
        && let Ok(erasure) = Erasure::parse(&note)
    {
        assert_eq!(erasure.to_string(), note.text());
    }
    drop(Bundle::parse(bytes));
}

/// Changes the files of a log, and reads them.
fn changed(source: &mut Source<'_>, only: &[&str]) {
    let mut files = WRITTEN.clone();
    for _ in 0..=source.below(4) {
        let names: Vec<String> = files.0.keys().cloned().collect();
        let name = if only.is_empty() { source.pick(&names) } else { source.pick(only).to_owned() };
        if let Some(file) = files.0.get_mut(&name) {
            change(file, source);
        }
    }
    // One that cannot be read at all has no verdict.
    let Ok(verdict) = LogVerifier::default().verify(&files, |_| ()) else { return };
    let is_whole = verdict.is_whole();
    if is_whole {
        // The only checkpoint that there is covers all records.
        assert_eq!(verdict.head.size(), RECORDS.len() as u64);
        let covered = |files: &Files| {
            let lines = files.0[CORES].split(|byte| *byte == b'\n').take(RECORDS.len());
            lines.map(<[u8]>::to_vec).collect::<Vec<_>>()
        };
        assert_eq!(covered(&files), covered(&WRITTEN));
    }
    // Where a core is the one that was written, only its own values are shown.
    for record in files.records() {
        let index = usize::try_from(record.core.index).unwrap();
        if let Some(written) = RECORDS.get(index)
            && written.core == record.core
        {
            assert!(record.values.iter().all(|value| written.values.contains(value)));
            assert!(!is_whole || record.values == written.values);
        }
    }
}

fn change(file: &mut Vec<u8>, source: &mut Source<'_>) {
    let place = |source: &mut Source<'_>, most: usize| {
        (source.below(256) * 256 + source.below(256)).min(most)
    };
    let mut lines: Vec<Vec<u8>> = file.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let line = source.below(lines.len().max(1));
    let other = source.below(lines.len().max(1));
    match source.below(8) {
        0 if !file.is_empty() => {
            let at = place(source, file.len() - 1);
            file[at] = source.byte();
            return;
        }
        1 => {
            let at = place(source, file.len());
            file.truncate(at);
            return;
        }
        2 => {
            let at = place(source, file.len());
            let bytes = source.bytes(64);
            file.splice(at..at, bytes.iter().copied());
            return;
        }
        3 if line < lines.len() => drop(lines.remove(line)),
        4 if line < lines.len() => lines.insert(line, lines[other].clone()),
        5 if line < lines.len() => lines.swap(line, other),
        6 if line < lines.len() => {
            // A piece of one line in the place of one of another.
            let piece: Vec<u8> = lines[other].iter().copied().skip(place(source, 4096)).take(96).collect();
            let at = place(source, lines[line].len());
            let end = (at + piece.len()).min(lines[line].len());
            lines[line].splice(at..end, piece);
        }
        _ => file.extend_from_slice(source.bytes(256)),
    }
    if source.below(8) < 7 {
        *file = lines.concat();
    }
}
