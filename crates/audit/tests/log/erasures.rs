//! Erasures, as a reader judges them: a value that is gone is erased by a statement that counts, or it
//! is missing.

use std::collections::BTreeMap;

use deputize::{
    FieldKind, Note, Openings, PublicKey, Record, RecordCore, RecordRules, Signer, SigningKey,
};
use deputize_audit::{
    Checkpoint, ErasedRange, Erasure, ErasureError, ErasureReason, LogVerifier, Origin, TileWriter,
    leaf_hash,
};

use crate::cast::{Service, log_key, now};
use crate::eraser::officer;

type Files = BTreeMap<String, Vec<u8>>;

/// A log whose files a test makes itself: the lines of cores and openings.
struct Forged {
    origin: Origin,
    lines: Vec<(String, String)>,
}

impl Forged {
    /// The first record, which lets the officer erase, and two calls.
    fn new() -> Self {
        let origin = Origin::new(log_key().public_key(), [7; 16]);
        let erasers = vec![officer().public_key()];
        let mut own = Self { origin, lines: Vec::new() };
        own.add(&Record::log(origin.to_string(), erasers, "crm", "crm-1", now()).unwrap());
        let service = Service::new();
        for number in [4711, 4712] {
            own.add(&Record::of(&service.allowed(number), &RecordRules::default()).unwrap());
        }
        own
    }

    fn add(&mut self, record: &Record) {
        self.lines.push(record.to_lines(self.lines.len() as u64).unwrap());
    }

    fn tree(&self, size: usize) -> TileWriter {
        let mut tree = TileWriter::default();
        for (core, _) in &self.lines[..size] {
            drop(tree.push(leaf_hash(core.as_bytes())).unwrap());
        }
        tree
    }

    /// A statement about the first three records.
    fn statement(&self, key: PublicKey, kinds: Option<Vec<FieldKind>>) -> Erasure {
        Erasure {
            key,
            origin: self.origin,
            size: 3,
            root: self.tree(3).root(),
            issued: now(),
            why: ErasureReason::Request,
            authority: None,
            ranges: vec![ErasedRange { first: 1, last: 1, kinds }],
        }
    }

    fn erase(&mut self, note: &Note, wrong: Vec<(u64, usize)>) {
        self.add(&Record::erasure(note.to_string(), wrong, now()));
    }

    /// Takes values of a record away.
    fn lose(&mut self, index: usize, kinds: &[FieldKind]) {
        let (core, line) = &mut self.lines[index];
        let core = RecordCore::parse(core.as_bytes()).unwrap();
        let mut openings = Openings::parse(line.as_bytes()).unwrap();
        openings.erase(&core, |kind| kinds.contains(&kind));
        *line = openings.to_line();
    }

    fn files(&self) -> Files {
        let tree = self.tree(self.lines.len());
        let mut files = Files::new();
        for tile in tree.partial_tiles() {
            files.insert(tile.path.to_string(), tile.bytes);
        }
        let checkpoint = Checkpoint::new(self.origin, tree.head()).sign(&log_key()).unwrap();
        files.insert("checkpoint".into(), checkpoint.to_string().into_bytes());
        let join = |line: fn(&(String, String)) -> &String| {
            self.lines.iter().map(|own| format!("{}\n", line(own))).collect::<String>().into_bytes()
        };
        files.insert("segments/00000000.jsonl".into(), join(|(core, _)| core));
        files.insert("segments/00000000.open.jsonl".into(), join(|(_, openings)| openings));
        files
    }

