//! A child that `delegate` or `within` accepts permits nothing that its parent forbids; and a child
//! that permits few values, all of which the parent permits, is accepted.

use std::net::IpAddr;

use crate::source::Source;
use crate::{arbitrary, neighbour, random};
use deputize::{
    Capability, Constraint, Grant, OperationPattern, Owner, Principal, Request, ResourcePattern,
    Signer, SigningKey, Token, Value,
};
use serde_json::{Map, Value as Json, json};
use time::{Duration, OffsetDateTime};

use crate::random::NOW;

/// Draws a parent and a child, and checks everything near both.
pub fn check(data: &[u8]) {
    let mut source = Source::new(data);
    match source.below(4) {
        0 => patterns(&mut source),
        1 | 2 => limits(&mut source),
        _ => grants(&mut source),
    }
}

/// A pattern narrows another if and only if it covers no other names.
fn patterns(source: &mut Source<'_>) {
    let letters = ["a", "b", ".", "ab"];
    let mut name = |end: &[&str]| {
        let words: Vec<_> = (0..=source.below(3)).map(|_| source.pick(&letters)).collect();
        format!("{}{}", words.concat(), source.pick(end))
    };
    let operations = [name(&["", ".*", "*"]), name(&["", ".*", "*"])];
    let [child, parent] = operations.map(|text| text.parse::<OperationPattern>());
    if let (Ok(child), Ok(parent)) = (child, parent) {
        let stem =
            |own: &OperationPattern| own.as_written().trim_end_matches(['.', '*']).to_owned();
        let narrows = universe(&[stem(&child), stem(&parent)], '.').iter().all(|name| {
            let operation = name.parse().unwrap();
            !child.permits(&operation) || parent.permits(&operation)
        });
        assert_eq!(child.within(&parent), narrows, "{child} within {parent}");
    }
    let mut name = |end: &[&str]| {
        let words: Vec<_> =
            (0..=source.below(3)).map(|_| source.pick(&["a", "b", "/", "ä"])).collect();
        format!("{}{}", words.concat(), source.pick(end))
    };
    let resources = [name(&["", "/*", "/**", "**"]), name(&["", "/*", "/**", "**"])];
    let [child, parent] = resources.map(|text| text.parse::<ResourcePattern>());
    if let (Ok(child), Ok(parent)) = (child, parent) {
        let stem = |own: &ResourcePattern| own.as_written().trim_end_matches(['/', '*']).to_owned();
        let narrows = universe(&[stem(&child), stem(&parent)], '/').iter().all(|name| {
            let resource = name.parse().unwrap();
            !child.permits(&resource) || parent.permits(&resource)
        });
        assert_eq!(child.within(&parent), narrows, "{child} within {parent}");
    }
}

/// Names that distinguish patterns with these stems: the stems, and names above, beside and below
/// them.
fn universe(stems: &[String], separator: char) -> Vec<String> {
    let mut all = vec!["z".to_owned(), format!("z{separator}z")];
    for stem in stems.iter().filter(|stem| !stem.is_empty()) {
        all.push(format!("{stem}z"));
        let mut below = stem.clone();
        for _ in 0..3 {
            all.push(below.clone());
            below = format!("{below}{separator}z");
        }
        all.push(below);
        all.extend(stem.match_indices(separator).map(|(at, _)| stem[..at].to_owned()));
        for other in stems.iter().filter(|other| !other.is_empty()) {
            all.push(format!("{stem}{separator}{other}"));
        }
    }
    all
}

/// Limits on one argument.
fn limits(source: &mut Source<'_>) {
    let child = arbitrary::limits(source, 3);
    let parent: Vec<_> = if source.chance(20) {
        arbitrary::limits(source, 2)
    } else {
        child
            .iter()
            .filter_map(|own| neighbour::of(source, own))
            .filter(arbitrary::is_allowed)
            .collect()
    };
    let mut values = arbitrary::values_near(&[child.clone(), parent.clone()].concat());
    let accepted = Constraint::widened(&child, &parent).is_none();
    let permits = |own: &[Constraint], value: &Value| own.iter().all(|limit| limit.permits(value));
    if accepted {
        values.extend(enumerate_values(&child).unwrap_or_default());
        for value in &values {
            assert!(
                !permits(&child, value) || permits(&parent, value),
                "{child:?} is accepted below {parent:?}, and {value} comes through"
            );
        }
    } else if let Some(few) = enumerate_values(&child) {
        let widens = few.iter().find(|value| permits(&child, value) && !permits(&parent, value));
        assert!(widens.is_some(), "{child:?} is refused below {parent:?}, which permits {few:?}");
    }
    if let ([child], [parent]) = (child.as_slice(), parent.as_slice()) {
        assert_eq!(child.within(parent), accepted, "{child:?} within {parent:?}");
    }
}

