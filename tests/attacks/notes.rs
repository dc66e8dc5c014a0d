//! The attacker has signed notes, of others and of its own. It wants another text, another signer
//! or another spelling to count as one that was signed, or a signature over something else to count
//! as one of a note.

use std::cell::Cell;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use deputize::testing::RawToken;
use deputize::{
    Ask, DenyCode, Note, NoteError, PublicKey, Signature, Signer, SignerError, SigningKey, Wish,
};
use time::Duration;

use crate::common::forging::altered;
use crate::common::{
    agent, alice, grant, held, key, now, planner, presented, reading, refused, request, researcher,
    thief, token, writer,
};
use crate::signatures::{ChosenCommitment, Commitment, add_order};

const TEXT: &str = "deputize example v1\nkey kept\n";

/// The name of a key in statements.
fn name(key: &SigningKey) -> String {
    key.public_key().to_string()
}

/// A note by Alice.
fn note() -> Note {
    signed(&alice())
}

fn signed(key: &SigningKey) -> Note {
    Note::new(TEXT).unwrap().signed_by(name(key), key).unwrap()
}

fn bytes() -> Vec<u8> {
    note().to_string().into_bytes()
}

/// The line of a key with any bytes in place of its signature.
fn line(key: &SigningKey, signature: &[u8]) -> String {
    format!("— {} {}\n", name(key), STANDARD.encode([&hash(key)[..], signature].concat()))
}

/// The hash of a key, from a note by it.
fn hash(key: &SigningKey) -> [u8; 4] {
    let note = signed(key).to_string();
    let (_, base64) = note.trim_end().rsplit_once(' ').unwrap();
    *STANDARD.decode(base64).unwrap().first_chunk().unwrap()
}

/// The note with another signature line.
fn with_line(line: &str) -> String {
    format!("{TEXT}\n{line}")
}

/// The base64 of Alice's signature line.
fn base64() -> String {
    let note = note().to_string();
    note.trim_end().rsplit_once(' ').unwrap().1.to_owned()
}

/// Returns true if the bytes are a note by Alice.
fn is_by_alice(bytes: &[u8]) -> bool {
    Note::parse(bytes).is_ok_and(|note| is_signed(&note, &alice()))
}

fn is_signed(note: &Note, key: &SigningKey) -> bool {
    note.verify(&name(key), &key.public_key()).is_ok()
}

#[track_caller]
fn not_read(note: impl AsRef<[u8]>, expected: NoteError) {
    assert_eq!(Note::parse(note.as_ref()), Err(expected));
}

/// Read, but not as signed by Alice.
#[track_caller]
fn not_signed(note: impl AsRef<[u8]>) {
    let verified =
        Note::parse(note.as_ref()).unwrap().verify(&name(&alice()), &alice().public_key());
    assert_eq!(verified, Err(NoteError::NotSignedBy { name: name(&alice()) }));
}

#[test]
fn the_note_itself_is_by_alice() {
    assert!(is_by_alice(&bytes()));
    assert!(is_by_alice(with_line(&line(&alice(), &signature(TEXT))).as_bytes()));
}

fn signature(text: &str) -> [u8; 64] {
    alice().sign(text.as_bytes()).unwrap().to_bytes()
}

/// In the text, the name, the hash and the signature.
#[test]
fn no_byte_can_be_replaced() {
    let own = bytes();
    for at in 0..own.len() {
        for byte in (0..=u8::MAX).filter(|byte| *byte != own[at]) {
            let mut other = own.clone();
            other[at] = byte;
            assert!(!is_by_alice(&other), "byte {at} is {byte}");
        }
    }
}

#[test]
fn no_byte_can_be_left_out_or_added() {
    let own = bytes();
    for at in 0..=own.len() {
        assert!(at == own.len() || !is_by_alice(&own[..at]), "cut to {at}");
        let (before, after) = own.split_at(at);
        assert!(after.is_empty() || !is_by_alice(&[before, &after[1..]].concat()), "without {at}");
        for byte in 0..=u8::MAX {
            assert!(!is_by_alice(&[before, &[byte], after].concat()), "{byte} before {at}");
        }
    }
}

