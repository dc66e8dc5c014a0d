//! Random chains, grants and requests from small pools, so that they meet often.
//!
//! The fuzzer has dice of its own, and shares what is thrown with them.

use std::collections::BTreeSet;

use crate::dice::Dice;
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
/// Names that something may lie below, and one that only looks so.
const ROOMS: [&str; 5] = ["f", "g", "p", "/p/q", "p2"];

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

fn scalar(dice: &mut Dice) -> Value {
    match dice.below(8) {
        0 => Value::Null,
        1 => Value::Bool(dice.chance(50)),
        2..=4 => Value::Integer(dice.pick(&[-9_007_199_254_740_991, -1, 0, 1, 2, 3, 10])),
        _ => Value::from(dice.pick(&strings())),
    }
}

pub(crate) fn value(dice: &mut Dice) -> Value {
    if dice.chance(25) {
        let count = dice.below(4);
        return Value::List((0..count).map(|_| scalar(dice)).collect());
    }
    scalar(dice)
}

fn set(dice: &mut Dice, element: impl Fn(&mut Dice) -> Value) -> BTreeSet<Value> {
    (0..=dice.below(4)).map(|_| element(dice)).collect()
}

/// Every kind, each with small parameters, so that values meet them often.
pub(crate) fn constraint(dice: &mut Dice) -> Constraint {
    let text = |dice: &mut Dice| dice.pick(&["a", "ab", "a/", "b", "https://", "m", "ä"]);
    let integer = |dice: &mut Dice| dice.pick(&[-1, 0, 1, 2, 3, 10]);
    // `each` and `max` more often than the rest.
    let kinds = [ConstraintKind::ALL, &[ConstraintKind::Each]].concat();
    let Some(kind) = kinds.get(dice.below(kinds.len() + 1)) else { return Constraint::Max(10) };
    match kind {
        ConstraintKind::Equals => Constraint::Equals(value(dice)),
        ConstraintKind::OneOf => Constraint::OneOf(set(dice, scalar)),
        ConstraintKind::NoneOf => match dice.below(3) {
            0 => Constraint::NoneOf(set(dice, |d| Value::Integer(integer(d)))),
            1 => Constraint::NoneOf(set(dice, |d| Value::from(d.pick(&strings())))),
            _ => Constraint::NoneOf(set(dice, |d| Value::Bool(d.chance(50)))),
        },
        ConstraintKind::Min => Constraint::Min(integer(dice)),
        ConstraintKind::Max => Constraint::Max(integer(dice)),
        ConstraintKind::Prefix => Constraint::Prefix(text(dice).to_owned()),
        ConstraintKind::Suffix => Constraint::Suffix(text(dice).to_owned()),
        ConstraintKind::Glob => {
            Constraint::glob(dice.pick(&["a*", "*", "**", "a/**", "a/*/c", "*b"])).unwrap()
        }
        ConstraintKind::Subpath => Constraint::subpath(dice.pick(&["a", "a/b", "b"])).unwrap(),
        ConstraintKind::Url => Constraint::url(
            UrlPattern::new(["https"], ["*.acme.com"]).unwrap().with_path_prefix("/v1").unwrap(),
        ),
        ConstraintKind::Cidr => {
            Constraint::cidr(dice.pick(&["10.0.0.0/8", "0.0.0.0/0", "10.1.2.3/32"])).unwrap()
        }
        ConstraintKind::MaxLen => Constraint::MaxLen(dice.below(5) as u64),
        ConstraintKind::SubsetOf => Constraint::SubsetOf(set(dice, scalar)),
        ConstraintKind::ContainsAll => Constraint::ContainsAll(set(dice, scalar)),
        ConstraintKind::Each => Constraint::each(constraint(dice))
            .or_else(|_| Constraint::each(Constraint::Max(2)))
            .unwrap(),
    }
}

pub(crate) fn capability(dice: &mut Dice) -> Capability {
    loop {
        let operation = if dice.chance(60) {
            dice.pick(&["*", "crm.*"])
        } else {
            dice.pick(&OPERATION_PATTERNS)
        };
        let resource = if dice.chance(60) {
            dice.pick(&["**", "a/**"])
        } else {
            dice.pick(&RESOURCE_PATTERNS)
        };
        let mut made = Capability::new(operation, resource);
        for _ in 0..dice.below(3) {
            let name = dice.pick(&ARG_NAMES);
            let count = dice.below(3);
            let limits: Vec<_> = (0..count).map(|_| constraint(dice)).collect();
            let optional = dice.chance(40);
            made = made.and_then(|own| {
                if optional {
                    own.with_optional_arg(name, limits)
                } else {
                    own.with_arg(name, limits)
                }
            });
        }
        if dice.chance(15) {
            made = made.and_then(|own| own.with_below(dice.pick(&ROOMS)));
        }
        if let Ok(own) = made {
            return if dice.chance(35) { own.with_other_args(OtherArgs::Allow) } else { own };
        }
    }
}

