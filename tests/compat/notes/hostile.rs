//! Hostile notes, each with our verdict and those of others. We never accept what Go refuses.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use deputize::{Capability, Grant, Note, NoteError, Owner, Principal, PublicKey, Signer, Token};
use sha2::{Digest, Sha512};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::keys::{Named, verifier};
use crate::{go, rust};

use Others::{Accept, Differ, GoAccepts, Refuse};

const TEXT: &str = "deputize example v1\nkey kept\n";

const NOW: OffsetDateTime = datetime!(2026-11-23 18:00 UTC);

/// The verdict of other implementations on a note that we refuse. If one of them accepts it, the
/// reason why we do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Others {
    Refuse,
    Accept(&'static str),
    /// `signed_note` refuses it.
    GoAccepts(&'static str),
    /// `signed_note` refuses it, and so do newer versions of Go's library.
    Differ(&'static str),
}

/// A note that we refuse as one by Alice.
pub(crate) struct Hostile {
    pub(crate) what: &'static str,
    pub(crate) note: Vec<u8>,
    pub(crate) ours: NoteError,
    others: Others,
}

/// The one key that all readers know.
pub(crate) fn alice() -> Named {
    Named::new("acme.example/alice", 1)
}

fn mallory() -> Named {
    Named::new("acme.example/mallory", 99)
}

/// Alice's note with another signature line.
fn with_line(line: &str) -> String {
    format!("{TEXT}\n{line}")
}

/// Alice's signature line in another spelling of its base64.
fn spelled(spell: impl FnOnce(&str, &[u8]) -> String) -> String {
    let bytes = [&alice().hash()[..], &alice().sign(TEXT)].concat();
    let base64 = spell(&STANDARD.encode(&bytes), &bytes);
    with_line(&format!("— {} {base64}\n", alice().name))
}

/// A note over [`TEXT`] with this as Alice's signature.
fn signature(bytes: &[u8]) -> String {
    with_line(&alice().line(bytes))
}

/// A valid signature line of Alice, then others.
fn beside(line: &str) -> String {
    format!("{}{line}", alice().note(TEXT))
}

fn texts() -> Vec<Hostile> {
    let by_alice = |text: &str| alice().note(text).into_bytes();
    let invisible = |line, found| NoteError::Invisible { line, found };
    let case =
        |what, text: &str, ours, others| Hostile { what, note: by_alice(text), ours, others };
    const EMPTY: Others = Accept("a body may follow a note, so the first empty line ends the text");
    const HIDDEN: Others = Accept("a person would not see it");
    vec![
        case("an empty line in the text", "a\n\nb\n", NoteError::NoSignature, EMPTY),
        case("an empty line at the end", "a\n\n", NoteError::NoSignature, EMPTY),
        case("an empty line at the start", "\na\n", NoteError::EmptyLine { line: 1 }, EMPTY),
        case("a text of one empty line", "\n", NoteError::EmptyLine { line: 1 }, EMPTY),
        case("U+2028 in the text", "a\u{2028}b\n", invisible(1, '\u{2028}'), HIDDEN),
        case("U+2029 in the text", "a\u{2029}b\n", invisible(1, '\u{2029}'), HIDDEN),
        case("U+0085 in the text", "a\nb\u{85}c\n", invisible(2, '\u{85}'), HIDDEN),
        case("DEL in the text", "a\u{7f}\n", invisible(1, '\u{7f}'), HIDDEN),
        case("CSI (U+009B) in the text", "\u{9b}2Ka\n", invisible(1, '\u{9b}'), HIDDEN),
        case("a no-break space in the text", "a\u{a0}b\n", invisible(1, '\u{a0}'), HIDDEN),
        case("a zero-width space in the text", "a\u{200b}b\n", invisible(1, '\u{200b}'), HIDDEN),
        case("text from right to left", "a\u{202e}b\n", invisible(1, '\u{202e}'), HIDDEN),
        case("a byte order mark", "\u{feff}a\n", invisible(1, '\u{feff}'), HIDDEN),
        case("CR LF in the text", "a\r\nb\n", invisible(1, '\r'), Refuse),
        case("CR in the text", "a\rb\n", invisible(1, '\r'), Refuse),
        case("a tab in the text", "a\tb\n", invisible(1, '\t'), Refuse),
        case("NUL in the text", "a\0b\n", invisible(1, '\0'), Refuse),
        case("an escape sequence in the text", "a\u{1b}[2Kb\n", invisible(1, '\u{1b}'), Refuse),
        case(
            "a line of 66,561 bytes",
            &format!("{}\n", "a".repeat(66_561)),
            NoteError::LineTooLong { line: 1 },
            Accept("work is bounded"),
        ),
        case(
            "1,000,001 bytes",
            &format!("{}{}\n", format!("{}\n", "a".repeat(999)).repeat(999), "a".repeat(883)),
            NoteError::TooLong,
            Differ("work is bounded"),
        ),
        Hostile {
            what: "a text without a line feed, and a line feed before the signature",
            note: format!("a\n{}", alice().line(&alice().sign("a"))).into_bytes(),
            ours: NoteError::NoSignature,
            others: Refuse,
        },
        Hostile {
            what: "the signature of the text without its line feed",
            note: signature(&alice().sign(TEXT.trim_end())).into_bytes(),
            ours: not_signed(),
            others: Refuse,
        },
        Hostile {
            what: "the signature of the text with the empty line",
            note: signature(&alice().sign(&format!("{TEXT}\n"))).into_bytes(),
            ours: not_signed(),
            others: Refuse,
        },
        Hostile {
            what: "a text that is not UTF-8",
            note: [&b"a\xff"[..], alice().note("\n").as_bytes()].concat(),
            ours: NoteError::NotUtf8,
            others: Refuse,
        },
        Hostile {
            what: "a surrogate in UTF-8",
            note: [&b"\xed\xa0\x80"[..], alice().note("\n").as_bytes()].concat(),
            ours: NoteError::NotUtf8,
            others: Refuse,
        },
        Hostile {
            what: "two empty lines before the signature",
            note: alice().note(TEXT).replace("\n\n", "\n\n\n").into_bytes(),
            ours: NoteError::NoSignature,
            others: Refuse,
        },
        Hostile {
            what: "a note in the text of another",
            note: mallory().note(&alice().note(TEXT)).into_bytes(),
            ours: NoteError::Signature { line: 5 },
            others: Refuse,
        },
    ]
}

fn not_signed() -> NoteError {
    NoteError::NotSignedBy { name: alice().name }
}

fn lines() -> Vec<Hostile> {
    let case = |what, note: String, ours, others| Hostile { what, note: note.into(), ours, others };
    let no_line = |line| NoteError::Signature { line };
    let twice = || NoteError::SignedTwice { name: alice().name };
    let own = alice().note(TEXT);
    let unknown = |n: usize| Named::new(&format!("log.example/{n}"), 7).line(&[7; 64]);
    let (good, bad) = (alice().line(&alice().sign(TEXT)), alice().line(&[7; 64]));
    let renamed = |name: &str| {
        let other = Named { name: name.to_owned(), ..alice() };
        beside(&other.line(&other.sign(TEXT)))
    };
    let mallorys = Named { name: alice().name, ..mallory() };
    let cut = |n: usize| own[..own.len() - n].to_owned();
    const TWICE: Others = Accept("only the first of the two would be verified");
    const NAME: Others = Accept("a person would not see it");
    vec![
        case("no signature", format!("{TEXT}\n"), NoteError::NoSignature, Refuse),
        case("no empty line", own.replace("\n\n", "\n"), NoteError::NoSignature, Refuse),
        case("the text alone", TEXT.to_owned(), NoteError::NoSignature, Refuse),
        case("nothing", String::new(), NoteError::NoSignature, Refuse),
        case("unknown signers alone", with_line(&unknown(1)), not_signed(), Refuse),
        case("another signer", mallory().note(TEXT), not_signed(), Refuse),
        case("another signer under Alice's name", mallorys.note(TEXT), not_signed(), Refuse),
        case(
            "the hash of another key",
            with_line(&mallorys.line(&alice().sign(TEXT))),
            not_signed(),
            Refuse,
        ),
        case("another name", own.replace("alice", "malice"), not_signed(), Refuse),
        case("no line feed at the end", cut(1), no_line(4), Refuse),
        case("a signature line that is cut", format!("{}\n", cut(2)), no_line(4), Refuse),
        case("CR LF after the signature", format!("{}\r\n", cut(1)), no_line(4), Refuse),
        case("another line feed at the end", format!("{own}\n"), no_line(5), Refuse),
        case("a byte after the note", format!("{own}x"), no_line(5), Refuse),
        case("a text after the note", format!("{own}{TEXT}"), no_line(5), Refuse),
        case("the note twice", format!("{own}{own}"), no_line(5), Refuse),
        case(
            "the note twice, with an empty line between",
            format!("{own}\n{own}"),
            no_line(5),
            Refuse,
        ),
        case("a hyphen for the dash", own.replace('—', "-"), NoteError::NoSignature, Refuse),
        case("two blanks after the dash", own.replace("— ", "—  "), no_line(4), Refuse),
        case("two blanks after the name", own.replace("alice ", "alice  "), no_line(4), Refuse),
        case("a blank at the end of the line", format!("{} \n", cut(1)), no_line(4), Refuse),
        case("no name", own.replace("acme.example/alice", ""), no_line(4), Refuse),
        case("a plus sign in a name", renamed("a+b"), no_line(5), Refuse),
        case("a blank in a name", renamed("a b"), no_line(5), Refuse),
        case("a no-break space in a name", renamed("a\u{a0}b"), no_line(5), Refuse),
        case("U+2028 in a name", renamed("a\u{2028}b"), no_line(5), Refuse),
        case("U+0085 in a name", renamed("a\u{85}b"), no_line(5), Refuse),
        case("a tab in a name", renamed("a\tb"), no_line(5), Refuse),
        case("DEL in a name", renamed("a\u{7f}b"), no_line(5), NAME),
        case("a zero-width space in a name", renamed("a\u{200b}b"), no_line(5), NAME),
        case("a name from right to left", renamed("a\u{202e}b"), no_line(5), NAME),
        case("the same signature twice", beside(&good), twice(), TWICE),
        case("a valid and an invalid signature", beside(&bad), twice(), TWICE),
        case(
            "an invalid and a valid signature",
            with_line(&format!("{bad}{good}")),
            twice(),
            Refuse,
        ),
        case(
            "the signature of an unknown key twice",
            beside(&unknown(1).repeat(2)),
            NoteError::SignedTwice { name: "log.example/1".to_owned() },
            Accept("a note has one spelling"),
        ),
        case(
            "101 signatures",
            beside(&(0..100).map(unknown).collect::<String>()),
            NoteError::TooManySignatures,
            Refuse,
        ),
        case(
            "a signature line of 66,561 bytes",
            beside(&format!("— a {}AAA=\n", "AAAA".repeat(16_638))),
            NoteError::LineTooLong { line: 5 },
            Accept("work is bounded"),
        ),
    ]
}

fn base64() -> Vec<Hostile> {
    let case = |what, note: String, others| Hostile {
        what,
        note: note.into(),
        ours: NoteError::Signature { line: 4 },
        others,
    };
    let next_letter = |base64: &str| {
        let (rest, last) = base64.trim_end_matches('=').split_at(base64.len() - 2);
        // The two bits behind the last byte are zero, so the next letter differs in them alone.
        let next = char::from(last.as_bytes()[0] + 1);
        assert!(next.is_ascii_alphanumeric(), "{base64}");
        format!("{rest}{next}=")
    };
    const SPARE: Others = GoAccepts("a note has one spelling");
    vec![
        case("spare bits in the base64", spelled(|own, _| next_letter(own)), SPARE),
        case("no padding", spelled(|_, bytes| STANDARD_NO_PAD.encode(bytes)), Refuse),
        case("more padding", spelled(|own, _| format!("{own}=")), Refuse),
        case("a group of padding", spelled(|own, _| format!("{own}====")), Refuse),
        case("bytes after the padding", spelled(|own, _| format!("{own}AAAA")), Refuse),
        case("the alphabet for URLs", spelled(|_, bytes| URL_SAFE.encode(bytes)), Refuse),
        case("CR in the base64", spelled(|own, _| own.replacen('A', "A\r", 1) + "\r"), Refuse),
        case(
            "a blank in the base64",
            spelled(|own, _| format!("{} {}", &own[..8], &own[8..])),
            Refuse,
        ),
        case("no base64", spelled(|_, _| String::new()), Refuse),
        case("the hash alone", spelled(|_, bytes| STANDARD.encode(&bytes[..4])), Refuse),
    ]
}

/// Signs with a nonce of choice, as the holder of a key can, or one of small order.
fn sign_with(nonce: Scalar, more: EdwardsPoint) -> [u8; 64] {
    let wide = |parts: &[&[u8]]| -> [u8; 64] { Sha512::digest(parts.concat()).into() };
    let secret = *wide(&[&*alice().key.to_bytes()]).first_chunk().unwrap();
    let secret = Scalar::from_bytes_mod_order(clamp_integer(secret));
    let commitment = (EdwardsPoint::mul_base(&nonce) + more).compress().to_bytes();
    let key = alice().key.public_key().to_bytes();
    let challenge = wide(&[&commitment, &key, TEXT.as_bytes()]);
    let response = nonce + Scalar::from_bytes_mod_order_wide(&challenge) * secret;
    *[commitment, response.to_bytes()].concat().first_chunk().unwrap()
}

/// A signature of a token's first block.
fn of_a_token() -> [u8; 64] {
    let (owner, key) = (Owner::human("alice@acme.com").unwrap(), mallory().key.public_key());
    let to = Principal::agent("planner", key).unwrap();
    let all = [Capability::new("crm.read", "**").unwrap()];
    let grant = Grant::new(to, all, NOW + Duration::HOUR, "Q3").unwrap();
    let open = Token::prepare_mint(owner, alice().key.public_key(), grant, NOW).unwrap();
    alice().key.sign(open.to_sign().message()).unwrap().to_bytes()
}

fn signatures() -> Vec<Hostile> {
    let case = |what, bytes: &[u8], others| Hostile {
        what,
        note: signature(bytes).into(),
        ours: not_signed(),
        others,
    };
    let own = alice().sign(TEXT);
    // The response plus the order of the group satisfies the equation, too.
    let mut beyond = own;
    let order = Scalar::ZERO - Scalar::ONE;
    let mut carry = 1;
    for (byte, add) in beyond[32..].iter_mut().zip(order.to_bytes()) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    let mut flipped = own;
    flipped[31] ^= 0x80;
    let neutral = EdwardsPoint::mul_base(&Scalar::ZERO);
    vec![
        case("a response beyond the order of the group", &beyond, Refuse),
        case(
            "a commitment of small order",
            &sign_with(Scalar::ZERO, neutral),
            Accept("signatures are verified strictly"),
        ),
        case(
            "a commitment with a part of small order",
            &sign_with(Scalar::from(7_u8), EIGHT_TORSION[1]),
            Refuse,
        ),
        case("a commitment with its sign flipped", &flipped, Refuse),
        case("a signature of zeros", &[0; 64], Refuse),
        case("a signature of 63 bytes", &own[..63], Refuse),
        case("a signature of 65 bytes", &[&own[..], &[0]].concat(), Refuse),
        case(
            "the signature of another note",
            &alice().sign("deputize example v1\nkey gone\n"),
            Refuse,
        ),
        case("the signature of a token's block", &of_a_token(), Refuse),
    ]
}

pub(crate) fn all() -> Vec<Hostile> {
    [texts(), lines(), base64(), signatures()].into_iter().flatten().collect()
}

/// Our verdict about a note as one by a key.
pub(crate) fn verdict(note: &[u8], key: &Named) -> Result<(), NoteError> {
    Note::parse(note)?.verify(&key.name, &key.key.public_key())
}

#[test]
fn hostile_notes_are_refused_and_others_judge_them_as_the_table_says() {
    let known = vec![alice().verifier()];
    let honest = alice().note(TEXT);
    assert_eq!(verdict(honest.as_bytes(), &alice()), Ok(()));
    assert!(rust::open(honest.as_bytes(), &known).is_ok());
    let all = all();
    let notes: Vec<_> = all.iter().map(|own| (&own.note[..], known.clone())).collect();
    let mut wrong = Vec::new();
    for (Hostile { what, note, ours, others }, by_go) in all.iter().zip(go::open(&notes)) {
        let found = verdict(note, &alice());
        if found.as_ref() != Err(ours) {
            wrong.push(format!("{what}: ours is {found:?}, not {ours:?}"));
        }
        let by_rust = rust::open(note, &known);
        let is_as_said = match others {
            Refuse => by_go.is_err() && by_rust.is_err(),
            Accept(_) => by_go.is_ok() && by_rust.is_ok(),
            GoAccepts(_) => by_go.is_ok() && by_rust.is_err(),
            Differ(_) => by_rust.is_err(),
        };
        if !is_as_said {
            let [by_go, by_rust] = [by_go.err(), by_rust.err()];
            wrong.push(format!("{what}: not {others:?}, but {by_go:?} and {by_rust:?}"));
        }
        println!("{what}: {ours}\n    others: {others:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Anybody can sign under a key of small order, as long as a reader verifies with it.
#[test]
fn a_key_of_small_order_is_no_key() {
    let texts: Vec<_> = (0..64).map(|n| format!("deputize example {n}\n")).collect();
    // The neutral point as commitment, and zero as response.
    let forged = [&[1][..], &[0; 63]].concat();
    for point in EIGHT_TORSION {
        let key = point.compress().to_bytes();
        assert!(PublicKey::from_bytes(&key).is_err());
        assert!(format!("ed25519/{}", hex::encode(key)).parse::<PublicKey>().is_err());
        let known = vec![verifier("weak", &key)];
        let line = [&crate::keys::hash("weak", &key)[..], &forged].concat();
        let line = format!("— weak {}\n", STANDARD.encode(line));
        let notes: Vec<_> = texts.iter().map(|text| format!("{text}\n{line}")).collect();
        let tasks: Vec<_> = notes.iter().map(|note| (note.as_bytes(), known.clone())).collect();
        let by_go = go::open(&tasks);
        assert!(by_go.iter().any(Result::is_ok), "Go refuses {}", hex::encode(key));
        assert!(notes.iter().any(|note| rust::open(note.as_bytes(), &known).is_ok()));
    }
}

/// Others judge a note for all keys that they know; our caller verifies the keys that it needs.
#[test]
fn an_invalid_signature_of_another_known_key() {
    let (note, both) = (beside(&mallory().line(&[7; 64])), [alice(), mallory()]);
    let known = |keys: &[Named]| keys.iter().map(Named::verifier).collect::<Vec<_>>();
    let bytes = note.as_bytes();
    let by_go = go::open(&[(bytes, known(&both)), (bytes, known(&both[..1]))]);
    assert!(by_go[0].is_err() && by_go[1].is_ok(), "{by_go:?}");
    assert!(rust::open(bytes, &known(&both)).is_err());
    assert_eq!(both.map(|key| key.signed(bytes)), [true, false]);
}