/// The few values that limits can permit, by the cases in the design: listed values, the two
/// booleans, a pattern without wildcards, a small network, length 0, a short range. `None` if there
/// are more.
fn enumerate_values(limits: &[Constraint]) -> Option<Vec<Value>> {
    let listed = limits.iter().find_map(|limit| match limit {
        Constraint::Equals(own) => Some(vec![own.clone()]),
        Constraint::OneOf(set) => Some(set.iter().cloned().collect()),
        Constraint::NoneOf(set) if set.iter().all(|own| matches!(own, Value::Bool(_))) => {
            Some(vec![Value::Bool(false), Value::Bool(true)])
        }
        Constraint::Glob(glob) if !glob.as_str().contains('*') => {
            Some(vec![Value::from(glob.as_str())])
        }
        Constraint::Cidr(network) => addresses(&network.to_string()),
        Constraint::MaxLen(0) => Some(vec![Value::from(""), Value::List(Vec::new())]),
        _ => None,
    });
    listed.or_else(|| {
        let bounds = |pick: fn(&Constraint) -> Option<i64>| limits.iter().filter_map(pick);
        let low = bounds(|own| if let Constraint::Min(n) = own { Some(*n) } else { None }).max()?;
        let high =
            bounds(|own| if let Constraint::Max(n) = own { Some(*n) } else { None }).min()?;
        let is_short = i128::from(high) - i128::from(low) <= 256;
        is_short.then(|| (low..=high).map(Value::Integer).collect())
    })
}

/// The addresses of a network that has at most 16.
fn addresses(network: &str) -> Option<Vec<Value>> {
    let (first, length) = network.split_once('/')?;
    let (first, length): (IpAddr, u32) = (first.parse().ok()?, length.parse().ok()?);
    let count = |bits: u32| (bits - length <= 4).then(|| 1_u32 << (bits - length));
    let texts: Vec<String> = match first {
        IpAddr::V4(own) => (0..count(32)?)
            .map(|n| std::net::Ipv4Addr::from(u32::from(own) + n).to_string())
            .collect(),
        IpAddr::V6(own) => (0..count(128)?)
            .map(|n| std::net::Ipv6Addr::from(u128::from(own) + u128::from(n)).to_string())
            .collect(),
    };
    Some(texts.into_iter().map(Value::from).collect())
}

/// Whole grants, and calls near them.
fn grants(source: &mut Source<'_>) {
    let [alice, planner, researcher] = [1, 2, 3].map(|seed| SigningKey::from_bytes(&[seed; 32]));
    let capabilities = |source: &mut Source<'_>| -> Option<Vec<Capability>> {
        let draw = |source: &mut Source<'_>| {
            if source.chance(70) {
                arbitrary::capability(source)
            } else {
                Some(random::capability(source))
            }
        };
        (0..=source.below(2)).map(|_| draw(source)).collect()
    };
    let Some(outer) = capabilities(source) else { return };
    let inner = if source.chance(60) { closer(source, &outer) } else { capabilities(source) };
    let Some(inner) = inner else { return };
    let outer = grant(source, &planner, outer);
    let inner = grant(source, &researcher, inner);
    let (Some(outer), Some(inner)) = (outer, inner) else { return };
    let owner = Owner::human("alice").unwrap();
    let Ok(token) = Token::mint(owner, &alice, outer.clone(), NOW) else { return };
    let accepted = token.delegate(&planner, inner.clone(), NOW).is_ok();
    if accepted {
        require_narrower(&outer, &inner);
    }
    let permits =
        |grant: &Grant, call: &Request| grant.capabilities().iter().any(|own| own.permits(call));
    for call in calls(source, &outer, &inner) {
        assert!(
            !accepted || !permits(&inner, &call) || permits(&outer, &call),
            "{inner:?} is accepted below {outer:?}, and {call:?} comes through"
        );
    }
}

/// The parent's capabilities with a change.
fn closer(source: &mut Source<'_>, outer: &[Capability]) -> Option<Vec<Capability>> {
    let mut json = serde_json::to_value(source.pick(outer)).unwrap();
    match source.below(8) {
        0 => json["operation"] = source.pick(&["crm.read", "crm.*", "crm.read.*"]).into(),
        1 => json["resource"] = source.pick(&["a", "a/b", "a/*", "a/b/**"]).into(),
        2 => drop(json.as_object_mut().unwrap().remove("other_args")),
        3 => json["other_args"] = "allow".into(),
        4..=6 => return with_neighbouring_limits(source, outer),
        _ => {
            let fewer = json.get_mut("args").and_then(Json::as_object_mut);
            let name = fewer.as_ref().and_then(|args| args.keys().next().cloned());
            if let (Some(args), Some(name)) = (fewer, name) {
                match source.below(3) {
                    0 => drop(args.remove(&name)),
                    1 => drop(args[&name].as_object_mut().unwrap().remove("optional")),
                    _ => args[&name]["optional"] = true.into(),
                }
            }
        }
    }
    Some(vec![serde_json::from_value(json).ok()?])
}

