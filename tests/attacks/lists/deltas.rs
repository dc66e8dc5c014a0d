//! A delta gives the list that its issuer signed, or nothing.

use deputize::limits::MAX_LISTED_HOPS;
use deputize::{NoteError, RevocationList, Signer, StatementError};

use super::texts::wrong_kind;
use super::{edited, everything};
use crate::common::{alice, key, now, thief};
use crate::plain_list::{Entry, Plain, note, sha256};

const HEAD: &str =
    "deputize revocations-delta v1, base DIGEST, remove NUMBER, add NUMBER, and an empty line";

fn base() -> Plain {
    everything()
}

/// The list after it: one hop removed, one changed, two added, and one line less.
fn result() -> Plain {
    let mut plain = Plain { sequence: 8, previous: Some(digest(&base())), ..everything() };
    let entry = |expires| Entry { since: now().unix_timestamp(), expires };
    plain.hops.remove(&[0x11; 16]);
    plain.hops.insert([0x22; 16], entry(None));
    plain.hops.insert([0x01; 16], entry(Some(500_000)));
    plain.hops.insert([0xff; 16], entry(None));
    plain.tokens.clear();
    plain
}

fn digest(plain: &Plain) -> String {
    sha256(plain.text().as_bytes())
}

fn read(plain: &Plain) -> RevocationList {
    RevocationList::parse(plain.file(&alice())).unwrap()
}

/// A delta, of its parts.
#[derive(Clone)]
struct Delta {
    base: String,
    remove: Vec<[u8; 16]>,
    add: Vec<(u8, Entry)>,
    note: String,
}

impl Delta {
    fn honest() -> Self {
        let added = [0x01, 0x22, 0xff].map(|id| (id, result().hops[&[id; 16]]));
        Self {
            base: digest(&base()),
            remove: vec![[0x11; 16], [0x22; 16]],
            add: added.to_vec(),
            note: note(&result().text(), &alice()),
        }
    }

    fn head(&self) -> String {
        let Self { base, remove, add, .. } = self;
        let (remove, add) = (remove.len(), add.len());
        format!("deputize revocations-delta v1\nbase {base}\nremove {remove}\nadd {add}\n\n")
    }

    fn body(&self) -> Vec<u8> {
        let added = self.add.iter().flat_map(|(id, entry)| {
            Plain { hops: [([*id; 16], *entry)].into(), ..everything() }.body()
        });
        self.remove.concat().into_iter().chain(added).collect()
    }

    fn bytes(&self) -> Vec<u8> {
        [self.head().as_bytes(), self.note.as_bytes(), &self.body()].concat()
    }

    fn apply(&self) -> Result<RevocationList, StatementError> {
        read(&base()).apply(&self.bytes())
    }
}

/// Without this, the others would prove nothing.
#[test]
fn the_honest_delta_is_applied() {
    let honest = Delta::honest();
    assert_eq!(honest.bytes(), read(&result()).delta_from(&read(&base())));
    assert_eq!(honest.apply(), Ok(read(&result())));
    assert_eq!(Plain::of(&honest.apply().unwrap()), result());
}

#[test]
fn a_delta_on_another_base() {
    let delta = Delta::honest();
    for other in [result(), Plain { sequence: 6, ..base() }] {
        let (base, found) = (digest(&base()), digest(&other));
        let expected = StatementError::WrongBase { base, found };
        assert_eq!(read(&other).apply(&delta.bytes()), Err(expected));
    }
    // A delta that lies about its base does not fit, or gives what was signed.
    let lying = Delta { base: digest(&result()), ..delta };
    let applied = read(&result()).apply(&lying.bytes());
    assert_eq!(applied, Err(StatementError::DeltaMismatch));
}

#[test]
fn a_delta_of_another_series() {
    let thiefs = Plain { issuer: thief().public_key().to_string(), ..result() };
    let root = Plain {
        scope: format!("root {}", key(9).public_key()),
        void_own: Default::default(),
        void_power: Default::default(),
        void_lists: Default::default(),
        ..result()
    };
    for (other, signer) in [(thiefs, thief()), (root, alice())] {
        let note = note(&other.text(), &signer);
        let found = RevocationList::parse(other.file(&signer)).unwrap().series().to_string();
        let expected = read(&base()).series().to_string();
        let delta = Delta { note, ..Delta::honest() };
        assert_eq!(delta.apply(), Err(StatementError::OtherSeries { expected, found }));
    }
}

