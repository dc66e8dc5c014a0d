//! Errors of reading keys, names, patterns, requests, tokens and presentations.

use deputize::limits::MAX_ARGUMENT_BYTES;
use deputize::testing::RawToken;
use deputize::{
    ArgumentError, Capability, CapabilityError, FormatError, HopId, KeyError, NameError, Note,
    NoteError, Operation, OperationError, Owner, Presentation, Principal, PublicKey, Request,
    RequestError, Resource, ResourceError, Signer, SigningKey, Token, TokenError,
};

use super::messages;
use crate::common::{alice, first, held, mint, now, owner, planner, presented, second};

#[test]
fn keys() {
    let spelled_twice = [&[0xf0][..], &[0xff; 30], &[0x7f]].concat();
    let no_point = (2..).map(|n| [n; 32]).find(|bytes| PublicKey::from_bytes(bytes).is_err());
    let pem = alice().public_key().to_pem().unwrap();
    messages(
        "keys",
        [
            refused!("ed25519/00".parse::<PublicKey>(), KeyError::Text),
            refused!("rsa".parse::<PublicKey>(), KeyError::Text),
            refused!(
                alice()
                    .public_key()
                    .to_string()
                    .to_uppercase()
                    .replace("ED25519", "ed25519")
                    .parse::<PublicKey>(),
                KeyError::Text
            ),
            refused!(PublicKey::from_bytes(&spelled_twice.try_into().unwrap()), KeyError::NotAKey),
            refused!(PublicKey::from_bytes(&no_point.unwrap()), KeyError::NotAKey),
            refused!(PublicKey::from_bytes(&[0; 32]), KeyError::Weak),
            refused!(PublicKey::from_pem("no pem"), KeyError::Pem { .. }),
            refused!(SigningKey::from_pem(&pem), KeyError::Pem { .. }),
            refused!(PublicKey::from_der(&[0x30]), KeyError::Der { .. }),
            refused!(SigningKey::from_der(&[]), KeyError::Der { .. }),
            refused!("abc".parse::<HopId>(), deputize::HopIdError),
        ],
    );
}

#[test]
fn names() {
    messages(
        "names",
        [
            refused!(Owner::human(" \u{200b}"), NameError::Blank),
            refused!(
                Principal::agent("x".repeat(257), alice().public_key()),
                NameError::TooLong { found: 257 }
            ),
            refused!(Owner::human("alice\u{202e}"), NameError::Hidden { .. }),
            refused!(Owner::human("alice "), NameError::Hidden { .. }),
        ],
    );
}

#[test]
fn patterns() {
    let operation = |text: &str| refused!(text.parse::<Operation>(), OperationError { .. });
    let resource = |text: &str| refused!(text.parse::<Resource>(), ResourceError { .. });
    messages(
        "patterns",
        [
            operation(""),
            operation("crm..read"),
            operation("crm.*"),
            operation("crm read"),
            operation(&"a.".repeat(65)),
            operation(&"x".repeat(257)).replace(&"x".repeat(256), "xx"),
            resource(""),
            resource("/etc/passwd"),
            resource("accounts/../admin"),
            resource("accounts\\emea"),
            resource("accounts/*"),
            resource("accounts/%2e%2e/admin"),
            resource("accounts/\u{202e}txt"),
            resource("a/".repeat(64).as_str()),
            resource(&"x".repeat(4097)).replace(&"x".repeat(256), "xx"),
            refused!(Capability::new("crm.*.read", "**"), CapabilityError::Operation(_)),
            refused!(Capability::new("crm.read", "a/*/b"), CapabilityError::Resource(_)),
        ],
    );
}

