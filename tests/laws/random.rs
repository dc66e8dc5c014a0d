//! Random chains, grants and requests from small pools, so that they often match.
//!
//! The fuzzer draws the same kinds of cases from its own `Source`.

use std::collections::BTreeSet;

use crate::source::Source;
use deputize::testing::{RawToken, without_capabilities};
use deputize::{
    Capability, Constraint, ConstraintKind, Grant, OtherArgs, Owner, Presentation, Principal,
    Request, Signer, SigningKey, UrlPattern, Value,
};
use serde_json::{Map, Value as Json, json};
use time::{Duration, OffsetDateTime, macros::datetime};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-23 18:00 UTC);

const OPERATIONS: [&str; 5] = ["crm.read", "crm.write", "crm", "crm.read.all", "mail.send"];
const OPERATION_PATTERNS: [&str; 6] = ["crm.read", "crm.*", "*", "crm", "crm.read.*", "mail.send"];
const RESOURCES: [&str; 7] = ["a", "a/b", "a/b/c", "a/b/c/d", "ab", "b/a", "a/ü \"q\""];
const RESOURCE_PATTERNS: [&str; 8] = ["a/b", "a/*", "a/**", "**", "a/b/**", "b/*", "a", "a/b/c/*"];
const SERVICES: [&str; 3] = ["crm.acme.com", "mail.acme.com", "read"];
const ARG_NAMES: [&str; 6] = ["n", "s", "l", "/f/o", "query", "/g/*/h"];
/// Names that a capability may have as `below`, and one that only begins like one.
const BELOW: [&str; 5] = ["f", "g", "p", "/p/q", "p2"];

fn strings() -> Vec<&'static str> {
    vec![
        "",
        "a",
        "ab",
        "abc",
        "b",
        "a/b",
        "a/b/c",
        "a/../b",
        "ä",
        "\"",
        "$n",
        "read",
        "https://api.acme.com/v1/x",
        "https://evil.com/v1",
        "http://api.acme.com/v1",
        "10.1.2.3",
        "192.168.0.1",
        "10.0.0.0/8",
        "x@acme.com",
    ]
}

fn scalar(source: &mut Source) -> Value {
    match source.below(8) {
        0 => Value::Null,
        1 => Value::Bool(source.chance(50)),
        2..=4 => Value::Integer(source.pick(&[-9_007_199_254_740_991, -1, 0, 1, 2, 3, 10])),
        _ => Value::from(source.pick(&strings())),
    }
}

pub(crate) fn value(source: &mut Source) -> Value {
    if source.chance(25) {
        let count = source.below(4);
        return Value::List((0..count).map(|_| scalar(source)).collect());
    }
    scalar(source)
}

fn set(source: &mut Source, element: impl Fn(&mut Source) -> Value) -> BTreeSet<Value> {
    (0..=source.below(4)).map(|_| element(source)).collect()
}

/// A constraint of any kind, with a small parameter, so that values often match it.
pub(crate) fn constraint(source: &mut Source) -> Constraint {
    let text = |source: &mut Source| source.pick(&["a", "ab", "a/", "b", "https://", "m", "ä"]);
    let integer = |source: &mut Source| source.pick(&[-1, 0, 1, 2, 3, 10]);
    // `each` and `max` more often than the rest.
    let kinds = [ConstraintKind::ALL, &[ConstraintKind::Each]].concat();
    let Some(kind) = kinds.get(source.below(kinds.len() + 1)) else { return Constraint::Max(10) };
    match kind {
        ConstraintKind::Equals => Constraint::Equals(value(source)),
        ConstraintKind::OneOf => Constraint::OneOf(set(source, scalar)),
        ConstraintKind::NoneOf => match source.below(3) {
            0 => Constraint::NoneOf(set(source, |d| Value::Integer(integer(d)))),
            1 => Constraint::NoneOf(set(source, |d| Value::from(d.pick(&strings())))),
            _ => Constraint::NoneOf(set(source, |d| Value::Bool(d.chance(50)))),
        },
        ConstraintKind::Min => Constraint::Min(integer(source)),
        ConstraintKind::Max => Constraint::Max(integer(source)),
        ConstraintKind::Prefix => Constraint::Prefix(text(source).to_owned()),
        ConstraintKind::Suffix => Constraint::Suffix(text(source).to_owned()),
        ConstraintKind::Glob => {
            Constraint::glob(source.pick(&["a*", "*", "**", "a/**", "a/*/c", "*b"])).unwrap()
        }
        ConstraintKind::Subpath => Constraint::subpath(source.pick(&["a", "a/b", "b"])).unwrap(),
        ConstraintKind::Url => Constraint::url(
            UrlPattern::new(["https"], ["*.acme.com"]).unwrap().with_path_prefix("/v1").unwrap(),
        ),
        ConstraintKind::Cidr => {
            Constraint::cidr(source.pick(&["10.0.0.0/8", "0.0.0.0/0", "10.1.2.3/32"])).unwrap()
        }
        ConstraintKind::MaxLen => Constraint::MaxLen(source.below(5) as u64),
        ConstraintKind::SubsetOf => Constraint::SubsetOf(set(source, scalar)),
        ConstraintKind::ContainsAll => Constraint::ContainsAll(set(source, scalar)),
        ConstraintKind::Each => Constraint::each(constraint(source))
            .or_else(|_| Constraint::each(Constraint::Max(2)))
            .unwrap(),
    }
}

