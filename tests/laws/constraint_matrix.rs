//! Narrowing of constraints against brute force: every kind within every other.
//!
//! `within` may say no too often, never yes wrongly; and for a finite child it must be exact.

use std::collections::BTreeSet;
use std::slice::from_ref;

use deputize::{Constraint, ConstraintKind, UrlPattern, Value};

fn glob(pattern: &str) -> Constraint {
    Constraint::glob(pattern).unwrap()
}

fn subpath(directory: &str) -> Constraint {
    Constraint::subpath(directory).unwrap()
}

fn cidr(network: &str) -> Constraint {
    Constraint::cidr(network).unwrap()
}

fn url(schemes: &[&str], hosts: &[&str], ports: &[u16], path: &str) -> Constraint {
    let pattern = UrlPattern::new(schemes.iter().copied(), hosts.iter().copied()).unwrap();
    let pattern = pattern.with_ports(ports.iter().copied()).unwrap();
    Constraint::url(pattern.with_path_prefix(path).unwrap())
}

fn each(limit: Constraint) -> Constraint {
    Constraint::each(limit).unwrap()
}

fn list(items: &[&str]) -> Value {
    Value::from(items.to_vec())
}

/// Several constraints of each kind, chosen so that they overlap.
fn pool() -> Vec<Constraint> {
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

/// Values of every type on and beside every edge of the pool.
fn domain(pool: &[Constraint]) -> Vec<Value> {
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
    // Elements on the edges of what may be asked of each.
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

/// All that a child of a finite kind can permit.
fn values_of(constraint: &Constraint) -> Vec<Value> {
    match constraint {
        Constraint::Equals(value) => vec![value.clone()],
        Constraint::OneOf(set) => set.iter().cloned().collect(),
        _ => Vec::new(),
    }
}

/// Whether the children together permit a finite set, all of it in the domain.
fn is_finite(children: &[Constraint]) -> bool {
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
struct Judged {
    constraint: Constraint,
    verdicts: Vec<bool>,
}

impl Judged {
    fn permits(&self, at: usize) -> bool {
        self.verdicts.get(at) == Some(&true)
    }
}

fn judged() -> (Vec<Value>, Vec<Judged>) {
    let pool = pool();
    let domain = domain(&pool);
    let judge = |constraint: Constraint| Judged {
        verdicts: domain.iter().map(|v| constraint.permits(v)).collect(),
        constraint,
    };
    let judged = pool.into_iter().map(judge).collect();
    (domain, judged)
}

/// Compares `widened` with brute force for these children and each parent; how often they narrow.
fn check(domain: &[Value], children: &[&Judged], parents: &[Judged]) -> usize {
    let limits: Vec<_> = children.iter().map(|c| c.constraint.clone()).collect();
    let permitted = (0..domain.len()).filter(|at| children.iter().all(|c| c.permits(*at)));
    let permitted: Vec<usize> = permitted.collect();
    let is_finite = is_finite(&limits);
    let narrowed = parents.iter().filter(|parent| {
        let narrows = Constraint::widened(&limits, from_ref(&parent.constraint)).is_none();
        let against = permitted.iter().find(|at| !parent.permits(**at));
        let against = against.and_then(|at| domain.get(*at));
        let is_right = against.is_none() == narrows || !(narrows || is_finite);
        assert!(is_right, "{limits:?} within {}: {narrows}, {against:?}", parent.constraint);
        narrows
    });
    narrowed.count()
}

#[test]
fn every_kind_within_every_kind() {
    let (domain, pool) = judged();
    let mut accepted = 0_usize;
    for child in &pool {
        let own = &child.constraint;
        assert!(own.within(own), "{own}");
        let is_empty = *own == Constraint::none_of([true, false]);
        assert_eq!(!child.verdicts.contains(&true), is_empty, "{own}");
        accepted = accepted.saturating_add(check(&domain, &[child], &pool));
    }
    assert!(accepted > 500, "only {accepted} pairs narrow: is the pool still entangled?");
}

#[test]
fn every_two_kinds_together_within_every_kind() {
    let (domain, pool) = judged();
    for (at, first) in pool.iter().enumerate() {
        for second in pool.iter().skip(at) {
            check(&domain, &[first, second], &pool);
        }
    }
}

/// Every choice of some of the parts, in URLs and in patterns: here `within` is exact.
#[test]
fn every_url_pattern_within_every_other() {
    let mut values = Vec::new();
    for scheme in ["http", "https"] {
        for host in ["a.com", "x.a.com", "y.x.a.com", "b.com", "8.8.8.8"] {
            for port in ["", ":80", ":443", ":8443"] {
                for path in ["", "/", "/v", "/v/", "/v/w", "/v/w/x", "/vw"] {
                    values.push(Value::from(format!("{scheme}://{host}{port}{path}")));
                }
            }
        }
    }
    let mut pool: Vec<Constraint> = Vec::new();
    let hosts: [&[&str]; 6] = [
        &["a.com"],
        &["*.a.com"],
        &["*.x.a.com"],
        &["*.a.com", "a.com"],
        &["x.a.com", "b.com"],
        &["8.8.8.8"],
    ];
    let ports: [&[u16]; 4] = [&[], &[80], &[443], &[80, 443, 8443]];
    for schemes in [&["http"][..], &["https"], &["http", "https"]] {
        for hosts in hosts {
            for ports in ports {
                let paths = ["", "/v", "/v/w"].into_iter();
                pool.extend(paths.map(|path| url(schemes, hosts, ports, path)));
            }
        }
    }
    let heads = [
        "h",
        "http:",
        "https:",
        "https://a.com",
        "https://x",
        "https://x.a.com/",
        "https://*",
        "/",
    ];
    let narrows = pool.len();
    pool.extend(heads.map(Constraint::prefix));
    let verdicts = |c: &Constraint| values.iter().map(|v| c.permits(v)).collect::<Vec<_>>();
    let judged: Vec<_> = pool.iter().map(|c| (c, verdicts(c))).collect();
    for (child, own) in judged.iter().take(narrows) {
        for (parent, outer) in &judged {
            let against = own.iter().zip(outer).position(|(own, outer)| *own && !*outer);
            let against = against.and_then(|at| values.get(at));
            if child.within(parent) {
                assert_eq!(against, None, "[{child}] within [{parent}]");
            } else if matches!(parent, Constraint::Url(_)) {
                assert_ne!(against, None, "[{child}] within [{parent}]");
            }
        }
    }
}

#[test]
fn every_narrowing_that_the_design_names_is_accepted() {
    let accepted: &[(&[Constraint], Constraint)] = &[
        // A finite child, element by element, whatever the parent's kind.
        (&[Constraint::one_of(["@acme.com", "b@acme.com"])], Constraint::suffix("@acme.com")),
        (&[Constraint::one_of(["ab", "ac"])], Constraint::prefix("a")),
        (&[Constraint::equals("reports/q3.csv")], glob("reports/*.csv")),
        (&[Constraint::one_of([1, 2])], Constraint::max(2)),
        (
            &[Constraint::equals("https://api.acme.com/v1")],
            url(&["https"], &["*.acme.com"], &[], "/v1"),
        ),
        (&[Constraint::equals("10.1.2.3")], cidr("10.0.0.0/8")),
        (&[Constraint::one_of(["/srv/data", "/srv/data/x"])], subpath("/srv/data")),
        (&[Constraint::one_of(["a", "c"])], Constraint::none_of(["b"])),
        (&[Constraint::equals("abc")], Constraint::max_len(3)),
        (&[Constraint::equals(list(&["a", "a"]))], Constraint::subset_of(["a", "b"])),
        (&[Constraint::equals(list(&["a", "b"]))], Constraint::contains_all(["a"])),
        (&[Constraint::equals("a")], Constraint::one_of(["a", "b"])),
        (&[Constraint::one_of(["a"])], Constraint::equals("a")),
        // A finite child, of which another limit of the child takes away what the parent forbids.
        (&[Constraint::one_of(["a", "b"]), Constraint::none_of(["b"])], Constraint::equals("a")),
        (&[Constraint::one_of([1, 500]), Constraint::max(100)], Constraint::max(100)),
        // A range.
        (&[Constraint::min(1), Constraint::max(3)], Constraint::one_of([1, 2, 3])),
        (
            &[Constraint::min(1), Constraint::max(3), Constraint::none_of([2])],
            Constraint::one_of([1, 3]),
        ),
        (&[Constraint::min(7), Constraint::max(7)], Constraint::equals(7)),
        (&[Constraint::min(1), Constraint::max(256)], Constraint::one_of(1..=256_i64)),
        (
            &[Constraint::min(1), Constraint::min(5), Constraint::max(999), Constraint::max(5)],
            Constraint::equals(5),
        ),
        // Tighter limits of the same kind.
        (&[Constraint::max(10)], Constraint::max(100)),
        (&[Constraint::min(10)], Constraint::min(1)),
        (&[Constraint::prefix("ab")], Constraint::prefix("a")),
        (&[Constraint::prefix("a/b/c/")], Constraint::prefix("a/b/")),
        (&[Constraint::suffix("@eu.acme.com")], Constraint::suffix("acme.com")),
        (&[Constraint::subset_of(["a"])], Constraint::subset_of(["a", "b"])),
        (&[Constraint::contains_all(["a", "b"])], Constraint::contains_all(["a"])),
        (&[Constraint::none_of(["a", "b"])], Constraint::none_of(["a"])),
        (&[Constraint::max_len(3)], Constraint::max_len(4)),
        (&[glob("reports/2026/**")], glob("reports/**")),
        (&[glob("reports/2026/*.csv")], glob("reports/*/*")),
        (&[glob("reports/**/q*3.csv")], glob("**/*.csv")),
        (&[glob("a/**/b/**/c")], glob("a/**/c")),
        (&[subpath("/srv/data/x")], subpath("/srv/data")),
        (&[cidr("10.1.0.0/16")], cidr("10.0.0.0/8")),
        (
            &[url(&["https"], &["*.eu.acme.com"], &[8443], "/v1/x")],
            url(&["http", "https"], &["*.acme.com"], &[443, 8443], "/v1"),
        ),
        (&[url(&["https"], &["a.b.com"], &[], "")], url(&["https"], &["*.b.com"], &[443], "")),
        (&[url(&["https"], &["a.com"], &[443], "")], url(&["https"], &["a.com"], &[], "")),
        // Across kinds.
        (&[glob("accounts/emea/*")], Constraint::prefix("accounts/emea/")),
        (&[glob("reports/*.csv")], Constraint::suffix(".csv")),
        (&[glob("/srv/data/*/log")], subpath("/srv/data")),
        (&[glob("/srv/data/**")], subpath("/srv/data")),
        (&[subpath("/srv/data")], glob("/srv/**")),
        (&[subpath("/srv/data")], Constraint::prefix("/srv/")),
        (&[url(&["https"], &["a.com"], &[], "/v1")], Constraint::prefix("https://a.com")),
        (&[Constraint::prefix("a")], Constraint::none_of(["b"])),
        (&[Constraint::max(3)], Constraint::none_of([4, 5])),
        (&[Constraint::none_of([4]), Constraint::max(4)], Constraint::none_of([4, 5])),
        (&[cidr("10.0.0.0/8")], Constraint::none_of(["127.0.0.1", "localhost"])),
        (&[Constraint::max_len(3), Constraint::suffix("x")], Constraint::none_of(["y", "longx"])),
        // Every element of a list.
        (&[each(subpath("/srv/data"))], each(subpath("/srv"))),
        (&[each(glob("/srv/data/*"))], each(subpath("/srv/data"))),
        (&[each(Constraint::max(1))], each(Constraint::none_of([2, 3]))),
        (&[each(Constraint::max_len(3))], each(Constraint::none_of(["long"]))),
        (&[each(Constraint::max_len(0))], each(Constraint::none_of(["a"]))),
        (&[each(Constraint::none_of([true]))], Constraint::subset_of([false])),
        (&[each(glob("a/b"))], Constraint::subset_of(["a/b", "c"])),
        (&[each(cidr("10.1.2.3/32"))], each(Constraint::prefix("10."))),
        (&[Constraint::subset_of(["/srv", "/srv/x"])], each(subpath("/srv"))),
        (&[Constraint::subset_of([1, 2]), Constraint::max_len(1)], each(Constraint::min(1))),
        (
            &[Constraint::subset_of(["ab", "b"]), each(Constraint::prefix("a"))],
            Constraint::subset_of(["ab"]),
        ),
        (
            &[Constraint::subset_of(["ab", "b"]), each(Constraint::prefix("a"))],
            each(Constraint::suffix("ab")),
        ),
        (&[Constraint::equals(list(&["a", "ab"]))], each(Constraint::prefix("a"))),
        (&[Constraint::equals(list(&[]))], each(Constraint::max(0))),
        (&[Constraint::max_len(0), Constraint::contains_all(["a"])], each(Constraint::max(0))),
        (&[Constraint::one_of(["a"]), each(Constraint::max(0))], Constraint::equals("z")),
        // Sets that are finite although no list says so.
        (&[cidr("10.1.2.3/32")], Constraint::equals("10.1.2.3")),
        (&[glob("a/b")], Constraint::one_of(["a/b"])),
        (&[Constraint::none_of([true])], Constraint::equals(false)),
        (&[Constraint::max_len(0), Constraint::subset_of(["a"])], Constraint::equals(list(&[]))),
    ];
    for (child, parent) in accepted {
        assert_eq!(Constraint::widened(child, from_ref(parent)), None, "{child:?}");
    }
}

#[test]
fn what_widens_is_refused() {
    let refused: &[(&[Constraint], Constraint)] = &[
        (&[], Constraint::max(1)),
        (&[Constraint::max(101)], Constraint::max(100)),
        (&[Constraint::max(3)], Constraint::one_of([1, 2, 3])),
        (&[Constraint::one_of(["1"])], Constraint::max(3)),
        (&[Constraint::one_of([Value::Null, Value::from(1)])], Constraint::max(3)),
        (&[Constraint::none_of([1])], Constraint::none_of(["1"])),
        (&[Constraint::none_of(["a"])], Constraint::none_of(["a", "b"])),
        (&[Constraint::max_len(3)], Constraint::none_of(["long"])),
        (&[Constraint::prefix("a")], Constraint::prefix("ab")),
        (&[Constraint::prefix("accounts/emea/")], glob("accounts/**")),
        (&[Constraint::prefix("/srv/data/")], subpath("/srv/data")),
        (&[glob("reports/**")], glob("reports/*")),
        (&[glob("reports/**")], Constraint::prefix("reports/")),
        (&[glob("**/b")], Constraint::suffix("/b")),
        (&[glob("**")], subpath("/")),
        (&[subpath("/srv/database")], subpath("/srv/data")),
        (&[subpath("srv")], subpath("/srv")),
        (&[url(&["https"], &["a.com"], &[], "/v10")], url(&["https"], &["a.com"], &[], "/v1")),
        (
            &[url(&["http", "https"], &["a.com"], &[80], "")],
            url(&["http", "https"], &["a.com"], &[], ""),
        ),
        (&[url(&["https"], &["*.acme.com"], &[], "")], url(&["https"], &["acme.com"], &[], "")),
        (&[url(&["https"], &["*.acme.com"], &[], "")], Constraint::prefix("https://api.")),
        (&[url(&["https"], &["*.acme.com"], &[], "")], Constraint::prefix("https://*")),
        (&[Constraint::subset_of(["a"])], Constraint::max_len(1)),
        (&[Constraint::contains_all(["a"])], Constraint::subset_of(["a"])),
        (&[each(subpath("/srv"))], each(subpath("/srv/data"))),
        (&[each(subpath("/srv"))], subpath("/srv")),
        (&[subpath("/srv")], each(subpath("/srv"))),
        (&[each(Constraint::max(1))], each(Constraint::none_of(["a"]))),
        (&[each(Constraint::max(1))], Constraint::max_len(9)),
        (&[each(Constraint::prefix("a"))], Constraint::subset_of(["a"])),
        (&[each(Constraint::prefix("a"))], Constraint::contains_all(["a"])),
        (&[Constraint::subset_of(["/srv", "/etc"])], each(subpath("/srv"))),
        (&[Constraint::contains_all(["a"])], each(Constraint::prefix("a"))),
        (&[Constraint::max_len(9)], each(Constraint::max_len(9))),
        (&[cidr("0.0.0.0/0")], cidr("::/0")),
        (&[Constraint::min(i64::MIN), Constraint::max(i64::MAX)], Constraint::none_of([0])),
    ];
    for (child, parent) in refused {
        assert_eq!(Constraint::widened(child, from_ref(parent)), Some(parent), "{child:?}");
    }
}

#[test]
fn the_first_limit_that_is_widened_is_named() {
    let child = [Constraint::prefix("a/b/"), Constraint::max_len(20)];
    let parent = |length| [Constraint::prefix("a/"), Constraint::max_len(length)];
    assert_eq!(Constraint::widened(&child, &parent(20)), None);
    assert_eq!(Constraint::widened(&child, &parent(19)), Some(&Constraint::max_len(19)));
    assert_eq!(Constraint::widened(&child, &[]), None);
}