/// Standard base64 of 68 bytes has two bits behind the last byte, and one `=`.
#[test]
fn a_signature_in_another_spelling_of_base64() {
    let own = base64();
    let bytes = STANDARD.decode(&own).unwrap();
    let (rest, last) = own.trim_end_matches('=').split_at(own.len() - 2);
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let last = LETTERS.find(last).unwrap();
    assert_eq!(last % 4, 0, "a writer leaves the spare bits at zero");
    let spare = (1..4).map(|bits| format!("{rest}{}=", &LETTERS[last + bits..][..1]));
    let padded = [
        STANDARD_NO_PAD.encode(&bytes),
        format!("{own}="),
        format!("{own}==="),
        own.replace('=', "=A"),
        format!(" {own}"),
        format!("{own} "),
        format!("{own}\t"),
        format!("{own}\r"),
        format!("{}\r{}", &own[..8], &own[8..]),
        format!("{} {}", &own[..8], &own[8..]),
        String::new(),
    ];
    for other in spare.chain(padded) {
        let note = with_line(&format!("— {} {other}\n", name(&alice())));
        not_read(note, NoteError::Signature { line: 4 });
    }
    // A signature whose base64 has both letters that the two alphabets write differently.
    let both = (0..).map(|n| format!("deputize example {n}\n")).find_map(|text| {
        let note = Note::new(text.as_str()).unwrap().signed_by(name(&alice()), &alice()).unwrap();
        let (base64, note) = (STANDARD.encode(signature(&text)), note.to_string());
        (base64.contains('+') && base64.contains('/')).then_some(note)
    });
    let note = both.unwrap();
    assert!(is_by_alice(note.as_bytes()));
    let (start, base64) = note.trim_end().rsplit_once(' ').unwrap();
    let other = URL_SAFE.encode(STANDARD.decode(base64).unwrap());
    not_read(format!("{start} {other}\n"), NoteError::Signature { line: 3 });
}

#[test]
fn signature_bytes_of_another_length() {
    let own = signature(TEXT);
    for length in [1, 32, 63] {
        not_signed(with_line(&line(&alice(), &own[..length])));
    }
    for more in [1, 64] {
        not_signed(with_line(&line(&alice(), &[&own[..], &vec![0; more]].concat())));
    }
    // The hash alone, and less.
    for length in 0..=4 {
        let base64 = STANDARD.encode(&hash(&alice())[..length]);
        let note = with_line(&format!("— {} {base64}\n", name(&alice())));
        not_read(note, NoteError::Signature { line: 4 });
    }
}

#[test]
fn a_line_that_is_not_a_signature_line() {
    let (name, base64) = (name(&alice()), base64());
    for other in [
        format!("- {name} {base64}\n"),
        format!("– {name} {base64}\n"),
        format!("—{name} {base64}\n"),
        format!(" — {name} {base64}\n"),
        format!("\u{feff}— {name} {base64}\n"),
        "\n".to_owned(),
        String::new(),
    ] {
        not_read(with_line(&other), NoteError::NoSignature);
        let behind = format!("{}{other}", note());
        let is_whole = other.is_empty();
        assert_eq!(Note::parse(behind.as_bytes()).is_ok(), is_whole, "{behind:?}");
    }
    for other in [
        format!("—  {name} {base64}\n"),
        format!("— {name}  {base64}\n"),
        format!("— {name}\t{base64}\n"),
        format!("— {name} {base64} \n"),
        format!("— {name} {base64}\r\n"),
        format!("— {name} {base64}"),
        format!("— {name}\n"),
        format!("— {base64}\n"),
        "— \n".to_owned(),
    ] {
        not_read(with_line(&other), NoteError::Signature { line: 4 });
        let behind = format!("{}{other}", note());
        not_read(behind, NoteError::Signature { line: 5 });
    }
    let mut not_utf8 = bytes();
    not_utf8.splice(TEXT.len() + 6..TEXT.len() + 7, [0xff]);
    not_read(not_utf8, NoteError::Signature { line: 4 });
}

