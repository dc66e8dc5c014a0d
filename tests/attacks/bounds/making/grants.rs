//! Limits of names, capabilities, constraints and grants.

use deputize::{
    Capability, Constraint, Grant, Owner, Principal, PrincipalKind, Signer, UrlPattern, Value,
};

use super::{Limit, MAX_INTEGER, granting, later, made, plain, to, x};
use crate::common::planner;

pub(super) const LIMITS: &[Limit] = &[
    ("bytes of an owner's name", 256, |n| made(Owner::human(x(n))), "has at most 256 bytes"),
    (
        "bytes of a delegate's name",
        256,
        |n| made(Principal::new(x(n), PrincipalKind::Agent, planner().public_key())),
        "has at most 256 bytes",
    ),
    ("bytes of an operation", 256, |n| made(Capability::new(&x(n), "**")), "at most 256 are"),
    ("bytes of an argument's name", 256, |n| made(plain().with_arg(x(n), [])), "1 to 256"),
    (
        "bytes of a service in a grant",
        256,
        |n| made(granting(plain()).with_audience([x(n)])),
        "1 to 256 bytes",
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
    ("bytes of a resource", 4096, |n| made(Capability::new("a", &x(n))), "at most 4096 are"),
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
    ("`equals`", MAX_INTEGER, |n| limited(Constraint::equals(n as i64)), "2^53"),
    ("`max`", MAX_INTEGER, |n| limited(Constraint::max(n as i64)), "2^53"),
    ("`min`, below zero", MAX_INTEGER, |n| limited(Constraint::min(-(n as i64))), "2^53"),
    (
        "`max` of each element",
        MAX_INTEGER,
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
    ("`max_len`", MAX_INTEGER, |n| limited(Constraint::max_len(n as u64)), "2^53"),
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
];

fn limited(constraint: Constraint) -> Result<(), String> {
    made(plain().with_arg("a", [constraint]))
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
