//! One case for every variant of every error that a caller can meet, and all the messages in one
//! list, as a person reads them.
//!
//! Without a case, because nothing in a test can bring them about: `NoRandomness` of `KeyError`,
//! `MintError` and `PresentError` (the operating system would have to fail); the `Token` variants of
//! `MintError`, `DelegateError` and `PresentError` (a token that was parsed or made can always be
//! read and written).

use crate::common::{
    agent, alice, first, grant, held, key, mint, now, owner, planner, presented, reading, request,
    researcher, second, thief, writer,
};
use deputize::limits::MAX_ARGUMENT_BYTES;
use deputize::testing::RawToken;
use deputize::{
    ArgumentError, Capability, CapabilityError, Constraint, ConstraintError, ConstraintKind,
    DelegateError, FormatError, Grant, GrantError, HopId, KeyError, MintError, NameError,
    Operation, OperationError, OtherArgs, Owner, PresentError, Presentation, Principal, PublicKey,
    Request, RequestError, Resource, ResourceError, Signature, Signer, SignerError, SigningKey,
    Token, TokenError, Widening,
};
use time::Duration;

/// Checks that `$result` is an error of this variant, and gives its message.
macro_rules! refused {
    ($result:expr, $variant:pat) => {{
        let error = $result.unwrap_err();
        assert!(matches!(error, $variant), "{error:?}");
        let path = stringify!($variant).split(|c: char| !c.is_alphanumeric() && c != ':');
        format!("{}\n    {error}", path.take(1).collect::<String>())
    }};
}

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
fn capabilities() {
    let own = || Capability::new("crm.read", "**").unwrap();
    let json = |args: &str| {
        let json = format!(r#"{{"operation":"crm.read","resource":"**","args":{args}}}"#);
        format!("in JSON\n    {}", serde_json::from_str::<Capability>(&json).unwrap_err())
    };
    let many = (0..17).try_fold(own(), |own, n| own.with_arg(format!("a{n}"), []));
    messages(
        "capabilities",
        [
            refused!(own().with_arg("a", [Constraint::prefix("")]), CapabilityError::Arg { .. }),
            refused!(own().with_arg("", []), CapabilityError::ArgName { .. }),
            refused!(own().with_arg("a\n", []), CapabilityError::ArgNameHidden { .. }),
            refused!(Capability::new("crm.read", "a/ b"), CapabilityError::Resource(_)),
            refused!(
                own().with_arg("a", []).and_then(|own| own.with_optional_arg("a", [])),
                CapabilityError::ArgTwice { .. }
            ),
            refused!(
                own().with_arg("a", [Constraint::max(1), Constraint::max(2)]),
                CapabilityError::KindTwice { kind: ConstraintKind::Max, .. }
            ),
            refused!(many, CapabilityError::TooManyConstraints { found: 17 }),
            json(r#"{"a": 3}"#),
            json(r#"{"a": {"maximum": 3}}"#),
            json(r#"{"a": {"max": "3"}}"#),
            json(r#"{"a": {"any": false}}"#),
            json(r#"{"a": {"below": true, "max": 3}}"#),
            json(r#"{"a": {"below": true, "optional": true}}"#),
            json(r#"{"a": {"below": false}}"#),
            json(r#"{"a": {"each": {"equals": 1}}}"#),
            json(r#"{"a": {"each": {"each": {"max": 1}}}}"#),
            json(r#"{"a": {"each": {"min": 1, "max": 2}}}"#),
            json(r#"{"/files": {"max_len": 0}}"#),
            json(r#"{"/a/*/b/*/c": {"any": true}}"#),
            json(r#"{"/a/*": {"any": true}}"#),
            json(r#"{"a": {"max": 3, "max": 4}}"#),
            json("3"),
            format!(
                "in JSON\n    {}",
                serde_json::from_str::<Capability>(
                    r#"{"operation":"crm.read","resource":"**","arguments":{}}"#
                )
                .unwrap_err()
            ),
            format!(
                "in JSON\n    {}",
                serde_json::from_str::<Capability>(r#"{"operation":"crm read","resource":"**"}"#)
                    .unwrap_err()
            ),
            refused!(Constraint::glob("a/?"), ConstraintError::Glob { .. }),
            refused!(Constraint::each(Constraint::one_of([1])), ConstraintError::Element { .. }),
            refused!(own().with_below("/a"), CapabilityError::ArgPointer { .. }),
        ],
    );
}

#[test]
fn grants() {
    let own = || Capability::new("crm.read", "**").unwrap();
    let to = || agent("planner", &planner());
    let ends = now() + Duration::hours(1);
    let plain = || Grant::new(to(), [own()], ends, "a test").unwrap();
    let idle = own().with_optional_arg("a", []).unwrap().with_other_args(OtherArgs::Allow);
    messages(
        "grants",
        [
            refused!(Grant::new(to(), [], ends, "a test"), GrantError::NoCapability),
            refused!(
                Grant::new(to(), vec![own(); 65], ends, "a test"),
                GrantError::TooManyCapabilities { found: 65 }
            ),
            refused!(
                Grant::new(to(), [own(), idle], ends, "a test"),
                GrantError::Capability { index: 1, error: CapabilityError::SaysNothing { .. } }
            ),
            refused!(Grant::new(to(), [own()], ends, " "), GrantError::NoPurpose),
            refused!(
                Grant::new(to(), [own()], ends, "x".repeat(513)),
                GrantError::PurposeTooLong { found: 513 }
            ),
            refused!(Grant::new(to(), [own()], ends, "a test\n"), GrantError::PurposeHidden { .. }),
            refused!(plain().with_not_before(ends), GrantError::NeverValid { .. }),
            refused!(
                plain().with_audience(Vec::<String>::new()),
                GrantError::AudienceSize { found: 0 }
            ),
            refused!(plain().with_audience(["crm.acme.com\u{202e}"]), GrantError::Audience { .. }),
            refused!(plain().with_audience([" crm.acme.com"]), GrantError::Audience { .. }),
            refused!(plain().with_allowed_delegates([]), GrantError::Delegates { found: 0 }),
            refused!(
                plain().with_max_hops(32).with_audience(["crm.acme.com"]),
                GrantError::TooManyHops { found: 32 }
            ),
        ],
    );
}

#[test]
fn minting() {
    let mint = |grant: Grant| Token::mint(owner(), &alice(), grant, now());
    let to_alice = grant("alice", &alice(), reading("**", 1), Duration::hours(1));
    let over = grant("planner", &planner(), reading("**", 1), Duration::ZERO);
    messages(
        "minting",
        [
            refused!(mint(to_alice), MintError::SelfDelegation),
            refused!(mint(over), MintError::Expired { .. }),
            refused!(Token::mint(owner(), &Broken, first(), now()), MintError::Signer(_)),
        ],
    );
}

#[test]
fn delegating() {
    let token = parsed(&mint(first()));
    let delegate = |grant: Grant| token.delegate(&planner(), grant, now());
    let second = || second().with_max_hops(0);
    let to_planner = grant("helper", &planner(), reading("**", 1), Duration::hours(1));
    let later = now() + Duration::hours(9);
    let no_hops = parsed(&mint(first().with_max_hops(0)));
    let only_writer =
        parsed(&mint(first().with_allowed_delegates([writer().public_key()]).unwrap()));
    let full =
        (2..=32).fold(mint(to_next(1)), |raw, n| raw.delegate(&key(n - 1), to_next(n), now()));
    messages(
        "delegating",
        [
            refused!(token.delegate(&thief(), second(), now()), DelegateError::NotTheHolder { .. }),
            refused!(delegate(to_planner), DelegateError::SelfDelegation),
            refused!(delegate(widened()), DelegateError::Widens { hop: 0, .. }),
            refused!(
                no_hops.delegate(&planner(), second(), now()),
                DelegateError::TooDeep { hop: 0, max_hops: 0, distance: 1 }
            ),
            refused!(
                delegate(second().with_max_hops(3)),
                DelegateError::TooManyHops { hop: 0, asked: 3, left: 2 }
            ),
            refused!(
                only_writer.delegate(&planner(), second(), now()),
                DelegateError::NotAllowedDelegate { hop: 0, .. }
            ),
            refused!(token.delegate(&planner(), second(), later), DelegateError::Expired { .. }),
            refused!(
                token.delegate(&planner(), ending(Duration::hours(10)), later),
                DelegateError::ParentExpired { hop: 0, .. }
            ),
            refused!(
                parsed(&full).delegate(&key(32), to_next(33), now()),
                DelegateError::ChainFull
            ),
            refused!(
                token.delegate(&BrokenOf(planner()), second(), now()),
                DelegateError::Signer(_)
            ),
        ],
    );
}

#[test]
fn reaching_beyond_a_parent() {
    let narrow = first()
        .with_not_before(now() - Duration::minutes(1))
        .and_then(|grant| {
            grant.with_allowed_delegates([researcher().public_key(), writer().public_key()])
        })
        .unwrap();
    let token = parsed(&mint(narrow));
    let to = || agent("researcher", &researcher());
    let own = || reading("accounts/**", 10);
    let ends = now() + Duration::hours(1);
    let complete = |own: Capability, ends| {
        Grant::new(to(), [own], ends, "a test")
            .and_then(|grant| grant.with_audience(["crm.acme.com"]))
            .and_then(|grant| grant.with_not_before(now()))
            .and_then(|grant| grant.with_allowed_delegates([writer().public_key()]))
            .unwrap()
    };
    let beyond = |grant: Grant, is: fn(&Widening) -> bool| {
        let error = token.delegate(&planner(), grant, now()).unwrap_err();
        assert!(
            matches!(&error, DelegateError::Widens { hop: 0, beyond } if is(beyond)),
            "{error:?}"
        );
        format!("DelegateError::Widens\n    {error}")
    };
    let capability = |own: Capability| {
        beyond(complete(own, ends), |b| matches!(b, Widening::Capability { index: 0, .. }))
    };
    let limited = |limits: &[Constraint]| {
        Capability::new("crm.read", "accounts/42")
            .and_then(|own| own.with_arg("limit", limits.to_vec()))
            .unwrap()
    };
    token.delegate(&planner(), complete(own(), ends), now()).unwrap();
    messages(
        "reaching_beyond_a_parent",
        [
            capability(Capability::new("crm.*", "accounts/**").unwrap()),
            capability(reading("**", 10)),
            capability(reading("accounts/**", 101)),
            capability(limited(&[])),
            capability(limited(&[Constraint::min(1)])),
            capability(limited(&[Constraint::one_of([99, 101])])),
            capability(Capability::new("crm.read", "accounts/42").unwrap()),
            capability(own().with_arg("mode", []).unwrap()),
            capability(own().with_other_args(OtherArgs::Allow)),
            capability(
                Capability::new("crm.read", "accounts/42")
                    .and_then(|own| own.with_optional_arg("limit", [Constraint::max(1)]))
                    .unwrap(),
            ),
            beyond(complete(own(), now() + Duration::hours(9)), |b| {
                matches!(b, Widening::Expiry { .. })
            }),
            beyond(Grant::new(to(), [own()], ends, "a test").unwrap(), |b| {
                matches!(b, Widening::NotBefore { .. })
            }),
            beyond(
                complete(own(), ends).with_not_before(now() - Duration::minutes(2)).unwrap(),
                |b| matches!(b, Widening::NotBefore { .. }),
            ),
            beyond(
                Grant::new(to(), [own()], ends, "a test")
                    .and_then(|g| g.with_not_before(now()))
                    .unwrap(),
                |b| matches!(b, Widening::Audience { added: None }),
            ),
            beyond(
                complete(own(), ends).with_audience(["crm.acme.com", "mail.acme.com"]).unwrap(),
                |b| matches!(b, Widening::Audience { added: Some(_) }),
            ),
            beyond(
                Grant::new(to(), [own()], ends, "a test")
                    .and_then(|g| g.with_not_before(now()))
                    .and_then(|g| g.with_audience(["crm.acme.com"]))
                    .unwrap(),
                |b| matches!(b, Widening::Delegates { added: None }),
            ),
            beyond(
                complete(own(), ends).with_allowed_delegates([thief().public_key()]).unwrap(),
                |b| matches!(b, Widening::Delegates { added: Some(_) }),
            ),
        ],
    );
}

#[test]
fn presenting() {
    let token = parsed(&held());
    messages(
        "presenting",
        [
            refused!(token.present(&thief(), &request(), now()), PresentError::NotTheHolder { .. }),
            refused!(
                token.present(&BrokenOf(researcher()), &request(), now()),
                PresentError::Signer(_)
            ),
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

/// Compares the messages with the list that is kept, and asks what every message must keep to.
fn messages(name: &str, list: impl IntoIterator<Item = String>) {
    let list: Vec<_> = list.into_iter().collect();
    for message in &list {
        let (_, sentence) = message.split_once("\n    ").unwrap();
        assert!(!sentence.ends_with('.'), "a full stop: {sentence}");
        assert!(!sentence.chars().any(crate::common::is_hostile), "{sentence:?}");
        assert!(!sentence.contains("::"), "a Rust type: {sentence}");
    }
    insta::assert_snapshot!(name, list.join("\n"));
}

fn parsed(raw: &RawToken) -> Token {
    Token::parse(&raw.to_text()).unwrap()
}

fn widened() -> Grant {
    grant("researcher", &researcher(), reading("**", 1), Duration::hours(1))
}

/// What the planner may grant, but for longer.
fn ending(after: Duration) -> Grant {
    let to = agent("researcher", &researcher());
    Grant::new(to, [reading("accounts/**", 1)], now() + after, "a test")
        .and_then(|grant| grant.with_audience(["crm.acme.com"]))
        .unwrap()
}

fn to_next(n: u8) -> Grant {
    grant("next", &key(n), reading("**", 1), Duration::hours(1)).with_max_hops(31)
}

/// A signer that fails.
struct Broken;

impl Signer for Broken {
    fn public_key(&self) -> PublicKey {
        alice().public_key()
    }

    fn sign(&self, _: &[u8]) -> Result<Signature, SignerError> {
        Err(SignerError::new("the key service is away"))
    }
}

/// A signer with this key, that fails.
struct BrokenOf(SigningKey);

impl Signer for BrokenOf {
    fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        Broken.sign(message)
    }
}