#[test]
fn names_that_are_not_those_of_a_key() {
    let wrong = [
        "",
        "a b",
        "a+b",
        "+",
        "a\u{a0}b",
        "a\u{2003}b",
        "a\u{2028}b",
        "a\u{85}b",
        "a\tb",
        "a\nb",
        "a\rb",
        "a\0b",
        "a\u{7f}b",
        "a\u{200b}b",
        "a\u{202e}b",
        "\u{feff}a",
    ];
    for name in wrong {
        let made = Note::new(TEXT).unwrap().signed_by(name, &alice());
        assert_eq!(made, Err(NoteError::Name { found: name.to_owned() }));
        if !name.contains('\n') {
            let note = with_line(&format!("— {name} {}\n", base64()));
            not_read(note, NoteError::Signature { line: 4 });
        }
    }
}

/// The signature does not cover the name, but the hash does.
#[test]
fn a_signature_under_another_name() {
    let other = note().to_string().replace(&name(&alice()), &name(&planner()));
    let read = Note::parse(other.as_bytes()).unwrap();
    assert!(read.claimed_names().eq([name(&planner())]));
    for key in [alice(), planner()] {
        for own in [&alice(), &planner()] {
            assert!(read.verify(&name(own), &key.public_key()).is_err());
        }
    }
    // Under the name of another key, with a hash that fits.
    let made = Note::new(TEXT).unwrap().signed_by(name(&alice()), &thief()).unwrap();
    not_signed(made.to_string());
}

#[test]
fn the_hash_of_another_key() {
    for other in [planner(), thief()] {
        let bytes = [&hash(&other)[..], &signature(TEXT)].concat();
        not_signed(with_line(&format!("— {} {}\n", name(&alice()), STANDARD.encode(bytes))));
    }
}

#[test]
fn a_signature_over_another_text() {
    for text in [
        TEXT.trim_end().to_owned(),
        format!("{TEXT}\n"),
        TEXT.replace('\n', "\r\n"),
        TEXT.to_uppercase(),
        note().to_string(),
        String::new(),
    ] {
        not_signed(with_line(&line(&alice(), &signature(&text))));
    }
}

/// Strict verification: a signer cannot give a note two meanings, nor anybody else a second
/// signature to it.
#[test]
fn signatures_that_only_some_readers_accept() {
    let by = |commitment| {
        ChosenCommitment { key: alice(), commitment }.sign(TEXT.as_bytes()).unwrap().to_bytes()
    };
    // Signed with another nonce: a signature like any other.
    assert!(is_by_alice(with_line(&line(&alice(), &by(Commitment::OtherNonce))).as_bytes()));
    for commitment in
        [Commitment::WithTorsion, Commitment::Neutral, Commitment::NonCanonicalNeutral]
    {
        let signature = by(commitment);
        not_signed(with_line(&line(&alice(), &signature)));
        let made = Note::new(TEXT).unwrap().with_signature(
            name(&alice()),
            &alice().public_key(),
            &Signature::from_bytes(&signature),
        );
        assert!(matches!(made, Err(NoteError::WrongSignature(_))), "{made:?}");
    }
    for times in [1, 2, 8, 14] {
        let mut own = signature(TEXT);
        add_order(&mut own, times);
        not_signed(with_line(&line(&alice(), &own)));
    }
    not_signed(with_line(&line(&alice(), &[0; 64])));
}

/// One valid and one invalid signature of a key, in either order: other readers look at the first
/// alone.
#[test]
fn a_key_that_signs_twice() {
    let (good, other) = (line(&alice(), &signature(TEXT)), line(&alice(), &[7; 64]));
    let again = ChosenCommitment { key: alice(), commitment: Commitment::OtherNonce };
    let again = line(&alice(), &again.sign(TEXT.as_bytes()).unwrap().to_bytes());
    let twice = NoteError::SignedTwice { name: name(&alice()) };
    for (first, second) in [(&good, &good), (&good, &other), (&other, &good), (&good, &again)] {
        not_read(with_line(&format!("{first}{second}")), twice.clone());
        let between = format!("{first}{}{second}", line(&planner(), &[7; 64]));
        not_read(with_line(&between), twice.clone());
    }
    assert_eq!(note().signed_by(name(&alice()), &alice()), Err(twice));
    // Another name, or another key of the name, is another signer.
    let both =
        note().signed_by("alice", &alice()).and_then(|note| note.signed_by("alice", &thief()));
    let both = both.unwrap().to_string();
    assert!(is_by_alice(both.as_bytes()));
    let both = Note::parse(both.as_bytes()).unwrap();
    assert!(both.verify("alice", &alice().public_key()).is_ok());
    assert!(both.verify("alice", &thief().public_key()).is_ok());
    assert!(both.verify("alice", &planner().public_key()).is_err());
}

