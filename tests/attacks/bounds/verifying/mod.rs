//! Correctly signed chains, made without the library's limits, that a verifier accepts or refuses.

mod content;

use content::{
    block_text, capabilities, constraints, delegates, globs, integer, ports, services, subpaths,
    values,
};

use biscuit_auth::format::schema;
use deputize::testing::{RawToken, with_purpose};
use deputize::{
    Capability, Constraint, Decision, DenyCode, Grant, Presentation, Signer, UrlPattern, Verifier,
};
use prost::Message;
use time::Duration;

use crate::common::{
    NONCE, WINDOW, agent, alice, anchor, codes, crm_request, denied, key, now, planner, shown,
    verifier_of,
};

/// The decision about a chain with this amount of the limited quantity.
type Decide = fn(usize) -> Decision;

/// The limited quantity, its limit, how to decide about an amount, and the refusal of one more.
type Limit = (&'static str, usize, Decide, (Option<usize>, DenyCode));

const LIMITS: &[Limit] = &[
    ("bytes of a token", 16_384, |n| long(n, verifier()), (None, DenyCode::TokenTooLong)),
    (
        "bytes of a token, if raised",
        20_000,
        |n| long(n, verifier().with_max_token_bytes(20_000)),
        (None, DenyCode::TokenTooLong),
    ),
    (
        "bytes of a token, if nearly as much as any verifier accepts",
        65_000,
        |n| long(n, verifier().with_max_token_bytes(65_000)),
        (None, DenyCode::TokenTooLong),
    ),
    ("hops", 8, |n| hops(n, verifier()), (None, DenyCode::ChainTooLong)),
    (
        "hops, if raised",
        9,
        |n| hops(n, verifier().with_max_hops(9)),
        (None, DenyCode::ChainTooLong),
    ),
    (
        "hops, if raised beyond reason",
        32,
        |n| hops(n, verifier().with_max_hops(usize::MAX)),
        (None, DenyCode::ChainTooLong),
    ),
    (
        "further hops that are granted",
        31,
        |n| granted(plain_grant().with_max_hops(n as u32), "{}"),
        NOT_CANONICAL,
    ),
    ("bytes of an owner's name", 256, |n| renamed("alice@acme.com", n), NOT_CANONICAL),
    ("bytes of a delegate's name", 256, |n| renamed("planner", n), NOT_CANONICAL),
    ("bytes of an argument's name", 256, |n| renamed("argument", n), NOT_CANONICAL),
    ("bytes of a service", 256, |n| renamed("some-service", n), NOT_CANONICAL),
    (
        "bytes of a purpose",
        512,
        |n| granted(with_purpose(plain_grant(), &x(n)), "{}"),
        NOT_CANONICAL,
    ),
    ("bytes of an operation", 256, |n| renamed("operation.name", n), NOT_CANONICAL),
    (
        "segments of an operation",
        64,
        |n| renamed_to("operation.name", &vec!["a"; n].join(".")),
        NOT_CANONICAL,
    ),
    ("bytes of a resource", 4_096, |n| renamed("resource/name", n), NOT_CANONICAL),
    (
        "segments of a resource",
        64,
        |n| renamed_to("resource/name", &vec!["a"; n].join("/")),
        NOT_CANONICAL,
    ),
    ("bytes of a value", 4_096, |n| renamed("value", n), NOT_CANONICAL),
    ("bytes of a prefix", 4_096, |n| renamed("prefix", n), NOT_CANONICAL),
    ("bytes of a directory", 4_096, |n| renamed("directory", n), NOT_CANONICAL),
    ("bytes of a glob", 256, |n| renamed("glob.txt", n), NOT_CANONICAL),
    ("segments of a glob", 65, |n| renamed_to("glob.txt", &vec!["a"; n].join("/")), NOT_CANONICAL),
    (
        "bytes of the path of a URL",
        4_096,
        |n| renamed_to("/path", &format!("/{}", x(n - 1))),
        NOT_CANONICAL,
    ),
    ("capabilities of a grant", 64, capabilities, NOT_CANONICAL),
    ("constraints of a capability", 16, constraints, NOT_CANONICAL),
    ("integers in a limit", 9_007_199_254_740_991, integer, NOT_CANONICAL),
    ("values in a list", 256, values, NOT_CANONICAL),
    ("services of a grant", 256, services, NOT_CANONICAL),
    ("ports of a URL", 256, ports, NOT_CANONICAL),
    ("allowed delegates", 256, delegates, NOT_CANONICAL),
    ("bytes of text in one block", 65_536, block_text, NOT_CANONICAL),
    ("arguments of 4 KiB that globs read", 15, globs, (Some(0), DenyCode::WorkLimitExceeded)),
    ("bytes that one decision looks at", 65_536, subpaths, (Some(0), DenyCode::WorkLimitExceeded)),
];

const NOT_CANONICAL: (Option<usize>, DenyCode) = (Some(0), DenyCode::NotCanonical);

#[test]
fn chains_at_a_limit_are_allowed_and_one_more_is_denied() {
    let mut wrong = Vec::new();
    for (what, most, decide, refusal) in LIMITS {
        if let Decision::Deny(denial) = decide(*most) {
            wrong.push(format!("{what}: {most} are refused: {denial}"));
        }
        match decide(most + 1) {
            Decision::Allow(_) => wrong.push(format!("{what}: one more than {most} is allowed")),
            Decision::Deny(denial) if codes(&denial) == [*refusal] => {}
            Decision::Deny(denial) => {
                wrong.push(format!("{what}: refused for another reason: {denial}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The root key hint has 32 bits in Biscuit's schema, and a varint may have 64.
#[test]
fn a_hint_has_32_bits() {
    let hinted = |hint: u64| {
        let raw = RawToken { root_hint: Some(hint), ..closed(mint(plain_grant()), "{}") };
        Presentation::from_bytes(raw.to_bytes())
    };
    let most = u64::from(u32::MAX);
    let refused = verifier().decide(hinted(most).unwrap(), call("{}"), now());
    assert_eq!(codes(&denied(refused)), [(None, DenyCode::WrongRoot)]);
    assert!(hinted(most + 1).is_err());
    assert!(hinted(u64::MAX).is_err());
}

fn x(count: usize) -> String {
    "x".repeat(count)
}

fn verifier() -> Verifier {
    verifier_of(anchor())
}

fn plain() -> Capability {
    Capability::new("crm.read", "**").unwrap()
}

fn granting(own: impl IntoIterator<Item = Capability>) -> Grant {
    Grant::new(agent("planner", &planner()), own, now() + Duration::HOUR, "why").unwrap()
}

fn plain_grant() -> Grant {
    granting([plain()])
}

fn mint(grant: Grant) -> RawToken {
    crate::common::mint(grant)
}

fn call(args: &str) -> deputize::Request {
    crm_request("crm.read", "accounts/42", args)
}

fn closed(chain: RawToken, args: &str) -> RawToken {
    chain.present(&planner(), &call(args), now(), WINDOW, NONCE)
}

fn decided(chain: RawToken, args: &str, verifier: &Verifier) -> Decision {
    verifier.decide(shown(&closed(chain, args)), call(args), now())
}

fn granted(grant: Grant, args: &str) -> Decision {
    decided(mint(grant), args, &verifier())
}

/// A first block that was edited in the types of Biscuit's own schema, and signed by Alice.
fn edited(grant: Grant, args: &str, edit: impl FnOnce(&mut schema::Block)) -> Decision {
    let mut chain = mint(grant);
    let mut block = schema::Block::decode(chain.blocks[0].content.as_slice()).unwrap();
    edit(&mut block);
    chain.blocks[0].content = block.encode_to_vec();
    chain.sign(0, &alice());
    decided(chain, args, &verifier_of(deputize::TrustAnchor::for_any_owner(alice().public_key())))
}

/// A grant that uses each kind of string once, one of them with this length.
fn renamed(from: &str, length: usize) -> Decision {
    renamed_to(from, &x(length))
}

fn renamed_to(from: &str, to: &str) -> Decision {
    let url = UrlPattern::new(["https"], ["a.com"]).unwrap().with_path_prefix("/path").unwrap();
    let strings = plain()
        .with_optional_arg("b", [Constraint::equals("value"), Constraint::prefix("prefix")])
        .and_then(|own| own.with_optional_arg("c", [Constraint::subpath("directory").unwrap()]))
        .and_then(|own| own.with_optional_arg("d", [Constraint::glob("glob.txt").unwrap()]))
        .and_then(|own| own.with_optional_arg("e", [Constraint::url(url)]))
        .unwrap();
    // The renamed string is in one alternative; another allows the call.
    let named = plain().with_arg("argument", [Constraint::equals("ok")]).unwrap();
    let all = [
        named,
        strings,
        Capability::new("operation.name", "**").unwrap(),
        Capability::new("crm.write", "resource/name").unwrap(),
        plain(),
    ];
    let grant = granting(all).with_audience(["crm.acme.com", "some-service"]).unwrap();
    edited(grant, "{}", |block| {
        let symbol = block.symbols.iter_mut().find(|symbol| *symbol == from);
        *symbol.unwrap() = to.to_owned();
    })
}

fn long(characters: usize, verifier: Verifier) -> Decision {
    verifier.decide(shown(&of_length(characters)), call("{}"), now())
}

/// No verifier accepts more, so a longer text is not even parsed.
#[test]
fn the_longest_presentation_is_read() {
    let most = verifier().with_max_token_bytes(usize::MAX);
    assert!(long(65_536, most).is_allowed());
    let longer = of_length(65_537);
    assert!(Presentation::from_bytes(longer.to_bytes()).is_err());
    assert!(Presentation::parse(&longer.to_text()).is_err());
}

/// A presentation whose text has this many characters: strings of a grant fill it.
fn of_length(characters: usize) -> RawToken {
    // Four characters encode three bytes, so some numbers of characters are impossible.
    let bytes = (characters * 3).div_ceil(4);
    let made = |strings: usize, each: usize, last: usize| {
        let fill = |hop: u8, count: usize, last: usize| {
            let lengths = (1..count).map(|_| each).chain([last]);
            let strings = lengths.enumerate().map(|(i, n)| format!("{hop}{i:02}{}", x(n - 3)));
            let fill = plain().with_arg("a", [Constraint::none_of(strings)]).unwrap();
            granting([plain(), fill]).with_max_hops(5)
        };
        closed(mint(fill(0, strings, last)), "{}")
    };
    // Enough strings to leave room for one of 200 to 4,096 bytes: all these lengths are encoded in
    // two bytes.
    let mut ways = (1..20).flat_map(|strings| [4_000, 3_000].map(|each| (strings, each)));
    let fit = ways.find_map(|(strings, each)| {
        let last = (2_500 + bytes).checked_sub(made(strings, each, 2_500).to_bytes().len())?;
        let raw = (200..=4_096).contains(&last).then(|| made(strings, each, last))?;
        (raw.to_bytes().len() == bytes).then_some(raw)
    });
    fit.unwrap()
}

/// A chain of `count` hops; the first allows the highest number after it.
fn hops(count: usize, verifier: Verifier) -> Decision {
    let key = |hop: usize| key(hop as u8 + 1);
    let chain = (0..count).fold(None, |chain: Option<RawToken>, hop| {
        let to = agent("next", &key(hop + 1));
        let grant = Grant::new(to, [plain()], now() + Duration::HOUR, "why").unwrap();
        let grant = grant.with_max_hops(31);
        Some(match chain {
            None => mint(grant),
            Some(chain) => chain.delegate(&key(hop), grant, now()),
        })
    });
    let request = call("{}");
    let raw = chain.unwrap().present(&key(count), &request, now(), WINDOW, NONCE);
    verifier.decide(shown(&raw), request, now())
}
