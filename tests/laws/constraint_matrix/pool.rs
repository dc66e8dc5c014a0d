//! Constraints of every kind, and values on and next to each of their boundaries.

use std::collections::BTreeSet;

use deputize::{Constraint, ConstraintKind, Value};

use super::{cidr, each, glob, list, subpath, url};

/// Several constraints of each kind, chosen so that they overlap.
pub(super) fn pool() -> Vec<Constraint> {
    ConstraintKind::ALL.iter().flat_map(|kind| samples(*kind)).collect()
}

fn samples(kind: ConstraintKind) -> Vec<Constraint> {
    match kind {
        ConstraintKind::Equals => vec![
            Constraint::equals(Value::Null),
            Constraint::equals(true),
            Constraint::equals(1),
            Constraint::equals("1"),
            Constraint::equals("a"),
            Constraint::equals(""),
            Constraint::equals("a/b"),
            Constraint::equals("a/../b"),
            Constraint::equals("/srv/data/x"),
            Constraint::equals("https://api.acme.com/v1"),
            Constraint::equals("10.1.2.3"),
            Constraint::equals("bob@acme.com"),
            Constraint::equals(list(&[])),
            Constraint::equals(list(&["a"])),
            Constraint::equals(list(&["a", "b"])),
            Constraint::equals(list(&["a", "a"])),
            Constraint::equals(vec![Value::Null, Value::from(1)]),
        ],
        ConstraintKind::OneOf => vec![
            Constraint::one_of([Value::Null, Value::from("a")]),
            Constraint::one_of([true, false]),
            Constraint::one_of([1, 2, 3]),
            Constraint::one_of([Value::from(1), Value::from("1")]),
            Constraint::one_of(["a", "ab", "abc"]),
            Constraint::one_of(["a/b", "a/b/c"]),
            Constraint::one_of(["/srv/data", "/srv/data/x"]),
            Constraint::one_of(["https://api.acme.com/v1", "https://eu.acme.com/v1/x"]),
            Constraint::one_of(["10.1.2.3", "10.1.2.4"]),
        ],
        ConstraintKind::NoneOf => vec![
            Constraint::none_of(["b"]),
            Constraint::none_of(["a", "b"]),
            Constraint::none_of(["a/b", "/srv/data/x", "10.1.2.3", ""]),
            Constraint::none_of([2]),
            Constraint::none_of([1, 2, -5]),
            Constraint::none_of([true]),
            Constraint::none_of([true, false]),
        ],
        ConstraintKind::Min => [-5, 0, 1, 2, 200].map(Constraint::min).into(),
        ConstraintKind::Max => [-5, 0, 1, 3, 250].map(Constraint::max).into(),
        ConstraintKind::Prefix => {
            let starts = ["a", "ab", "a/", "a/b", "/", "/srv/data", "https://", "10."];
            starts.map(Constraint::prefix).into()
        }
        ConstraintKind::Suffix => {
            let ends = ["a", "b", "/b", "@acme.com", "acme.com", "1", ".3"];
            ends.map(Constraint::suffix).into()
        }
        ConstraintKind::Glob => {
            let globs = [
                "*",
                "**",
                "a",
                "a*",
                "a*b",
                "*b",
                "a/*",
                "a/**",
                "a/b/**",
                "a/*/c",
                "**/b",
                "/**",
                "/srv/**",
                "/srv/data/*",
                "*@acme.com",
                "10.*",
                "*.*.*.*",
            ];
            globs.map(glob).into()
        }
        ConstraintKind::Subpath => ["a", "a/b", "b", "/", "/srv", "/srv/data"].map(subpath).into(),
        ConstraintKind::Url => vec![
            url(&["https"], &["api.acme.com"], &[], ""),
            url(&["https"], &["*.acme.com"], &[], ""),
            url(&["https"], &["*.acme.com"], &[443], "/v1"),
            url(&["https"], &["*.eu.acme.com", "api.acme.com"], &[], "/v1"),
            url(&["http", "https"], &["*.acme.com"], &[], ""),
            url(&["http", "https"], &["*.acme.com", "acme.com"], &[80, 443], ""),
            url(&["https"], &["api.acme.com"], &[443, 8443], "/v1/x"),
            url(&["https"], &["8.8.8.8"], &[], ""),
        ],
        ConstraintKind::Cidr => {
            let networks =
                ["0.0.0.0/0", "10.0.0.0/8", "10.1.2.0/24", "10.1.2.3/32", "::/0", "2001:db8::/32"];
            networks.map(cidr).into()
        }
        ConstraintKind::MaxLen => [0, 1, 2, 40].map(Constraint::max_len).into(),
        ConstraintKind::SubsetOf => vec![
            Constraint::subset_of(["a"]),
            Constraint::subset_of(["a", "b", "c"]),
            Constraint::subset_of([Value::Null, Value::from(1), Value::from("a")]),
        ],
        ConstraintKind::ContainsAll => vec![
            Constraint::contains_all(["a"]),
            Constraint::contains_all(["a", "b"]),
            Constraint::contains_all([Value::Null, Value::from(1)]),
        ],
        ConstraintKind::Each => {
            let elements = [
                Constraint::none_of(["a"]),
                Constraint::none_of(["a", "b"]),
                Constraint::none_of([1]),
                Constraint::none_of([true]),
                Constraint::none_of([true, false]),
                Constraint::min(1),
                Constraint::max(2),
                Constraint::max(-9),
                Constraint::prefix("a"),
                Constraint::prefix("a/"),
                Constraint::suffix("b"),
                Constraint::max_len(0),
                Constraint::max_len(1),
                Constraint::max_len(3),
                glob("a"),
                glob("a*"),
                glob("a/*"),
                subpath("a"),
                subpath("a/b"),
                url(&["https"], &["*.acme.com"], &[], ""),
                url(&["https"], &["api.acme.com"], &[443], "/v1"),
                cidr("10.0.0.0/8"),
                cidr("10.1.2.3/32"),
            ];
            elements.map(each).into()
        }
    }
}

