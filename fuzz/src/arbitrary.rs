//! Arbitrary values and constraints, beyond the small pools of the tests. Their texts use an
//! alphabet in which paths, patterns, hosts and networks are short.

use std::collections::BTreeSet;
use std::iter::repeat_n;

use crate::random;
use crate::source::Source;
use deputize::limits::MAX_INTEGER;
use deputize::{Capability, Constraint, ConstraintKind, OtherArgs, UrlPattern, Value};
use serde_json::{Value as Json, json};

const LETTERS: [&str; 16] = [
    "a",
    "b",
    "/",
    "a/",
    "*",
    "**",
    ".",
    "..",
    "ä",
    ":",
    "1",
    "0",
    "%2e",
    " ",
    "https://",
    ".acme.com",
];

/// A text of a few letters, or any text at all.
pub(crate) fn text(source: &mut Source<'_>) -> String {
    if source.chance(15) {
        return String::from_utf8_lossy(source.bytes(24)).into_owned();
    }
    let count = source.below(5);
    (0..count).map(|_| source.pick(&LETTERS)).collect()
}

pub(crate) fn integer(source: &mut Source<'_>) -> i64 {
    const ODD: [i64; 6] = [MAX_INTEGER, -MAX_INTEGER, MAX_INTEGER + 1, i64::MAX, i64::MIN, 256];
    if source.chance(10) { source.pick(&ODD) } else { source.below(9) as i64 - 3 }
}

fn scalar(source: &mut Source<'_>) -> Value {
    match source.below(6) {
        0 => Value::Null,
        1 => Value::Bool(source.chance(50)),
        2 | 3 => Value::Integer(integer(source)),
        _ => Value::String(text(source)),
    }
}

pub(crate) fn value(source: &mut Source<'_>) -> Value {
    match source.below(6) {
        0 => random::value(source),
        1 => Value::List((0..source.below(4)).map(|_| scalar(source)).collect()),
        _ => scalar(source),
    }
}

fn set(source: &mut Source<'_>, element: impl Fn(&mut Source<'_>) -> Value) -> BTreeSet<Value> {
    (0..=source.below(3)).map(|_| element(source)).collect()
}

/// A constraint of any kind with any parameter; `None` if the parameter is refused.
pub(crate) fn constraint(source: &mut Source<'_>) -> Option<Constraint> {
    // Kinds with a grammar of their own, and `each`, twice as often as the rest.
    let weight = |kind: &ConstraintKind| match kind {
        ConstraintKind::Glob
        | ConstraintKind::Subpath
        | ConstraintKind::Url
        | ConstraintKind::Each => 2,
        ConstraintKind::Equals
        | ConstraintKind::OneOf
        | ConstraintKind::NoneOf
        | ConstraintKind::Min
        | ConstraintKind::Max
        | ConstraintKind::Prefix
        | ConstraintKind::Suffix
        | ConstraintKind::Cidr
        | ConstraintKind::MaxLen
        | ConstraintKind::SubsetOf
        | ConstraintKind::ContainsAll => 1,
    };
    let kinds = ConstraintKind::ALL.iter().flat_map(|kind| repeat_n(*kind, weight(kind)));
    let kinds: Vec<_> = kinds.collect();
    let Some(kind) = kinds.get(source.below(kinds.len() + 1)) else {
        return Some(random::constraint(source));
    };
    Some(match kind {
        ConstraintKind::Equals => Constraint::Equals(value(source)),
        ConstraintKind::OneOf => Constraint::OneOf(set(source, scalar)),
        ConstraintKind::NoneOf => Constraint::NoneOf(match source.below(3) {
            0 => set(source, |source| Value::Integer(integer(source))),
            1 => set(source, |source| Value::String(text(source))),
            _ => set(source, |source| Value::Bool(source.chance(50))),
        }),
        ConstraintKind::Min => Constraint::Min(integer(source)),
        ConstraintKind::Max => Constraint::Max(integer(source)),
        ConstraintKind::Prefix => Constraint::Prefix(text(source)),
        ConstraintKind::Suffix => Constraint::Suffix(text(source)),
        ConstraintKind::Glob => Constraint::glob(&text(source)).ok()?,
        ConstraintKind::Subpath => Constraint::subpath(&text(source)).ok()?,
        ConstraintKind::Url => Constraint::url(url(source)?),
        ConstraintKind::Cidr => Constraint::cidr(&network(source)).ok()?,
        ConstraintKind::MaxLen => Constraint::MaxLen(source.below(4) as u64),
        ConstraintKind::SubsetOf => Constraint::SubsetOf(set(source, scalar)),
        ConstraintKind::ContainsAll => Constraint::ContainsAll(set(source, scalar)),
        ConstraintKind::Each => Constraint::each(constraint(source)?).ok()?,
    })
}