#[test]
fn requests() {
    let args = |json: &str| Request::new("crm.read", "a", "crm.acme.com").unwrap().with_args(json);
    let nested = format!("{}1{}", r#"{"a":"#.repeat(17), "}".repeat(17));
    let many = (0..257).map(|n| format!("\"a{n}\":1")).collect::<Vec<_>>().join(",");
    let argument = |json: &str, is: fn(&ArgumentError) -> bool| {
        let error = args(json).unwrap_err();
        assert!(matches!(&error, RequestError::Argument(inner) if is(inner)), "{error:?}");
        format!("RequestError::Argument\n    {error}")
    };
    messages(
        "requests",
        [
            refused!(Request::new("", "a", "crm.acme.com"), RequestError::Operation(_)),
            refused!(Request::new("crm.read", "", "crm.acme.com"), RequestError::Resource(_)),
            refused!(Request::new("crm.read", "a", " "), RequestError::Audience { .. }),
            refused!(Request::new("crm.read", "a", "crm\n"), RequestError::Audience { .. }),
            refused!(args("{"), RequestError::Json(_)),
            refused!(args(r#"{"a": 1, "a": 2}"#), RequestError::Json(_)),
            refused!(Request::from_json(r#"{"operation": "crm.read"}"#), RequestError::Json(_)),
            refused!(
                Request::from_json(
                    r#"{"operation":"a","resource":"b","audience":"c","arguments":{}}"#
                ),
                RequestError::Json(_)
            ),
            refused!(args("[]"), RequestError::NotAnObject { .. }),
            refused!(
                Request::from_json(r#"{"operation":"a","resource":"b","audience":"c","args":3}"#),
                RequestError::NotAnObject { .. }
            ),
            argument(r#"{"": 1}"#, |e| matches!(e, ArgumentError::Name { .. })),
            argument(r#"{"/a/b": 1, "a": {"b": 2}}"#, |e| {
                matches!(e, ArgumentError::Pointer { .. })
            }),
            argument(&format!("{{{many}}}"), |e| matches!(e, ArgumentError::TooMany)),
            argument(&nested, |e| matches!(e, ArgumentError::TooDeep)),
            argument(r#"{"n": 9007199254740992}"#, |e| {
                matches!(e, ArgumentError::IntegerTooLarge { .. })
            }),
            argument(r#"{"n": [{"m": {"o": 10000000000000000000000}}]}"#, |e| {
                matches!(e, ArgumentError::IntegerTooLarge { .. })
            }),
            argument(&format!(r#"{{"n":"{}"}}"#, "x".repeat(MAX_ARGUMENT_BYTES)), |e| {
                matches!(e, ArgumentError::TooLarge { .. })
            }),
        ],
    );
}

#[test]
fn reading_tokens() {
    let bytes = |raw: &RawToken| Token::parse(&raw.to_text());
    let mut names_no_key = held();
    names_no_key.blocks.iter_mut().for_each(|block| block.algorithm = 1);
    let mut says_nothing = held();
    says_nothing.blocks.iter_mut().for_each(|block| block.content.clear());
    let mut nobodys = held();
    nobodys.blocks.clear();
    let nobodys = nobodys.delegate(&alice(), first(), now());
    let twice = mint(first()).delegate_as_owner(owner(), &planner(), second(), now());
    let long = (2..=33).fold(mint(first()), |raw, _| raw.delegate(&planner(), second(), now()));
    let huge = "A".repeat(64 * 1024 + 1);
    let mut padded = held().to_text();
    padded.push('=');
    messages(
        "reading_tokens",
        [
            refused!(bytes(&presented()), TokenError::NotHeld),
            refused!(bytes(&long), TokenError::NotAuthentic(_)),
            refused!(bytes(&names_no_key), TokenError::NotAuthentic(_)),
            refused!(bytes(&says_nothing), TokenError::AnotherBiscuit),
            refused!(bytes(&nobodys), TokenError::AnotherBiscuit),
            refused!(bytes(&twice), TokenError::NotAuthentic(_)),
            refused!(
                Token::parse(&huge),
                TokenError::Format(FormatError::TooLong { found: 65_537 })
            ),
            refused!(Token::parse(&padded), TokenError::Format(FormatError::Base64 { .. })),
            refused!(Token::parse("not base64"), TokenError::Format(FormatError::Base64 { .. })),
            refused!(Token::parse(""), TokenError::Format(FormatError::NotABiscuit)),
            refused!(Presentation::parse(&huge), FormatError::TooLong { .. }),
            refused!(Presentation::parse("é"), FormatError::Base64 { .. }),
            refused!(Presentation::parse("aGVsbG8"), FormatError::NotABiscuit),
            refused!(Presentation::from_bytes(Vec::new()), FormatError::NotABiscuit),
        ],
    );
}

#[test]
fn notes() {
    let note = |text: &str| Note::new(text);
    let signed = |n: u8| {
        (0..n).try_fold(note("a\n").unwrap(), |note, n| note.signed_by(format!("key{n}"), &alice()))
    };
    let signed_by = |name: &str| note("a\n").unwrap().signed_by(name, &alice());
    let read = |lines: &str| Note::parse(format!("a\n\n{lines}").as_bytes());
    let line = "— key/` AAAAAAA=\n";
    let other = alice().sign(b"b").unwrap();
    messages(
        "notes",
        [
            refused!(note(&"a\n".repeat(500_001)), NoteError::TooLong),
            refused!(
                note(&format!("{}\n", "a".repeat(66_561))),
                NoteError::LineTooLong { line: 1 }
            ),
            refused!(Note::parse(b"a\xff\n\n"), NoteError::NotUtf8),
            refused!(note("a"), NoteError::NoLineFeed),
            refused!(note("a\n\nb\n"), NoteError::EmptyLine { line: 2 }),
            refused!(note("a\nb\u{202e}\n"), NoteError::Invisible { line: 2, found: '\u{202e}' }),
            refused!(note("a\r\n"), NoteError::Invisible { line: 1, found: '\r' }),
            refused!(read(""), NoteError::NoSignature),
            refused!(read("— key\n"), NoteError::Signature { line: 3 }),
            refused!(read(&line.repeat(2)), NoteError::SignedTwice { .. }),
            refused!(signed_by("a\u{202e}b"), NoteError::Name { .. }),
            refused!(signed_by(""), NoteError::Name { .. }),
            refused!(signed_by(&"+".repeat(1_000)), NoteError::Name { .. }),
            refused!(
                read(line).unwrap().verify("a\u{202e}b", &alice().public_key()),
                NoteError::NotSignedBy { .. }
            ),
            refused!(
                note("a\n").unwrap().with_signature("key", &alice().public_key(), &other),
                NoteError::WrongSignature(_)
            ),
            refused!(signed(101), NoteError::TooManySignatures),
        ],
    );
}