/// Values of every type on and next to each boundary of the pool.
pub(super) fn domain(pool: &[Constraint]) -> Vec<Value> {
    let texts = [
        "",
        "a",
        "b",
        "c",
        "aa",
        "ab",
        "ba",
        "abc",
        "a b",
        "1",
        "2",
        "true",
        "null",
        "ro",
        "*",
        "**",
        "/",
        "//",
        "a/",
        "/a",
        "a//b",
        "a/b",
        "a/b/",
        "a/b/c",
        "a/c",
        "a/c/c",
        "a/bc",
        "b/b",
        "b/a",
        "a/.",
        "a/..",
        "a/../b",
        "a/./b",
        "../b",
        ".",
        "..",
        "a\\b",
        "a/%2e%2e/b",
        "a\nb",
        "/b",
        "/srv",
        "/srv/",
        "/srv/data",
        "/srv/data/",
        "/srv/data/x",
        "/srv/data/x/y",
        "/srv/database",
        "/srv/data/../x",
        "/srv/other",
        "@acme.com",
        "bob@acme.com",
        "bob@evil-acme.com",
        "bob@acme.com.evil.com",
        "a@acme.com",
        "acme.com",
        "https://api.acme.com",
        "https://api.acme.com/",
        "https://api.acme.com/v1",
        "https://api.acme.com/v1/x",
        "https://api.acme.com/v10",
        "https://api.acme.com:443/v1",
        "https://api.acme.com:8443/v1",
        "https://api.acme.com:8443/v1/x",
        "https://acme.com/",
        "https://acme.com/v1",
        "https://eu.acme.com/v1",
        "https://eu.acme.com/v1/x",
        "https://a.eu.acme.com/v1",
        "https://eu.acme.com.evil.com/v1",
        "http://api.acme.com/v1",
        "http://api.acme.com:443/v1",
        "https://api.acme.com:80/v1",
        "https://8.8.8.8/",
        "https://x@api.acme.com/v1",
        "HTTPS://api.acme.com/v1",
        "https://api.acme.com/v1?q=a#b",
        "https://api.acme.com/v1/../x",
        "10.1.2.3",
        "10.1.2.4",
        "10.1.2.255",
        "10.1.3.0",
        "10.1.2.03",
        "11.0.0.1",
        "10.1",
        "2001:db8::1",
        "2001:DB8::1",
        "2001:db9::1",
        "::1",
        "::ffff:10.1.2.3",
        "10.x",
    ];
    let mut values: BTreeSet<Value> = pool.iter().flat_map(values_of).collect();
    values.extend([Value::Null, Value::from(true), Value::from(false)]);
    values.extend((-10..=300).map(Value::Integer));
    values.extend(texts.map(Value::from));
    let texts = ["a", "b", "c", "d"].map(Value::from);
    let scalars: Vec<_> = [Value::Null, Value::from(1)].into_iter().chain(texts).collect();
    let mut lists = vec![Vec::new()];
    for _ in 0..3 {
        values.extend(lists.iter().cloned().map(Value::List));
        lists = lists
            .iter()
            .flat_map(|stem| scalars.iter().map(|next| [stem.clone(), vec![next.clone()]].concat()))
            .collect();
    }
    values.extend(lists.into_iter().map(Value::List));
    // Elements on the boundaries of the limits in `each`.
    let mut elements: Vec<_> = [
        "",
        "ab",
        "aa",
        "abc",
        "abcd",
        "a/b",
        "a/b/c",
        "a/c",
        "a/../b",
        "10.1.2.3",
        "10.9.9.9",
        "https://api.acme.com/v1",
        "https://eu.acme.com/",
        "https://acme.com/",
    ]
    .map(Value::from)
    .into();
    elements.extend([-10, -9, 0, 2, 3].map(Value::Integer));
    elements.extend([true, false].map(Value::Bool));
    values.extend(elements.iter().map(|own| Value::List(vec![own.clone()])));
    for first in ["a", "a/b", "10.1.2.3"] {
        let pair = |own: &Value| Value::List(vec![Value::from(first), own.clone()]);
        values.extend(elements.iter().map(pair));
    }
    values.extend([true, false].map(|own| Value::List(vec![Value::Bool(false), own.into()])));
    values.into_iter().collect()
}