fn url(source: &mut Source<'_>) -> Option<UrlPattern> {
    let schemes: Vec<_> =
        (0..=source.below(2)).map(|_| source.pick(&["https", "http", "ftp", "a"])).collect();
    let hosts: Vec<_> = (0..=source.below(2)).map(|_| host(source)).collect();
    let mut pattern = UrlPattern::new(schemes, hosts).ok()?;
    if source.chance(50) {
        let ports: Vec<_> =
            (0..=source.below(2)).map(|_| source.pick(&[443, 80, 1, 8443])).collect();
        pattern = pattern.with_ports(ports).ok()?;
    }
    if source.chance(50) {
        pattern = pattern.with_path_prefix(&format!("/{}", text(source))).ok()?;
    }
    Some(pattern)
}

fn host(source: &mut Source<'_>) -> String {
    const HOSTS: [&str; 9] = [
        "acme.com",
        "*.acme.com",
        "a.acme.com",
        "*.a.acme.com",
        "*.com",
        "a",
        "93.184.215.14",
        "[2606:4700::1111]",
        "localhost",
    ];
    if source.chance(20) { text(source) } else { source.pick(&HOSTS).to_owned() }
}

fn network(source: &mut Source<'_>) -> String {
    const NETWORKS: [&str; 10] = [
        "10.0.0.0/8",
        "10.1.0.0/16",
        "0.0.0.0/0",
        "10.1.2.3/32",
        "10.1.2.0/30",
        "10.1.2.0/28",
        "::/0",
        "2001:db8::/126",
        "::ffff:0:0/95",
        "2001:db8::/32",
    ];
    if source.chance(20) { text(source) } else { source.pick(&NETWORKS).to_owned() }
}

/// Texts that are likely to be related to the limits.
pub(crate) fn texts_near(limits: &[Constraint]) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for limit in limits {
        match limit {
            Constraint::Prefix(own) | Constraint::Suffix(own) => texts.push(own.clone()),
            Constraint::Subpath(own) => texts.push(own.as_str().to_owned()),
            Constraint::Glob(own) => {
                let own = own.as_str();
                texts.push(own.replace('*', ""));
                for filling in ["a", "b", "a/b"] {
                    texts.push(own.replace("**", filling).replace('*', filling));
                    texts.push(own.replace("**/", "").replace("/**", "").replace('*', filling));
                }
            }
            Constraint::Url(own) => texts.extend(urls(own)),
            Constraint::Cidr(own) => {
                let text = own.to_string();
                texts.extend(text.split_once('/').map(|(address, _)| address.to_owned()));
            }
            Constraint::Each(inner) => texts.extend(texts_near(std::slice::from_ref(inner))),
            Constraint::Equals(_)
            | Constraint::OneOf(_)
            | Constraint::NoneOf(_)
            | Constraint::Min(_)
            | Constraint::Max(_)
            | Constraint::MaxLen(_)
            | Constraint::SubsetOf(_)
            | Constraint::ContainsAll(_) => {}
        }
    }
    let joined: Vec<_> = texts
        .iter()
        .flat_map(|a| texts.iter().map(move |b| [format!("{a}{b}"), format!("{a}/{b}")]))
        .flatten()
        .take(48)
        .collect();
    texts.extend(joined);
    texts
}

fn urls(own: &UrlPattern) -> Vec<String> {
    let mut urls = Vec::new();
    for scheme in own.schemes() {
        for host in own.hosts() {
            let ports: Vec<_> = own.ports().iter().map(|port| format!(":{port}")).collect();
            for port in ports.iter().map(String::as_str).chain(["", ":443", ":80"]) {
                for path in ["", "/", "/a"] {
                    let host = host.replace('*', "a");
                    urls.push(format!("{scheme}://{host}{port}{}{path}", own.path_prefix()));
                }
            }
        }
    }
    urls
}