/// Invalid signatures of others do not matter, and neither do unknown kinds of signatures.
#[test]
fn a_valid_signature_beside_invalid_ones() {
    let own = line(&alice(), &signature(TEXT));
    let others = [line(&planner(), &[7; 64]), "— log.example/7 AAAAAAE=\n".to_owned()];
    for note in [format!("{}{own}{}", others[0], others[1]), format!("{own}{}", others.concat())] {
        let read = Note::parse(with_line(&note).as_bytes()).unwrap();
        assert!(is_signed(&read, &alice()));
        assert!(!is_signed(&read, &planner()));
        assert!(!is_signed(&read, &thief()));
    }
}

#[test]
fn texts_that_no_note_has() {
    let invisible = |line, found| NoteError::Invisible { line, found };
    let mut wrong = vec![
        ("", NoteError::NoLineFeed),
        ("a", NoteError::NoLineFeed),
        ("a\nb", NoteError::NoLineFeed),
        ("\n", NoteError::EmptyLine { line: 1 }),
        ("\na\n", NoteError::EmptyLine { line: 1 }),
        ("a\n\n", NoteError::EmptyLine { line: 2 }),
        ("a\n\nb\n", NoteError::EmptyLine { line: 2 }),
        ("a\r\nb\n", invisible(1, '\r')),
        ("a\nb\r\n", invisible(2, '\r')),
        ("a\n\r\nb\n", invisible(2, '\r')),
    ];
    let hidden = [
        '\0',
        '\t',
        '\u{b}',
        '\u{1b}',
        '\u{7f}',
        '\u{85}',
        '\u{9f}',
        '\u{a0}',
        '\u{2028}',
        '\u{2029}',
        '\u{200b}',
        '\u{202e}',
        '\u{2066}',
        '\u{feff}',
        '\u{e0041}',
    ];
    let texts: Vec<_> = hidden.iter().map(|c| format!("a\nb{c}c\n")).collect();
    wrong.extend(texts.iter().zip(hidden).map(|(text, c)| (text.as_str(), invisible(2, c))));
    for (text, expected) in wrong {
        assert_eq!(Note::new(text), Err(expected.clone()), "{text:?}");
        let note = format!("{text}\n{}", line(&alice(), &signature(text)));
        let read = Note::parse(note.as_bytes());
        match expected {
            // The first empty line ends the text.
            NoteError::EmptyLine { line: 1 } if text.starts_with('\n') => assert!(read.is_err()),
            NoteError::EmptyLine { .. } | NoteError::NoLineFeed => {
                assert_eq!(read, Err(NoteError::NoSignature), "{text:?}");
            }
            expected => assert_eq!(read, Err(expected), "{text:?}"),
        }
    }
    for not_utf8 in [&b"\xff"[..], b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x80"] {
        let note = [not_utf8, b"\n\n", line(&alice(), &[7; 64]).as_bytes()].concat();
        not_read(note, NoteError::NotUtf8);
    }
}

#[test]
fn bytes_that_are_not_a_note() {
    for bytes in ["", "\n", "\n\n", "\n\n\n", "a", "a\n", "a\n\n", TEXT, &format!("{TEXT}\n")] {
        assert!(Note::parse(bytes.as_bytes()).is_err(), "{bytes:?}");
    }
    let unsigned = Note::new(TEXT).unwrap();
    not_read(unsigned.to_string(), NoteError::NoSignature);
    assert!(!is_signed(&unsigned, &alice()));
    let own = note().to_string();
    for behind in ["\n", " ", "\0", "a", "a\n", "\n\n", TEXT] {
        not_read(format!("{own}{behind}"), NoteError::Signature { line: 5 });
    }
    not_read(format!("{own}{own}"), NoteError::Signature { line: 5 });
    not_read(format!("{own}\n{own}"), NoteError::Signature { line: 5 });
}