pub(crate) fn grant(dice: &mut Dice, to: Principal, hop: usize) -> Grant {
    loop {
        let count = 1 + dice.below(3);
        let capabilities: Vec<_> = (0..count).map(|_| capability(dice)).collect();
        let left = match dice.below(20) {
            0 => -(dice.below(3) as i64),
            1 => 1 + dice.below(5000) as i64,
            _ => 5000 - hop as i64,
        };
        let expires = NOW + Duration::seconds(left);
        let Ok(mut grant) = Grant::new(to.clone(), capabilities, expires, "a purpose") else {
            continue;
        };
        let hops = if dice.chance(90) { 9 } else { dice.below(3) };
        grant = grant.with_max_hops(hops as u32);
        if dice.chance(10) {
            let start = NOW + Duration::seconds(dice.below(8) as i64 - 6);
            let Ok(later) = grant.with_not_before(start) else { continue };
            grant = later;
        }
        if dice.chance(30) {
            let names: Vec<_> = (0..=dice.below(2)).map(|_| dice.pick(&SERVICES)).collect();
            grant = grant.with_audience(names).unwrap();
        }
        if dice.chance(2) {
            grant = grant.with_allowed_delegates([to.key()]).unwrap();
        }
        return if dice.chance(2) { without_capabilities(grant) } else { grant };
    }
}

/// Arguments that often are what some capability of the chain asks for.
pub(crate) fn args(dice: &mut Dice, chain: &[Grant]) -> Map<String, Json> {
    let mut args = Map::new();
    let from = dice.pick(chain);
    let Some(wanted) = from.capabilities().first().map(|own| serde_json::to_value(own).unwrap())
    else {
        return args;
    };
    let named = wanted["args"].as_object().cloned().unwrap_or_default();
    for (name, limits) in named {
        if dice.chance(8) || (limits["optional"] == true && dice.chance(50)) {
            continue;
        }
        let limits = from.capabilities()[0].constraints_on(&name).unwrap_or_default();
        let mut chosen = value(dice);
        let is_picky = dice.chance(75);
        for _ in 0..60 {
            if !is_picky || limits.iter().all(|limit| limit.permits(&chosen)) {
                break;
            }
            chosen = value(dice);
        }
        put(&mut args, &name, serde_json::to_value(&chosen).unwrap());
    }
    if dice.chance(12) {
        let odd = dice.pick(&[
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
        put(&mut args, dice.pick(&names), odd);
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
    /// What each hop grants.
    pub(crate) chain: Vec<Grant>,
    /// The keys, the owner's first: `keys[i]` signs hop `i`.
    pub(crate) keys: Vec<SigningKey>,
    /// The chain as a held token.
    pub(crate) held: RawToken,
    pub(crate) presentation: Presentation,
    pub(crate) request: Request,
}

pub(crate) fn case(dice: &mut Dice) -> Case {
    let hops = 1 + dice.below(4);
    let keys: Vec<_> = (0..=hops).map(|i| SigningKey::from_bytes(&[i as u8 + 1; 32])).collect();
    let issued = NOW - Duration::seconds(60);
    let mut chain = Vec::new();
    let mut raw: Option<RawToken> = None;
    for i in 0..hops {
        let to = Principal::agent(
            dice.pick(&["planner", "time", "a \"b\" $c"]),
            keys[i + 1].public_key(),
        );
        let grant = grant(dice, to.unwrap(), i);
        chain.push(grant.clone());
        raw = Some(match raw {
            None => {
                RawToken::mint(Owner::human("alice").unwrap(), &keys[0], grant, issued, [7; 16])
            }
            Some(before) => before.delegate(&keys[i], grant, issued),
        });
    }
    let operation = if dice.chance(60) { "crm.read" } else { dice.pick(&OPERATIONS) };
    let resource = if dice.chance(60) { "a/b/c" } else { dice.pick(&RESOURCES) };
    let audience = if dice.chance(70) { SERVICES[0] } else { dice.pick(&SERVICES) };
    let asked = Request::new(operation, resource, audience).unwrap();
    let asked = asked.with_arg_map(args(dice, &chain)).unwrap();
    // Now and then something else was presented than is asked for, or at another time.
    let presented = match dice.below(30) {
        0 => Request::new(operation, resource, SERVICES[1]).unwrap(),
        1 => Request::new("other", resource, audience).unwrap(),
        _ => asked.clone(),
    };
    let made =
        if dice.chance(90) { NOW } else { NOW + Duration::seconds(dice.below(9) as i64 - 4) };
    let window = Duration::seconds(dice.pick(&[0, 1, 2, 30]));
    let held = raw.unwrap();
    let closed = held.clone().present(&keys[hops], &presented, made, window, [9; 16]);
    let presentation = Presentation::from_bytes(closed.to_bytes()).unwrap();
    Case { chain, keys, held, presentation, request: asked }
}