pub(crate) fn capability(source: &mut Source) -> Capability {
    loop {
        let operation = if source.chance(60) {
            source.pick(&["*", "crm.*"])
        } else {
            source.pick(&OPERATION_PATTERNS)
        };
        let resource = if source.chance(60) {
            source.pick(&["**", "a/**"])
        } else {
            source.pick(&RESOURCE_PATTERNS)
        };
        let mut made = Capability::new(operation, resource);
        for _ in 0..source.below(3) {
            let name = source.pick(&ARG_NAMES);
            let count = source.below(3);
            let limits: Vec<_> = (0..count).map(|_| constraint(source)).collect();
            let optional = source.chance(40);
            made = made.and_then(|own| {
                if optional {
                    own.with_optional_arg(name, limits)
                } else {
                    own.with_arg(name, limits)
                }
            });
        }
        if source.chance(15) {
            made = made.and_then(|own| own.with_below(source.pick(&BELOW)));
        }
        if let Ok(own) = made {
            return if source.chance(35) { own.with_other_args(OtherArgs::Allow) } else { own };
        }
    }
}

pub(crate) fn grant(source: &mut Source, to: Principal, hop: usize) -> Grant {
    loop {
        let count = 1 + source.below(3);
        let capabilities: Vec<_> = (0..count).map(|_| capability(source)).collect();
        let left = match source.below(20) {
            0 => -(source.below(3) as i64),
            1 => 1 + source.below(5000) as i64,
            _ => 5000 - hop as i64,
        };
        let expires = NOW + Duration::seconds(left);
        let Ok(mut grant) = Grant::new(to.clone(), capabilities, expires, "a purpose") else {
            continue;
        };
        let hops = if source.chance(90) { 9 } else { source.below(3) };
        grant = grant.with_max_hops(hops as u32);
        if source.chance(10) {
            let start = NOW + Duration::seconds(source.below(8) as i64 - 6);
            let Ok(later) = grant.with_not_before(start) else { continue };
            grant = later;
        }
        if source.chance(30) {
            let names: Vec<_> = (0..=source.below(2)).map(|_| source.pick(&SERVICES)).collect();
            grant = grant.with_audience(names).unwrap();
        }
        if source.chance(2) {
            grant = grant.with_allowed_delegates([to.key()]).unwrap();
        }
        return if source.chance(2) { without_capabilities(grant) } else { grant };
    }
}