#[test]
fn a_delta_with_another_note() {
    let with = |note: String| Delta { note, ..Delta::honest() }.apply();
    let by_thief = note(&result().text(), &thief());
    let not_signed = NoteError::NotSignedBy { name: alice().public_key().to_string() };
    assert_eq!(with(by_thief), Err(not_signed.into()));
    assert_eq!(with(result().text()), Err(NoteError::NoSignature.into()));
    let text = edited(&result().text(), "deputize revocations v1 ", "deputize agents v1 ");
    let first = text.lines().next().unwrap().to_owned();
    assert_eq!(with(note(&text, &alice())), Err(wrong_kind(&first)));
    // That of the base, and of one with a hop more.
    let of_base = with(note(&base().text(), &alice()));
    assert_eq!(of_base, Err(StatementError::DeltaMismatch));
    let mut more = result();
    more.hops.insert([0x44; 16], Entry { since: 1, expires: None });
    assert_eq!(with(note(&more.text(), &alice())), Err(StatementError::DeltaMismatch));
    // As many hops, but others.
    more.hops.remove(&[0x33; 16]);
    assert_eq!(with(note(&more.text(), &alice())), Err(StatementError::BodyDigest));
}

#[test]
fn another_spelling_of_the_head() {
    let delta = Delta::honest();
    let honest = delta.bytes();
    let head = delta.head();
    for (from, to) in [
        ("delta v1", "delta v2"),
        ("deputize", " deputize"),
        ("deputize", "Deputize"),
        ("base ", "base  "),
        ("base ", "base x"),
        (&*delta.base, &*delta.base.to_uppercase()),
        ("\nremove 2\n", "\nremove 02\n"),
        ("\nremove 2\n", "\nremove +2\n"),
        ("\nremove 2\n", "\nremove 2 \n"),
        ("\nremove 2\n", "\nremove -2\n"),
        ("\nremove 2\n", "\nremove 2\r\n"),
        ("\nremove 2\n", "\n"),
        ("\nremove 2\nadd 3\n", "\nadd 3\nremove 2\n"),
        ("\nadd 3\n", "\nadd 3\nadd 3\n"),
        ("\nadd 3\n", "\nadd 3\nto 4\n"),
        ("\nadd 3\n", "\nadd three\n"),
        ("\nadd 3\n", "\nadd 2097153\n"),
        ("\nadd 3\n", "\nadd 1000000000\n"),
        ("\nadd 3\n", "\nadd 18446744073709551616\n"),
        ("\nadd 3\n", &format!("\nadd {}3\n", "0".repeat(600))),
        ("\n\n", "\n"),
    ] {
        let other = edited(&head, from, to);
        let bytes = [other.as_bytes(), &honest[head.len()..]].concat();
        let expected = StatementError::Line { line: 1, expected: HEAD };
        assert_eq!(read(&base()).apply(&bytes), Err(expected), "{other}");
    }
    for bytes in [&b""[..], b"\n\n", b"deputize revocations-delta v1\n", &[0xff; 600]] {
        let expected = StatementError::Line { line: 1, expected: HEAD };
        assert_eq!(read(&base()).apply(bytes), Err(expected));
    }
}

/// Nothing is allocated for what is not there.
#[test]
fn a_head_that_lies() {
    let delta = Delta::honest();
    for (remove, add) in [(1, 3), (3, 3), (2, 2), (2, 4), (MAX_LISTED_HOPS, MAX_LISTED_HOPS)] {
        let head = edited(&delta.head(), "remove 2\nadd 3", &format!("remove {remove}\nadd {add}"));
        let bytes = [head.as_bytes(), delta.note.as_bytes(), &delta.body()].concat();
        let (expected, found) = (remove * 16 + add * 23, 2 * 16 + 3 * 23);
        let base = read(&base());
        let mut applied = None;
        let allocated = allocation_counter::measure(|| applied = Some(base.apply(&bytes)));
        assert_eq!(applied, Some(Err(StatementError::BodyLength { expected, found })));
        assert!(allocated.bytes_max < 64 * 1024, "{allocated:?}");
    }
    for more in [1, 16, 23] {
        let bytes = [&delta.bytes()[..], &vec![0; more as usize]].concat();
        let (expected, found) = (2 * 16 + 3 * 23, 2 * 16 + 3 * 23 + more);
        let longer = read(&base()).apply(&bytes);
        assert_eq!(longer, Err(StatementError::BodyLength { expected, found }));
    }
}