/// The same operation, resource and argument names, with limits close to the parent's.
fn with_neighbouring_limits(
    source: &mut Source<'_>,
    outer: &[Capability],
) -> Option<Vec<Capability>> {
    let parent = source.pick(outer);
    let (operation, resource) = (parent.operation().as_written(), parent.resource().as_written());
    let mut child = Capability::new(&operation, &resource).ok()?;
    for name in ["v", "w", "/v/a", "/v/*/a", "n", "s", "l"] {
        let Some(limits) = parent.constraints_on(name) else { continue };
        let mut limits: Vec<_> = limits
            .iter()
            .filter_map(|own| neighbour::of(source, own))
            .filter(arbitrary::is_allowed)
            .collect();
        if source.chance(20) {
            limits.extend(arbitrary::constraint(source).filter(arbitrary::is_allowed));
        }
        let is_optional = source.chance(20);
        child = if is_optional {
            child.with_optional_arg(name, limits).ok()?
        } else {
            child.with_arg(name, limits).ok()?
        };
    }
    Some(vec![child.with_other_args(parent.other_args())])
}

fn grant(source: &mut Source<'_>, to: &SigningKey, own: Vec<Capability>) -> Option<Grant> {
    let to = Principal::agent("agent", to.public_key()).unwrap();
    let end = |source: &mut Source<'_>| NOW + Duration::seconds(3_600 - source.below(3) as i64);
    let mut grant = Grant::new(to, own, end(source), "a purpose").ok()?;
    grant = grant.with_max_hops(1 - source.below(2) as u32);
    if source.chance(20) {
        grant = grant.with_not_before(NOW + Duration::seconds(source.below(3) as i64)).ok()?;
    }
    if source.chance(20) {
        let names: Vec<_> = (0..=source.below(2)).map(|_| source.pick(&["x", "y"])).collect();
        grant = grant.with_audience(names).ok()?;
    }
    if source.chance(20) {
        let key = |source: &mut Source<'_>| SigningKey::from_bytes(&[source.pick(&[3, 4]); 32]);
        let keys: Vec<_> = (0..=source.below(2)).map(|_| key(source).public_key()).collect();
        grant = grant.with_allowed_delegates(keys).ok()?;
    }
    Some(grant)
}

/// Compares everything but the capabilities.
fn require_narrower(outer: &Grant, inner: &Grant) {
    let context = format!("{inner:?} is accepted below {outer:?}");
    let start = |grant: &Grant| grant.not_before().unwrap_or(OffsetDateTime::UNIX_EPOCH);
    assert!(inner.expires() <= outer.expires() && start(inner) >= start(outer), "{context}");
    assert!(inner.max_hops() < outer.max_hops(), "{context}");
    if let Some(services) = outer.audience() {
        let services: Vec<_> = services.iter().collect();
        let own = inner.audience().expect(&context);
        assert!(own.iter().all(|name| services.contains(&name)), "{context}");
    }
    if let Some(keys) = outer.allowed_delegates() {
        assert!(keys.contains(&inner.delegate().key()), "{context}");
        let own = inner.allowed_delegates().expect(&context);
        assert!(own.iter().all(|key| keys.contains(key)), "{context}");
    }
}

/// Calls near both grants.
fn calls(source: &mut Source<'_>, outer: &Grant, inner: &Grant) -> Vec<Request> {
    let all = || outer.capabilities().iter().chain(inner.capabilities());
    let limits = |name: &str| -> Vec<Constraint> {
        all().flat_map(|own| own.constraints_on(name).unwrap_or_default()).cloned().collect()
    };
    let values = arbitrary::values_near(&limits("v"));
    let others = arbitrary::values_near(&limits("w"));
    let inside = arbitrary::values_near(&limits("/v/a"));
    let elements = arbitrary::values_near(&limits("/v/*/a"));
    let mut calls = Vec::new();
    for operation in ["crm", "crm.read", "crm.read.all", "mail"] {
        for resource in ["a", "a/b", "a/b/c"] {
            let call = Request::new(operation, resource, "x").unwrap();
            calls.push(call.clone());
            for _ in 0..6 {
                let value = match source.below(10) {
                    0 => None,
                    1 => Some(json!(1.5)),
                    2 => Some(json!({"a": Json::from(&source.pick(&inside))})),
                    3 => {
                        let list = source.pick(&elements);
                        Some(arbitrary::objects(source, &list))
                    }
                    4 => Some(json!([[], 1.5])),
                    _ => Some(Json::from(&source.pick(&values))),
                };
                let mut args: Map<_, _> =
                    value.map(|own| ("v".to_owned(), own)).into_iter().collect();
                if source.chance(40) {
                    args.insert("w".into(), Json::from(&source.pick(&others)));
                }
                if source.chance(10) {
                    let from = source.pick(&[outer, inner]).clone();
                    args = random::args(source, &[from]);
                }
                calls.extend(call.clone().with_arg_map(args));
            }
        }
    }
    calls
}