    /// The codes of the faults with their records, and the number of values that were erased.
    fn judged(&self) -> (Vec<(Option<u64>, &'static str)>, u64) {
        let verdict = LogVerifier::default().verify(&self.files(), |_| ()).unwrap();
        let faults = verdict.findings.iter().map(|own| (own.record, own.fault.code()));
        (faults.collect(), verdict.erased)
    }
}

/// The resource, with the kinds that go with it.
fn resource() -> Vec<FieldKind> {
    let mut kinds = FieldKind::Resource.takes_along().to_vec();
    kinds.push(FieldKind::Resource);
    kinds.sort();
    kinds
}

#[test]
fn a_statement_by_the_log_or_an_officer_erases_what_it_names() {
    for key in [log_key(), officer()] {
        let mut log = Forged::new();
        assert_eq!(log.judged(), (vec![], 0));
        let note = log.statement(key.public_key(), Some(resource())).sign(&key).unwrap();
        log.erase(&note, vec![]);
        // The statement is there, and the values are too: the erasure was interrupted.
        let left = (Some(1), "value_not_yet_erased");
        assert_eq!(log.judged(), (vec![left, left], 0));
        log.lose(1, &resource());
        assert_eq!(log.judged(), (vec![], 2));
        let files = log.files();
        assert!(
            files.values().all(|file| !String::from_utf8_lossy(file).contains("accounts/4711"))
        );
        // The other record keeps its values, and nobody may take them away.
        log.lose(2, &resource());
        let missing = (Some(2), "value_missing");
        assert_eq!(log.judged(), (vec![missing, missing], 2));
    }
}

#[test]
fn all_values_can_be_erased() {
    let mut log = Forged::new();
    let note = log.statement(log_key().public_key(), None).sign(&log_key()).unwrap();
    log.erase(&note, vec![]);
    log.lose(1, FieldKind::ALL);
    assert_eq!(log.judged(), (vec![], 9));
}

#[test]
fn a_value_that_is_gone_without_a_statement_that_counts_is_missing() {
    let thief = SigningKey::from_bytes(&[73; 32]);
    let missing = vec![(Some(1), "value_missing"); 2];
    type Change = fn(&mut Erasure);
    let changes: [(&str, Change); 5] = [
        ("another log", |own| own.origin = Origin::new(log_key().public_key(), [8; 16])),
        ("another root", |own| own.root = leaf_hash(b"")),
        ("another size", |own| own.size = 2),
        ("a later size", |own| own.size = 1 << 40),
        ("another key", |own| own.key = SigningKey::from_bytes(&[73; 32]).public_key()),
    ];
    for (name, change) in changes {
        let mut log = Forged::new();
        let mut statement = log.statement(officer().public_key(), Some(resource()));
        change(&mut statement);
        let signer = if name == "another key" { &thief } else { &officer() };
        let note = statement.sign(signer).unwrap();
        log.erase(&note, vec![]);
        log.lose(1, &resource());
        let (faults, erased) = log.judged();
        assert_eq!(erased, 0, "{name}");
        assert_eq!(faults[..2], missing, "{name}");
        assert_eq!(faults[2], (Some(3), "erasure"), "{name}");
    }
    // A statement that nobody signed for this text.
    let mut log = Forged::new();
    let note = log.statement(officer().public_key(), Some(resource())).sign(&officer()).unwrap();
    let other = note.to_string().replace("why request", "why mistake");
    log.add(&Record::erasure(other, vec![], now()));
    log.lose(1, &resource());
    assert_eq!(log.judged().0[2], (Some(3), "erasure"));
}

/// A value that was wrong when it was erased stays wrong.
#[test]
fn an_erasure_hides_no_tampering() {
    let mut log = Forged::new();
    log.lines[1].1 = log.lines[1].1.replacen("accounts/4711", "accounts/4799", 1);
    assert_eq!(log.judged(), (vec![(Some(1), "value_wrong")], 0));
    let note = log.statement(officer().public_key(), Some(resource())).sign(&officer()).unwrap();
    log.erase(&note, vec![(1, 1)]);
    log.lose(1, &resource());
    assert_eq!(log.judged(), (vec![(Some(1), "value_wrong")], 1));
}

/// A statement names everything from which a value could be found, or it is refused.
#[test]
fn statements_that_leave_what_a_value_could_be_found_from_are_refused() {
    let log = Forged::new();
    for kind in FieldKind::ALL {
        let result = log.statement(officer().public_key(), Some(vec![*kind])).sign(&officer());
        match kind.takes_along().is_empty() {
            true => assert!(result.is_ok(), "{kind}"),
            false => assert!(
                matches!(result, Err(ErasureError::Left { kind: own, .. }) if own == *kind),
                "{kind}"
            ),
        }
    }
}

#[test]
fn statements_have_one_spelling_and_one_signature() {
    let log = Forged::new();
    let mut statement = log.statement(officer().public_key(), Some(resource()));
    statement.ranges = vec![
        ErasedRange { first: 0, last: 0, kinds: None },
        ErasedRange { first: 1, last: 2, kinds: Some(resource()) },
    ];
    let note = statement.sign(&officer()).unwrap();
    assert_eq!(Erasure::parse(&note).unwrap(), statement);
    let again = note.clone().signed_by("somebody", &log_key()).unwrap();
    assert_eq!(Erasure::parse(&again), Err(ErasureError::OtherKey));
    assert_eq!(statement.sign(&log_key()), Err(ErasureError::OtherKey));
    let sign = |text: String| {
        let note = Note::new(text).unwrap();
        note.signed_by(officer().public_key().to_string(), &officer()).unwrap()
    };
    let text = note.text();
    for (from, to) in [
        ("deputize erasure v1", "deputize erasure v2"),
        ("size 3", "size 03"),
        ("erase 1 2 ", "erase 1 2  "),
        ("erase 0 0 *", "erase 1 1 *"),
        ("erase 0 0 *", "erase 0 1 *"),
        ("erase 1 2", "erase 1 3"),
        ("erase 1 2", "erase 2 1"),
        ("resource,presentation", "presentation,resource"),
        ("resource,", "resource,resource,"),
        ("why request", "why Request"),
        ("18:00:00Z", "18:00:00.5Z"),
        ("erase 0 0 *\n", ""),
    ] {
        let other = text.replace(from, to);
        assert_ne!(other, text, "{from}");
        let read = Erasure::parse(&sign(other));
        match to.is_empty() {
            // One range fewer is another statement, and not this one.
            true => assert_ne!(read, Ok(statement.clone())),
            false => assert!(read.is_err(), "{from}: {read:?}"),
        }
    }
}