/// Values that show differences between limits: some of every type, and the parameters of the
/// limits with their neighbours.
pub(crate) fn values_near(limits: &[Constraint]) -> Vec<Value> {
    let mut scalars = vec![Value::Null, Value::Bool(false), Value::Bool(true)];
    let mut values = Vec::new();
    scalars.extend((-3..=6).map(Value::Integer));
    for limit in limits {
        match limit {
            Constraint::Equals(Value::List(items)) => {
                scalars.extend(items.iter().cloned());
                values.push(Value::List(items.clone()));
            }
            Constraint::Equals(own) => scalars.push(own.clone()),
            Constraint::OneOf(set)
            | Constraint::NoneOf(set)
            | Constraint::SubsetOf(set)
            | Constraint::ContainsAll(set) => {
                scalars.extend(set.iter().cloned());
                values.push(Value::List(set.iter().cloned().collect()));
            }
            Constraint::Min(bound) | Constraint::Max(bound) => {
                let beside = [bound.saturating_sub(1), *bound, bound.saturating_add(1)];
                scalars.extend(beside.map(Value::Integer));
            }
            Constraint::Each(inner) => {
                let elements = values_near(std::slice::from_ref(inner)).into_iter();
                let elements = elements.filter(|own| !matches!(own, Value::List(_)));
                values.extend(elements.map(|own| Value::List(vec![own])));
            }
            // `texts_near` has the values near these.
            Constraint::Prefix(_)
            | Constraint::Suffix(_)
            | Constraint::Glob(_)
            | Constraint::Subpath(_)
            | Constraint::Url(_)
            | Constraint::Cidr(_) => {}
            Constraint::MaxLen(_) => {}
        }
    }
    let mut texts = texts_near(limits);
    texts.extend(words(&["a", "b", "/", "."], 2));
    texts.extend(["10.1.2.3", "10.9.0.1", "::1", "2001:db8::1", "ä"].map(str::to_owned));
    scalars.extend(texts.into_iter().map(Value::String));
    scalars.sort();
    scalars.dedup();
    values.push(Value::List(Vec::new()));
    values.extend(scalars.iter().take(20).map(|own| Value::List(vec![own.clone()])));
    let pairs = scalars
        .iter()
        .take(8)
        .flat_map(|a| scalars.iter().take(8).map(|b| Value::List(vec![a.clone(), b.clone()])));
    values.extend(pairs);
    values.extend(scalars);
    values
}

/// All words of up to `most` letters.
pub(crate) fn words(letters: &[&str], most: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..most {
        last = last
            .iter()
            .flat_map(|word| letters.iter().map(move |letter| format!("{word}{letter}")))
            .collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// A list of objects with these elements, or this value, as the member `a`; sometimes one object
/// lacks it.
pub(crate) fn objects(source: &mut Source<'_>, value: &Value) -> Json {
    let items = match value {
        Value::List(items) => items.clone(),
        other => vec![other.clone()],
    };
    let mut objects: Vec<_> = items.iter().map(|own| json!({"a": Json::from(own)})).collect();
    match source.below(10) {
        0 => objects.push(json!({"b": 1})),
        1 => objects.push(json!({"a": 1.5})),
        2 => objects.push(json!({})),
        _ => {}
    }
    Json::Array(objects)
}

/// Limits that may be combined on one argument.
pub(crate) fn limits(source: &mut Source<'_>, most: usize) -> Vec<Constraint> {
    let count = source.below(most + 1);
    let mut limits: Vec<Constraint> = Vec::new();
    for own in (0..count).filter_map(|_| constraint(source)).filter(is_allowed) {
        if limits.iter().all(|other| other.kind() != own.kind()) {
            limits.push(own);
        }
    }
    limits
}

/// Returns true if a grant may contain the constraint.
pub(crate) fn is_allowed(own: &Constraint) -> bool {
    let any = Capability::new("any", "any").unwrap();
    any.with_arg("v", [own.clone()]).is_ok()
}

/// A capability with limits of any kind on the argument `v`, and perhaps on others.
pub(crate) fn capability(source: &mut Source<'_>) -> Option<Capability> {
    let operation = source.pick(&["crm.read", "crm.*", "*", "crm.read", "crm.read.*"]);
    let resource = source.pick(&["a", "**", "a", "**", "a/*", "a/**"]);
    let mut made = Capability::new(operation, resource).ok()?;
    for name in ["v", "w", "/v/a", "/v/*/a"] {
        if name != "v" && source.chance(70) {
            continue;
        }
        if source.chance(8) {
            made = made.with_below(name).ok()?;
            continue;
        }
        let limits = limits(source, 3);
        made = if source.chance(25) {
            made.with_optional_arg(name, limits).ok()?
        } else {
            made.with_arg(name, limits).ok()?
        };
    }
    let others = if source.chance(30) { OtherArgs::Allow } else { OtherArgs::Deny };
    Some(made.with_other_args(others))
}