/// Arguments that often satisfy some capability of the chain.
pub(crate) fn args(source: &mut Source, chain: &[Grant]) -> Map<String, Json> {
    let mut args = Map::new();
    let from = source.pick(chain);
    let Some(wanted) = from.capabilities().first().map(|own| serde_json::to_value(own).unwrap())
    else {
        return args;
    };
    let named = wanted["args"].as_object().cloned().unwrap_or_default();
    for (name, limits) in named {
        if source.chance(8) || (limits["optional"] == true && source.chance(50)) {
            continue;
        }
        let limits = from.capabilities()[0].constraints_on(&name).unwrap_or_default();
        let mut chosen = value(source);
        let is_picky = source.chance(75);
        for _ in 0..60 {
            if !is_picky || limits.iter().all(|limit| limit.permits(&chosen)) {
                break;
            }
            chosen = value(source);
        }
        put(&mut args, &name, serde_json::to_value(&chosen).unwrap());
    }
    if source.chance(12) {
        let odd = source.pick(&[
            json!(1.5),
            json!({}),
            json!([1.5]),
            json!([[1]]),
            json!(null),
            json!(3),
            json!({"x": 1}),
            json!({"o": "a"}),
            json!({"q": {"r": 1}}),
            json!([{"h": "a"}]),
            json!([{"h": 1}, {"h": 1.5}]),
            json!([{"h": "a"}, {"x": 1}]),
            json!([{"h": "a"}, "a"]),
            json!([{"h": "a"}, {}]),
            json!([{"h": {"i": "a"}}]),
        ]);
        let plain = ["f", "g", "p", "p2"];
        let names: Vec<_> = ARG_NAMES.into_iter().chain(plain).collect();
        put(&mut args, source.pick(&names), odd);
    }
    args
}

fn put(args: &mut Map<String, Json>, name: &str, value: Json) {
    match name {
        "/f/o" => args.insert("f".to_owned(), json!({"o": value})),
        "/p/q" => args.insert("p".to_owned(), json!({"q": value})),
        "/g/*/h" => {
            let values = value.as_array().cloned().unwrap_or_else(|| vec![value]);
            let elements = values.into_iter().map(|value| json!({"h": value}));
            args.insert("g".to_owned(), elements.collect())
        }
        plain => args.insert(plain.to_owned(), value),
    };
}

pub(crate) struct Case {
    /// The grant of each hop.
    pub(crate) chain: Vec<Grant>,
    /// The keys, the owner's first: `keys[i]` signs hop `i`.
    pub(crate) keys: Vec<SigningKey>,
    /// The chain as a held token.
    pub(crate) held: RawToken,
    pub(crate) presentation: Presentation,
    pub(crate) request: Request,
}

pub(crate) fn case(source: &mut Source) -> Case {
    let hops = 1 + source.below(4);
    let keys: Vec<_> = (0..=hops).map(|i| SigningKey::from_bytes(&[i as u8 + 1; 32])).collect();
    let issued = NOW - Duration::seconds(60);
    let mut chain = Vec::new();
    let mut raw: Option<RawToken> = None;
    for i in 0..hops {
        let to = Principal::agent(
            source.pick(&["planner", "time", "a \"b\" $c"]),
            keys[i + 1].public_key(),
        );
        let grant = grant(source, to.unwrap(), i);
        chain.push(grant.clone());
        raw = Some(match raw {
            None => {
                RawToken::mint(Owner::human("alice").unwrap(), &keys[0], grant, issued, [7; 16])
            }
            Some(before) => before.delegate(&keys[i], grant, issued),
        });
    }
    let operation = if source.chance(60) { "crm.read" } else { source.pick(&OPERATIONS) };
    let resource = if source.chance(60) { "a/b/c" } else { source.pick(&RESOURCES) };
    let audience = if source.chance(70) { SERVICES[0] } else { source.pick(&SERVICES) };
    let asked = Request::new(operation, resource, audience).unwrap();
    let asked = asked.with_arg_map(args(source, &chain)).unwrap();
    // Sometimes another request was presented, or at another time.
    let presented = match source.below(30) {
        0 => Request::new(operation, resource, SERVICES[1]).unwrap(),
        1 => Request::new("other", resource, audience).unwrap(),
        _ => asked.clone(),
    };
    let made =
        if source.chance(90) { NOW } else { NOW + Duration::seconds(source.below(9) as i64 - 4) };
    let window = Duration::seconds(source.pick(&[0, 1, 2, 30]));
    let held = raw.unwrap();
    let closed = held.clone().present(&keys[hops], &presented, made, window, [9; 16]);
    let presentation = Presentation::from_bytes(closed.to_bytes()).unwrap();
    Case { chain, keys, held, presentation, request: asked }
}