#[test]
fn changes_that_do_not_fit() {
    let honest = Delta::honest();
    let entry = honest.add[0].1;
    let with = |remove: &[u8], add: &[u8]| {
        let remove = remove.iter().map(|id| [*id; 16]).collect();
        let entry_of =
            |id| honest.add.iter().find(|(own, _)| *own == id).map_or(entry, |own| own.1);
        let add = add.iter().map(|id| (*id, entry_of(*id))).collect();
        Delta { remove, add, ..honest.clone() }.apply()
    };
    assert_eq!(with(&[0x11, 0x22], &[0x01, 0x22, 0xff]), Ok(read(&result())));
    for (remove, add) in [
        // In the wrong order, or twice.
        (&[0x22, 0x11][..], &[0x01, 0x22, 0xff][..]),
        (&[0x11, 0x11], &[0x01, 0x22, 0xff]),
        (&[0x11, 0x22], &[0x22, 0x01, 0xff]),
        (&[0x11, 0x22], &[0x01, 0xff, 0x22]),
        (&[0x11, 0x22], &[0x01, 0x01, 0xff]),
        // Removed, and not there.
        (&[0x11, 0x44], &[0x01, 0x22, 0xff]),
        (&[0x00, 0x22], &[0x01, 0x22, 0xff]),
        (&[0x11, 0xff], &[0x01, 0x22, 0xff]),
        // Added, and there already.
        (&[0x11, 0x22], &[0x01, 0x22, 0x33]),
        // Another number than the issuer signed.
        (&[0x11, 0x22], &[0x01, 0x22]),
        (&[0x11], &[0x01]),
        (&[0x11, 0x22, 0x33], &[0x01, 0x22, 0xff]),
        (&[], &[]),
    ] {
        assert_eq!(with(remove, add), Err(StatementError::DeltaMismatch), "{remove:x?} {add:x?}");
    }
    // They fit, and are not what was signed.
    for (remove, add) in [
        (&[0x11, 0x22][..], &[0x01, 0x22, 0xfe][..]),
        (&[0x11, 0x33], &[0x01, 0x33, 0xff]),
        (&[0x22], &[0x01, 0x22]),
        (&[], &[0x44]),
    ] {
        assert_eq!(with(remove, add), Err(StatementError::BodyDigest), "{remove:x?} {add:x?}");
    }
}

/// Only what the issuer signed comes out, whatever becomes of the delta on its way.
#[test]
fn no_byte_can_be_flipped_left_out_or_doubled() {
    let (base, result, delta) = (read(&base()), read(&result()), Delta::honest().bytes());
    for at in 0..delta.len() {
        let (before, rest) = delta.split_at(at);
        let flipped = [before, &[rest[0] ^ (1 << (at % 8))], &rest[1..]].concat();
        let cut = [before, &rest[1..]].concat();
        let doubled = [before, &rest[..1], rest].concat();
        for other in
            [flipped, cut, doubled, before.to_vec()].into_iter().filter(|own| *own != delta)
        {
            let applied = base.apply(&other);
            assert!(applied.is_err(), "byte {at}: {:?}", applied.map(|list| list == result));
        }
    }
}

/// It has no signature of its own.
#[test]
fn a_delta_is_not_a_list() {
    let delta = Delta::honest().bytes();
    assert!(RevocationList::is_delta(&delta));
    assert_eq!(RevocationList::parse(delta), Err(NoteError::NoSignature.into()));
    assert!(!RevocationList::is_delta(read(&base()).as_bytes()));
}
