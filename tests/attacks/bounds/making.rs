//! What the public API makes, and refuses to make.

use std::fmt::Display;

use deputize::limits::MAX_ARGUMENT_BYTES;
use deputize::{
    Capability, Constraint, Grant, MintError, OtherArgs, Owner, Presentation, Principal,
    PrincipalKind, Request, Signer, Token, TokenError, UrlPattern, Value,
};
use time::Duration;

use crate::common::{agent, alice, key, now, owner, planner};

/// What is made of so much.
type Make = fn(usize) -> Result<(), String>;

/// What is limited, to how much, how it is made, and what the refusal of one more says.
const LIMITS: &[(&str, usize, Make, &str)] = &[
    ("bytes of an owner's name", 256, |n| made(Owner::human(x(n))), "has at most 256 bytes"),
    (
        "bytes of a delegate's name",
        256,
        |n| made(Principal::new(x(n), PrincipalKind::Agent, planner().public_key())),
        "has at most 256 bytes",
    ),
    ("bytes of an operation", 256, |n| made(Capability::new(&x(n), "**")), "at most 256 are"),
    ("bytes of an argument's name", 256, |n| made(plain().with_arg(x(n), [])), "between 1 and 256"),
    (
        "bytes of a service in a grant",
        256,
        |n| made(granting(plain()).with_audience([x(n)])),
        "1 to 256 bytes",
    ),
    (
        "bytes of the service of a call",
        256,
        |n| made(Request::new("a", "b", &x(n))),
        "1 to 256 bytes",
    ),
    (
        "bytes of the operation of a call",
        256,
        |n| made(Request::new(&x(n), "b", "c")),
        "at most 256 are",
    ),
    (
        "bytes of the name of a call's argument",
        256,
        |n| called(&format!(r#"{{"{}":1}}"#, x(n))),
        "between 1 and 256",
    ),
    (
        "bytes of a purpose",
        512,
        |n| made(Grant::new(to(), [plain()], later(), x(n))),
        "at most 512 bytes",
    ),
    (
        "capabilities of a grant",
        64,
        |n| made(Grant::new(to(), vec![plain(); n], later(), "why")),
        "at most 64",
    ),
    ("constraints, each on its argument", 16, constraints_apart, "at most 16 constraints"),
    ("arguments that may be anything", 16, unlimited_arguments, "at most 16 constraints"),
    (
        "segments of an operation",
        64,
        |n| made(Capability::new(&vec!["a"; n].join("."), "**")),
        "at most 64 are",
    ),
    (
        "segments of a resource",
        64,
        |n| made(Capability::new("a", &vec!["a"; n].join("/"))),
        "at most 64 are",
    ),
    (
        "segments of a call's resource",
        64,
        |n| made(Request::new("a", &vec!["a"; n].join("/"), "c")),
        "at most 64 are",
    ),
    ("bytes of a resource", 4096, |n| made(Capability::new("a", &x(n))), "at most 4096 are"),
    (
        "bytes of a call's resource",
        4096,
        |n| made(Request::new("a", &x(n), "c")),
        "at most 4096 are",
    ),
    ("bytes of `equals`", 4096, |n| limited(Constraint::equals(x(n))), "of at most 4096 bytes"),
    (
        "bytes of a value of `one_of`",
        4096,
        |n| limited(Constraint::one_of([x(n)])),
        "of at most 4096 bytes",
    ),
    (
        "bytes of a value of `none_of`",
        4096,
        |n| limited(Constraint::none_of([x(n)])),
        "of at most 4096 bytes",
    ),
    (
        "bytes of a value of `subset_of`",
        4096,
        |n| limited(Constraint::subset_of([x(n)])),
        "of at most 4096 bytes",
    ),
    (
        "bytes of a value of `contains_all`",
        4096,
        |n| limited(Constraint::contains_all([x(n)])),
        "of at most 4096 bytes",
    ),
    ("bytes of `prefix`", 4096, |n| limited(Constraint::prefix(x(n))), "1 to 4096 bytes"),
    ("bytes of `suffix`", 4096, |n| limited(Constraint::suffix(x(n))), "1 to 4096 bytes"),
    ("bytes of `subpath`", 4096, |n| made(Constraint::subpath(&x(n))), "at most 4096 are"),
    ("bytes of `glob`", 256, |n| made(Constraint::glob(&x(n))), "at most 256 are"),
    (
        "segments of `glob`",
        65,
        |n| made(Constraint::glob(&vec!["a"; n].join("/"))),
        "at most 64 are",
    ),
    (
        "segments of an absolute `glob`",
        64,
        |n| made(Constraint::glob(&format!("/{}", vec!["a"; n].join("/")))),
        "at most 64 are",
    ),
    (
        "bytes of the path of `url`",
        4096,
        |n| made(https(1).with_path_prefix(&format!("/{}", x(n - 1)))),
        "at most 4096 are",
    ),
    ("hosts of `url`", 256, |n| hosts(n).map(drop).map_err(|e| e.to_string()), "lists 257 values"),
    ("ports of `url`", 256, |n| made(https(1).with_ports(1..=n as u16)), "lists 257 values"),
    (
        "schemes of `url`",
        256,
        |n| made(UrlPattern::new((0..n).map(|i| format!("s{i}")), ["a.com"])),
        "lists 257 values",
    ),
    ("values of `one_of`", 256, |n| limited(Constraint::one_of(0..n as i64)), "lists 257 values"),
    ("values of `none_of`", 256, |n| limited(Constraint::none_of(0..n as i64)), "lists 257 values"),
    (
        "values of `subset_of`",
        256,
        |n| limited(Constraint::subset_of(0..n as i64)),
        "lists 257 values",
    ),
    (
        "values of `contains_all`",
        256,
        |n| limited(Constraint::contains_all(0..n as i64)),
        "lists 257 values",
    ),
    (
        "values of a list of `equals`",
        256,
        |n| limited(Constraint::equals(vec![1; n])),
        "lists 257 values",
    ),
    ("`equals`", MOST_INTEGER, |n| limited(Constraint::equals(n as i64)), "2^53"),
    ("`max`", MOST_INTEGER, |n| limited(Constraint::max(n as i64)), "2^53"),
    ("`min`, below zero", MOST_INTEGER, |n| limited(Constraint::min(-(n as i64))), "2^53"),
    (
        "`max` of each element",
        MOST_INTEGER,
        |n| made(Constraint::each(Constraint::max(n as i64))),
        "2^53",
    ),
    (
        "bytes of `prefix` of each element",
        4096,
        |n| made(Constraint::each(Constraint::prefix(x(n)))),
        "1 to 4096 bytes",
    ),
    ("arguments with everything below", 16, everything_below, "at most 16 constraints"),
    ("`max_len`", MOST_INTEGER, |n| limited(Constraint::max_len(n as u64)), "2^53"),
    ("integers of a call", MOST_INTEGER, |n| called(&format!(r#"{{"a":{n}}}"#)), "2^53"),
    (
        "integers of a call, below zero",
        MOST_INTEGER,
        |n| called(&format!(r#"{{"a":[-{n}]}}"#)),
        "2^53",
    ),
    (
        "services of a grant",
        256,
        |n| made(granting(plain()).with_audience((0..n).map(|i| format!("s{i}")))),
        "1 to 256 services",
    ),
    (
        "allowed delegates of a grant",
        256,
        |n| made(granting(plain()).with_allowed_delegates(keys(n))),
        "1 to 256 keys",
    ),
    (
        "further hops of a grant",
        31,
        |n| made(Token::mint(owner(), &alice(), granting(plain()).with_max_hops(n as u32), now())),
        "at most 31",
    ),
    (
        "arguments of a call",
        256,
        |n| called(&object((0..n).map(|i| format!(r#""a{i}":1"#)))),
        "more than 256 arguments",
    ),
    (
        "arguments of a call, inside an object",
        256,
        |n| called(&format!(r#"{{"a":{}}}"#, object((0..n).map(|i| format!(r#""{i}":1"#))))),
        "more than 256 arguments",
    ),
    ("objects of a call", 256, objects, "256 objects"),
    (
        "arguments of a call, inside a list",
        256,
        |n| called(&format!(r#"{{"a":[{}]}}"#, list_of((0..n).map(|i| format!(r#"{{"{i}":1}}"#))))),
        "more than 256 arguments",
    ),
    (
        "lists of objects of a call",
        256,
        |n| called(&object((0..n).map(|i| format!(r#""a{i}":[{{"b":1}},{{"b":{{}}}}]"#)))),
        "more than 256 arguments",
    ),
    (
        "objects of a call, inside a list",
        255,
        |n| {
            called(&format!(
                r#"{{"a":[{}]}}"#,
                list_of((0..n).map(|i| format!(r#"{{"{i}":{{"b":1}}}}"#)))
            ))
        },
        "256 objects",
    ),
    (
        "bytes of the name of what is in a list of a call",
        256,
        |n| called(&format!(r#"{{"a":[{{"{}":1}}]}}"#, x(n - 5))),
        "between 1 and 256",
    ),
    (
        "depth of a call's lists of objects",
        16,
        |n| called(&format!(r#"{{"a":[{}1{}]}}"#, r#"{"a":"#.repeat(n - 2), "}".repeat(n - 2))),
        "more than 16 levels",
    ),
    (
        "bytes of a call's arguments",
        MAX_ARGUMENT_BYTES,
        |n| called(&format!(r#"{{"a":"{}"}}"#, x(n - 8))),
        "16777217 bytes, and at most 16777216",
    ),
    (
        "bytes of a call's arguments that were parsed",
        MAX_ARGUMENT_BYTES,
        |n| {
            let args = serde_json::json!({ "a": x(n - 8) });
            made(
                Request::new("a", "b", "c")
                    .unwrap()
                    .with_arg_map(args.as_object().unwrap().clone()),
            )
        },
        "16777217 bytes, and at most 16777216",
    ),
    (
        "bytes of a call",
        MAX_ARGUMENT_BYTES,
        |n| {
            let rest = r#"{"operation":"a","resource":"b","audience":"c","args":{"a":""}}"#;
            let call = rest.replace(r#""""#, &format!(r#""{}""#, x(n - rest.len())));
            made(Request::from_json(&call))
        },
        "16777217 bytes, and at most 16777216",
    ),
    (
        "depth of a call's objects",
        16,
        |n| called(&format!("{}1{}", r#"{"a":"#.repeat(n), "}".repeat(n))),
        "more than 16 levels",
    ),
    (
        "depth of a call's lists",
        16,
        |n| called(&format!(r#"{{"a":{}1{}}}"#, "[".repeat(n - 1), "]".repeat(n - 1))),
        "more than 16 levels",
    ),
    ("hops of a chain", 32, |n| made(hops(n)), "has 32 hops, and no more are allowed"),
    ("bytes of text in one block", 65_536, block_text, "more than 65536 bytes"),
    (
        "characters of a token as text",
        65_536,
        |n| as_text(&Token::parse(&"A".repeat(n))),
        "has 65537",
    ),
    (
        "characters of a presentation as text",
        65_536,
        |n| as_text(&Presentation::parse(&"A".repeat(n))),
        "has 65537",
    ),
    (
        "bytes of a presentation",
        49_152,
        |n| as_text(&Presentation::from_bytes(vec![0; n])),
        "has 65538",
    ),
];

/// 2^53 − 1
const MOST_INTEGER: usize = 9_007_199_254_740_991;

#[test]
fn so_much_is_made_and_one_more_is_refused() {
    let mut wrong = Vec::new();
    for (what, most, make, why) in LIMITS {
        if let Err(e) = make(*most) {
            wrong.push(format!("{what}: {most} are refused: {e}"));
        }
        match make(most + 1) {
            Ok(()) => wrong.push(format!("{what}: one more than {most} is made")),
            Err(e) if e.contains(why) => {}
            Err(e) => wrong.push(format!("{what}: the refusal does not say `{why}`: {e}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// 65,536 characters are 49,152 bytes.
#[test]
fn nothing_is_appended_beyond_the_longest_token() {
    let own = |hop: usize, lengths: &[usize]| {
        // The first lets through what has no such value, the second limits another argument too.
        let strings = lengths.iter().enumerate().map(|(i, n)| format!("{hop}{i}{}", x(n - 2)));
        let name = format!("a{hop}");
        let open = plain().with_other_args(OtherArgs::Allow);
        let own = match hop {
            0 => open.with_optional_arg(name, [Constraint::none_of(strings)]),
            _ => plain().with_arg(name, [Constraint::none_of(strings)]),
        };
        Grant::new(agent("next", &key(hop as u8 + 2)), [own.unwrap()], later(), "why")
            .unwrap()
            .with_max_hops(9)
    };
    let first = Token::mint(owner(), &alice(), own(0, &[4_090; 8]), now()).unwrap();
    let text = |last: usize| {
        let second = own(1, &[4_000, 4_000, 4_000, last]).with_max_hops(8);
        first.delegate(&key(2), second, now()).map(|token| token.to_text().len())
    };
    let rest = 65_536 * 3 / 4 - text(3_000).unwrap() * 3 / 4;
    let most = 3_000 + rest;
    assert_eq!(text(most), Ok(65_536));
    let refusal = text(most + 1).unwrap_err().to_string();
    assert!(refusal.contains("a token has at most 65536 bytes"), "{refusal}");
}

fn x(count: usize) -> String {
    "x".repeat(count)
}

fn to() -> Principal {
    agent("planner", &planner())
}

fn later() -> ::time::OffsetDateTime {
    now() + Duration::hours(1)
}

fn plain() -> Capability {
    Capability::new("crm.read", "**").unwrap()
}

fn granting(own: Capability) -> Grant {
    Grant::new(to(), [own], later(), "why").unwrap()
}

fn made<T, E: Display>(result: Result<T, E>) -> Result<(), String> {
    result.map(drop).map_err(|e| e.to_string())
}

fn limited(constraint: Constraint) -> Result<(), String> {
    made(plain().with_arg("a", [constraint]))
}

fn called(args: &str) -> Result<(), String> {
    made(Request::new("a", "b", "c").unwrap().with_args(args))
}

fn object(members: impl Iterator<Item = String>) -> String {
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

fn list_of(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(",")
}

/// Half of them lie in the other half, so that there are fewer leaves.
fn objects(count: usize) -> Result<(), String> {
    let two = |i| format!(r#""a{i}":{{"b":{{"c":1}}}}"#);
    let one = (count % 2 == 1).then(|| r#""a":{"b":1}"#.to_owned());
    called(&object((0..count / 2).map(two).chain(one)))
}

fn keys(count: usize) -> Vec<deputize::PublicKey> {
    let seed = |i: usize| [(i / 256) as u8 + 1, (i % 256) as u8].repeat(16);
    let key = |i| deputize::SigningKey::from_bytes(seed(i).first_chunk().unwrap()).public_key();
    (0..count).map(key).collect()
}

fn https(hosts: usize) -> UrlPattern {
    self::hosts(hosts).unwrap()
}

fn hosts(count: usize) -> Result<UrlPattern, deputize::ConstraintError> {
    UrlPattern::new(["https"], (0..count).map(|i| format!("h{i}.acme.com")))
}

fn constraints_apart(count: usize) -> Result<(), String> {
    let own =
        (0..count).try_fold(plain(), |own, i| own.with_arg(format!("a{i}"), [Constraint::max(1)]));
    made(own)
}

fn unlimited_arguments(count: usize) -> Result<(), String> {
    made((0..count).try_fold(plain(), |own, i| own.with_arg(format!("a{i}"), [])))
}

fn everything_below(count: usize) -> Result<(), String> {
    made((0..count).try_fold(plain(), |own, i| own.with_below(format!("a{i}"))))
}

/// A chain of so many hops, each to the key of the next number.
fn hops(count: usize) -> Result<Token, String> {
    let grant = |hop: usize| {
        let to = agent("next", &key(hop as u8 + 2));
        Grant::new(to, [plain()], later(), "why")
            .unwrap()
            .with_max_hops(31_u32.saturating_sub(hop as u32))
    };
    let first = Token::mint(owner(), &alice(), grant(0), now()).unwrap();
    // The key of number 1 is Alice's.
    (1..count).try_fold(first, |token, hop| {
        token.delegate(&key(hop as u8 + 1), grant(hop), now()).map_err(|e| e.to_string())
    })
}

/// A grant whose strings come to so many bytes, each counted as often as it is used.
fn block_text(bytes: usize) -> Result<(), String> {
    let strings = |last: usize| {
        let own = |length: usize| plain().with_arg("a", [Constraint::equals(x(length))]).unwrap();
        let mut all = vec![own(4_000); 16];
        all.push(own(last));
        Grant::new(to(), all, later(), "why").unwrap()
    };
    let fits = |last: usize| Token::mint(owner(), &alice(), strings(last), now());
    match fits(bytes - 16 * 4_000 - WORDS) {
        Ok(_) => Ok(()),
        Err(MintError::Token(e @ TokenError::BlockTooLong)) => Err(e.to_string()),
        Err(e) => panic!("{e}"),
    }
}

/// Bytes of the words in the block of [`block_text`], each as often as it is used.
const WORDS: usize = 842;

fn as_text<T, E: Display>(read: &Result<T, E>) -> Result<(), String> {
    // As many as are read are no token, but not for their number.
    match read {
        Ok(_) => panic!("this is no token"),
        Err(e) if e.to_string().contains("at most 65536") => Err(e.to_string()),
        Err(_) => Ok(()),
    }
}

#[test]
fn a_path_that_an_argument_gives_is_read_up_to_the_same_limits() {
    let glob = Constraint::glob("**").unwrap();
    let subpath = Constraint::subpath("a").unwrap();
    let url = Constraint::url(https(1));
    type Case<'a> = (&'a Constraint, usize, fn(usize) -> String);
    let cases: [Case<'_>; 6] = [
        (&glob, 4_096, x),
        (&glob, 65, |n| vec!["a"; n].join("/")),
        (&subpath, 4_096, |n| format!("a/{}", x(n - 2))),
        (&subpath, 65, |n| vec!["a"; n].join("/")),
        (&url, 4_096, |n| format!("https://h0.acme.com/{}", x(n - 20))),
        (&url, 65_535, |n| format!("https://h0.acme.com:{n}/")),
    ];
    for (limit, most, text) in cases {
        let limit = match limit {
            Constraint::Url(url) if most == 65_535 => {
                Constraint::url(url.clone().with_ports([65_535]).unwrap())
            }
            other => other.clone(),
        };
        assert!(limit.permits(&Value::from(text(most))), "{limit}: {most}");
        assert!(!limit.permits(&Value::from(text(most + 1))), "{limit}: {most} and one");
    }
}