/// All values that a child of a finite kind can permit.
fn values_of(constraint: &Constraint) -> Vec<Value> {
    match constraint {
        Constraint::Equals(value) => vec![value.clone()],
        Constraint::OneOf(set) => set.iter().cloned().collect(),
        _ => Vec::new(),
    }
}

/// Returns true if the children together permit a finite set, all of it in the domain.
pub(super) fn is_finite(children: &[Constraint]) -> bool {
    let lowest = children.iter().find_map(|c| match c {
        Constraint::Min(bound) => Some(*bound),
        _ => None,
    });
    let highest = children.iter().find_map(|c| match c {
        Constraint::Max(bound) => Some(*bound),
        _ => None,
    });
    let is_range = match (lowest, highest) {
        (Some(lowest), Some(highest)) => highest.saturating_sub(lowest) <= 256,
        _ => false,
    };
    is_range || children.iter().any(|c| !values_of(c).is_empty())
}

/// A constraint, and which values of the domain it permits.
pub(super) struct Judged {
    pub(super) constraint: Constraint,
    pub(super) verdicts: Vec<bool>,
}

impl Judged {
    pub(super) fn permits(&self, at: usize) -> bool {
        self.verdicts.get(at) == Some(&true)
    }
}

pub(super) fn judged() -> (Vec<Value>, Vec<Judged>) {
    let pool = pool();
    let domain = domain(&pool);
    let judge = |constraint: Constraint| Judged {
        verdicts: domain.iter().map(|v| constraint.permits(v)).collect(),
        constraint,
    };
    let judged = pool.into_iter().map(judge).collect();
    (domain, judged)
}
