//! Errors of writing capabilities and grants, and of minting, delegating and presenting.

use deputize::testing::RawToken;
use deputize::{
    Capability, CapabilityError, Constraint, ConstraintError, ConstraintKind, DelegateError, Grant,
    GrantError, MintError, OtherArgs, PresentError, PublicKey, Signature, Signer, SignerError,
    SigningKey, Token, Widening, WrongSignature,
};
use time::Duration;

use super::messages;
use crate::common::{
    agent, alice, first, grant, held, key, mint, now, owner, planner, reading, request, researcher,
    second, thief, writer,
};

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
            refused!(Token::mint(owner(), &FailingSigner, first(), now()), MintError::Signer(_)),
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
                DelegateError::TooManyHops { hop: 0, requested: 3, left: 2 }
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
                token.delegate(&FailingSignerWithKey(planner()), second(), now()),
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
                token.present(&FailingSignerWithKey(researcher()), &request(), now()),
                PresentError::Signer(_)
            ),
            refused!(
                token
                    .prepare_presentation(researcher().public_key(), &request(), now())
                    .unwrap()
                    .signed(&Signature::from_bytes(&[0; 64])),
                WrongSignature { .. }
            ),
        ],
    );
}

fn parsed(raw: &RawToken) -> Token {
    Token::parse(&raw.to_text()).unwrap()
}

fn widened() -> Grant {
    grant("researcher", &researcher(), reading("**", 1), Duration::hours(1))
}

/// A grant within the planner's, except for its expiry.
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
struct FailingSigner;

impl Signer for FailingSigner {
    fn public_key(&self) -> PublicKey {
        alice().public_key()
    }

    fn sign(&self, _: &[u8]) -> Result<Signature, SignerError> {
        Err(SignerError::new("the key service is away"))
    }
}

/// A signer with this key that fails.
struct FailingSignerWithKey(SigningKey);

impl Signer for FailingSignerWithKey {
    fn public_key(&self) -> PublicKey {
        self.0.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, SignerError> {
        FailingSigner.sign(message)
    }
}