/// Every message that a key signs beside notes begins with NUL, which no text of a note has.
#[test]
fn the_signature_of_something_else() {
    let (key, call) = (researcher().public_key(), request());
    let presentation = token().prepare_presentation(key, &call, now()).unwrap();
    let own = || reading("accounts/emea/42", 1);
    let grant = grant("writer", &writer(), own(), Duration::MINUTE);
    let grant = grant.with_audience(["crm.acme.com"]).unwrap();
    let delegation = token().prepare_delegation(key, grant, now()).unwrap();
    let asker = agent("researcher", &researcher());
    let wish = Wish::new(asker, [own()], Duration::MINUTE, "why").unwrap();
    let ask = Ask::prepare(Duration::MINUTE, wish, planner().public_key(), now()).unwrap();
    for signed in [presentation.to_sign(), delegation.to_sign(), ask.to_sign()] {
        let message = signed.message();
        assert_eq!(message[0], 0);
        let line = line(&researcher(), &researcher().sign(message).unwrap().to_bytes());
        assert!(Note::parse(&[message, b"\n", line.as_bytes()].concat()).is_err());
        assert!(Note::parse(&[message, b"\n\n", line.as_bytes()].concat()).is_err());
        let read = Note::parse(with_line(&line).as_bytes()).unwrap();
        assert!(!is_signed(&read, &researcher()));
    }
}

#[test]
fn the_signature_of_a_block_of_a_token() {
    let signers = [alice(), planner(), researcher()];
    for (block, signer) in presented().blocks.iter().zip(&signers) {
        let signature = Signature::from_bytes(block.signature.first_chunk().unwrap());
        let made =
            Note::new(TEXT).unwrap().with_signature(name(signer), &signer.public_key(), &signature);
        assert!(matches!(made, Err(NoteError::WrongSignature(_))), "{made:?}");
        let read = with_line(&line(signer, &block.signature));
        assert!(!is_signed(&Note::parse(read.as_bytes()).unwrap(), signer));
    }
}

#[test]
fn the_signature_of_a_note_on_a_block() {
    let content = &held().blocks[1].content;
    for text in [TEXT.as_bytes(), content] {
        let decision = altered(|raw: &mut RawToken| {
            raw.blocks[1].signature = planner().sign(text).unwrap().to_bytes().to_vec();
            raw.sign(2, &researcher());
        });
        refused(decision, [(Some(1), DenyCode::BadSignature)]);
    }
}

/// A signer that counts how often it is asked, and signs something else.
struct Counting(SigningKey, Cell<usize>);

impl Signer for Counting {
    fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        self.1.set(self.1.get() + 1);
        self.0.sign(&[message, b"x"].concat())
    }
}

#[test]
fn a_signer_is_not_asked_in_vain_and_its_signature_is_checked() {
    let signer = Counting(alice(), Cell::new(0));
    let long = Note::new(format!("{}\n", "a".repeat(99)).repeat(9_999)).unwrap();
    assert!(long.clone().signed_by("a b", &signer).is_err());
    assert_eq!(long.signed_by("aa", &signer), Err(NoteError::TooLong));
    assert!(note().signed_by(name(&alice()), &signer).is_err());
    let full = (0..100)
        .fold(Note::new(TEXT).unwrap(), |note, n| note.signed_by("a", &key(n + 100)).unwrap());
    assert_eq!(full.signed_by("a", &signer), Err(NoteError::TooManySignatures));
    assert_eq!(signer.1.get(), 0);
    let made = Note::new(TEXT).unwrap().signed_by("a", &signer);
    assert!(matches!(made, Err(NoteError::Signer(_))), "{made:?}");
    assert_eq!(signer.1.get(), 1);
}
